"""The command line: arguments, headless runs, and ``--doctor``."""
