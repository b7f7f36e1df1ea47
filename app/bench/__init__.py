"""Benchmarks: speed of the pipeline, of the networks alone, and of the window."""
