"""Camera choice and previews."""
