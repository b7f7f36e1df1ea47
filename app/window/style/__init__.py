"""Colors, icons and the theme."""
