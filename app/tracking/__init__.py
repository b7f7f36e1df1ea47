"""The tracker gives people ids; smoothing steadies their keypoints."""
