"""Pose networks in PyTorch: one architecture per file, with the parameter names of the original code."""
