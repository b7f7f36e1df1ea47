"""Stance: steady skeletons of the people in a camera or a video, in real time."""

__version__ = "0.1.0"
