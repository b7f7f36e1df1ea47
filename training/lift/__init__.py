"""Training of Stance's own lifter: three dimensions from the keypoints of one camera."""
