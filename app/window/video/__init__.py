"""The video view with its overlay, and the controls below it."""
