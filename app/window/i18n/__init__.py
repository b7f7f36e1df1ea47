"""Translation of the window's texts."""
