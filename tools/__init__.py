"""Tools for those who publish Stance; the app never imports them."""
