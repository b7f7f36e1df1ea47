"""Evaluation of accuracy, steadiness and identity with the same pipeline that the app runs."""
