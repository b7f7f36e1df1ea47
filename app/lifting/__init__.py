"""Lifting: points in three dimensions from the keypoints of one camera."""
