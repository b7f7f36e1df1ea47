"""Threads that have not ended when everything else has: a camera's driver may not come back for minutes."""

from __future__ import annotations

import threading


def stragglers() -> list[threading.Thread]:
    """Stance's own threads that still run and that nobody waits for, because they may hang in somebody else's code."""
    return [thread for thread in threading.enumerate() if thread.daemon and thread.name.startswith("stance-")]
