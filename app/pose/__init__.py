"""Pose networks: from boxes to keypoints."""
