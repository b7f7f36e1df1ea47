"""A name of the catalogue becomes a file that runs: fetched, converted, verified, kept where the app looks for it."""

from __future__ import annotations

from os.path import isfile
from pathlib import Path

from app.errors import StanceError
from app.zoo import Progress
from app.zoo.cache import converted_place, find_converted, using
from app.zoo.catalogue import find_entry, sha256_of
from app.zoo.fetch import fetch
from export.convert import Form, Say, convert
from export.facts import Wishes

TELL_EVERY = 0.05
"""A line for every twentieth of a file."""


def fetch_converted(name: str, file: Path | None, say: Say) -> Path:
    """The ONNX file of catalogue entry ``name``, made if it is not here; ``file`` is its checkpoint, fetched by hand.

    Raises StanceError where it cannot be had, or where ``file`` is another one.
    """
    entry = find_entry(name)
    if entry.form != "checkpoint":
        return fetch(entry)
    if found := find_converted(entry):
        return found
    if file is None:
        file = fetch(entry, _teller(name, say))
    elif not isfile(file):
        raise StanceError(f"There is no checkpoint {str(file)!r}: wanted {entry.file}.")
    elif entry.sha256 and not sha256_of(file).startswith(entry.sha256):
        raise StanceError(
            f"{file.name} is not the checkpoint of {name!r}: wanted {entry.file} of SHA-256 {entry.sha256}."
        )
    target = converted_place(entry)
    with using():
        target.parent.mkdir(parents=True, exist_ok=True)
    convert(file, target, Wishes(), Form(), say, entry)
    return target


def _teller(name: str, say: Say) -> Progress:
    """Says how far a file is, a twentieth at a time."""
    told = 0.0

    def progress(done: int, total: int | None) -> None:
        nonlocal told
        if total and done / total >= told + TELL_EVERY:
            told = done / total
            say(f"Fetching {name}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")

    return progress
