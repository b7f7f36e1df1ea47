"""Which clips a batch has, and what their files are called."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from app.core.errors import StanceError

WILDCARDS = "*?["


class Clip(NamedTuple):
    """A clip of a batch: its absolute ``path``, and ``name``, its path below the results' folder without an ending."""

    path: Path
    name: str


def find_clips(patterns: Sequence[str]) -> list[Clip]:
    """The files that match ``patterns`` (``**`` stands for folders at any depth), in the order of their names.

    A clip keeps its folders from the pattern's first wildcard on. Two clips of one folder that differ only in their
    ending keep it in their names. Raises StanceError if a pattern matches nothing, or two clips have one name.
    """
    found: dict[Path, Path] = {}  # the path below the results' folder, by the clip's path
    for pattern in patterns:
        matching = list(_matching(pattern))
        if not matching:
            raise StanceError("No file matches {pattern}: wanted videos, for example 'clips/*.mp4'.", pattern=pattern)
        for path, below in matching:
            found.setdefault(path, below)
    stems = [below.with_suffix("") for below in found.values()]
    clips_of = Counter(stems)
    clips: dict[str, Clip] = {}
    for (path, below), stem in zip(found.items(), stems, strict=True):
        name = (below if clips_of[stem] > 1 else stem).as_posix()
        if (other := clips.get(name.casefold())) is not None:
            raise StanceError(
                "{one} and {other} would have the same names of files: wanted clips in different folders, or one "
                "pattern that matches both.",
                one=other.path,
                other=path,
            )
        clips[name.casefold()] = Clip(path, name)
    return sorted(clips.values(), key=lambda clip: clip.name)


def _matching(pattern: str) -> Iterator[tuple[Path, Path]]:
    """(absolute path, path below the folder in front of the first wildcard) of each file."""
    if Path(pattern).is_file():  # a name may contain brackets
        yield Path(os.path.abspath(pattern)), Path(Path(pattern).name)
        return
    parts = Path(os.path.abspath(os.path.expanduser(pattern))).parts
    fixed = next((place for place, part in enumerate(parts) if set(part) & set(WILDCARDS)), len(parts) - 1)
    root = Path(*parts[:fixed])
    for text in sorted(glob.glob(str(Path(*parts[fixed:])), root_dir=root, recursive=True)):
        if (root / text).is_file():
            yield root / text, Path(text)
