"""Fetches a catalogue entry, converts and verifies it, and stores it in the app's cache."""

from __future__ import annotations

from os.path import isfile
from pathlib import Path

from app.core.errors import StanceError
from app.core.message import Message
from app.zoo import Progress
from app.zoo.cache import converted_place, find_converted, remove_older_conversions, report_disk_errors
from app.zoo.catalogue import Entry, find_entry, sha256_of
from app.zoo.fetch import fetch
from export.onnx_file import Say

REPORT_EVERY = 0.05
"""Fraction of the file between two progress lines."""


def fetch_converted(name: str, file: Path | None, say: Say) -> Path:
    """The ONNX file of catalogue entry ``name``, fetched and converted if it is not in the cache.

    ``file`` is the entry's if the user downloaded it; ``say`` is called with one line per step. Raises StanceError
    if the file cannot be fetched or converted, or if ``file`` is not the entry's.
    """
    entry = find_entry(name)
    if not entry.is_converted:
        return fetch(entry)
    if converted := find_converted(entry):
        return converted
    if file is None:
        file = fetch(entry, _progress_reporter(name, say))
    elif not isfile(file):
        raise StanceError("There is no checkpoint {path!r}: wanted {wanted}.", path=str(file), wanted=entry.file)
    elif entry.sha256 and not sha256_of(file).startswith(entry.sha256):
        raise StanceError(
            "{file} is not the checkpoint of {name!r}: wanted {wanted} with SHA-256 {digest}.",
            file=file.name,
            name=name,
            wanted=entry.file,
            digest=entry.sha256,
        )
    target = converted_place(entry)
    with report_disk_errors():
        target.parent.mkdir(parents=True, exist_ok=True)
    _convert(file, target, entry, say)
    remove_older_conversions(entry)
    return target


def _convert(file: Path, target: Path, entry: Entry, say: Say) -> None:
    """Import the converter of the ``entry`` alone, as that of checkpoints needs PyTorch."""
    if entry.form == "tflite":
        from export.tflite import convert_tflite

        convert_tflite(file, target, say)
        return
    from export.convert import Form, convert
    from export.options import ConvertOptions

    convert(file, target, ConvertOptions(), Form(), say, entry)


def _progress_reporter(name: str, say: Say) -> Progress:
    """A progress callback that reports every ``REPORT_EVERY`` of a file."""
    reported = 0.0

    def progress(done: int, total: int | None) -> None:
        nonlocal reported
        if total and done / total >= reported + REPORT_EVERY:
            reported = done / total
            say(
                Message(
                    "Downloading {name}: {done:.0f} of {total:.0f} MB", name=name, done=done / 1e6, total=total / 1e6
                )
            )

    return progress
