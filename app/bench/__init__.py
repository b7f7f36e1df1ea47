"""The pipe's speed, measured as it really runs."""
