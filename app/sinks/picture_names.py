"""Names for the images of a run in output files, so that no two are the same."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath


def numbers_of(names: Sequence[str]) -> list[int] | None:
    """The numbers in file names such as 000000000139.jpg (139); None if one is no number, or two are the same."""
    stems = [PurePosixPath(name).stem for name in names]
    numbers = [int(stem) for stem in stems if stem.isdecimal()]
    return numbers if len(set(numbers)) == len(names) else None


def file_stems(names: Sequence[str]) -> list[str]:
    """A file name stem for each of ``names``, all different even if case is ignored.

    The stem is the name without its extension, with folders joined by ``_``; with the extension if several would be the
    same, and also with its number if these would be the same too.
    """
    flat = [name.replace("/", "_") for name in names]
    found = [str(PurePosixPath(name).with_suffix("")).replace("/", "_") for name in names]
    for choice in (flat, [f"{name}_{number}" for number, name in enumerate(flat)]):
        uses = Counter(map(_normalized, found))
        found = [other if uses[_normalized(stem)] > 1 else stem for stem, other in zip(found, choice, strict=True)]
    taken: set[str] = set()
    for number, stem in enumerate(found):
        while _normalized(found[number]) in taken:  # an image has exactly this name
            found[number] += f"_{stem}"
        taken.add(_normalized(found[number]))
    return found


def _normalized(name: str) -> str:
    """``name`` as a file system that ignores case compares it."""
    return unicodedata.normalize("NFC", name).casefold()
