"""From a picture to the people's boxes."""
