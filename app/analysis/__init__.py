"""Stored tracking results of a source and values derived from them: visibility spans, angles, speeds."""

from app.analysis.analysis import Analysis, Track

__all__ = ["Analysis", "Track"]
