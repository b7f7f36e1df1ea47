"""Projects: what was found in a clip and what the user made of it, kept in one file per clip."""
