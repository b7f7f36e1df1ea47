"""The side panel, the docks and the status bar."""
