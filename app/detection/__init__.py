"""Person detectors: from a frame to boxes, and when to run them."""
