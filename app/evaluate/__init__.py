"""How good it is: accuracy, steadiness and identity, measured through the very pipe that the app runs."""
