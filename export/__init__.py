"""Converts PyTorch checkpoints to verified ONNX files; the app runs it as a child process and never imports it."""
