"""Checks that outputs can be written, without changing a file: for runs that open them at their end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.sinks import in_folder
from app.sinks.output_lock import OutputLock


def check_free(paths: Sequence[Path]) -> None:
    """Raise StanceError if one of ``paths`` cannot be written, or is being written."""
    for path in map(in_folder, paths):
        if "%" in path.name:  # many files, named later
            continue
        is_new = not path.exists()
        lock = OutputLock(path)
        try:
            if is_new:
                path.unlink()
        finally:
            lock.close()
