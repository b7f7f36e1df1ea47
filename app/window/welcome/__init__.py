"""The page shown while no source is open."""
