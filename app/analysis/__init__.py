"""What was found in a source so far, and what can be told from it: who was there when, angles, speeds."""

from app.analysis.analysis import Analysis, Track

__all__ = ["Analysis", "Track"]
