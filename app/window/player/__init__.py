"""Opens, plays and records one source at a time."""
