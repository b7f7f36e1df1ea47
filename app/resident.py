"""How much main memory the process holds."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def memory_mb() -> float:
    """The process's resident memory in megabytes; the most there ever was, or NaN, where the system tells no more."""
    told = Path("/proc/self/statm")
    if told.exists():
        return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    if sys.platform == "win32":
        return float("nan")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
