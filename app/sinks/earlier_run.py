"""Removes what an earlier, longer run left beside the files of an output that consists of several files."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from math import inf
from pathlib import Path

from app.sinks import NUMBER, writing

log = logging.getLogger(__name__)


def numbered_names(pattern: str) -> re.Pattern[str]:
    """Matches exactly the file names that ``pattern`` gives, in which ``%04d`` or the like stands for a number."""
    found = NUMBER.search(pattern)
    width = int(found[1] or 1) if found else 1
    first, *others = (re.escape(part) for part in re.split(r"%0?\d*d", pattern))
    number = rf"(?P<number>\d{{{width}}}|[1-9]\d{{{width},}})"
    return re.compile(f"{first}{number}{'(?P=number)'.join(others)}" if found else first)


def remove_rest(
    folder: Path,
    names: re.Pattern[str],
    is_own: Callable[[Path], bool],
    written: Iterable[Path],
    sources: Iterable[Path] = (),
) -> None:
    """Remove the files of an earlier run from ``folder``.

    These are the files that have one of the output's own ``names``, whose content shows that Stance has written them
    (``is_own``), and that are neither ``written`` by this run nor ``sources`` that it has read. Files that are younger
    than the first one of this run belong to another that runs at the same time.

    Raises StanceError if a file cannot be removed.
    """
    written = list(written)
    stay = {path.resolve() for path in (*written, *sources)}
    removed = 0
    with writing(folder):
        begun_ns = min((path.stat().st_mtime_ns for path in written if path.exists()), default=inf)
        for path in folder.iterdir():
            if not names.fullmatch(path.name) or path.is_symlink() or not path.is_file() or path.resolve() in stay:
                continue
            if path.stat().st_mtime_ns <= begun_ns and is_own(path):
                path.unlink()
                removed += 1
    if removed:
        log.info("removed %d files of an earlier run from %s", removed, folder)
