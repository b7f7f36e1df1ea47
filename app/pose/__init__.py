"""From a person's box to a person's keypoints."""
