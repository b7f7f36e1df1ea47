"""Dialogs: export, settings, shortcuts."""
