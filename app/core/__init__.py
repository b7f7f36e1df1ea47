"""Values that every part of the program shares: people, skeletons, settings, errors."""
