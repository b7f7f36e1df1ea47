"""Many clips: the headless pipeline over all files that match patterns, on this computer or on a Ray cluster.

Each clip runs in a process of its own, the same that ``main.py --headless`` runs, so that its files are the same too.
"""
