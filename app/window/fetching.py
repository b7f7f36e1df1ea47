"""Getting a file of the catalogue, or a network out of a checkpoint, while the window tells how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import StanceError
from app.window.background import CancelledError

if TYPE_CHECKING:
    from app.zoo.catalogue import Entry

TELL_EVERY_S = 0.1


class ByHandError(StanceError):
    """A checkpoint that only a person can fetch is not here."""

    def __init__(self, entry: Entry) -> None:
        from app.zoo.catalogue import Page

        pages = [address.url for address in entry.addresses if isinstance(address, Page)]
        where = f" from {' or '.join(pages)}" if pages else ""
        super().__init__(f"{entry.name} can be fetched only by hand: wanted {entry.file}, downloaded{where}.")
        self.name = entry.name


def located(name: str, tell: Callable[[str], None], cancelled: Callable[[], bool]) -> Path:
    """The file of the catalogue's entry or path ``name``, fetched if it is not here; for a thread that may wait.

    ``tell`` gets a short line a few times a second. Raises StanceError where it cannot be had, CancelledError as soon
    as ``cancelled()`` is true.
    """
    from app.zoo.fetch import locate

    told_s = 0.0

    def progress(done: int, total: int | None) -> None:
        nonlocal told_s
        if cancelled():
            raise CancelledError
        if time.monotonic() - told_s >= TELL_EVERY_S:
            told_s = time.monotonic()
            tell(f"Fetching {name} · {_megabytes(done, total)}" if done else f"Fetching {name}")

    return locate(name, progress)


def located_network(
    name: str,
    checkpoint: Path | None,
    tell: Callable[[str], None],
    cancelled: Callable[[], bool],
    exporter: Sequence[str],
) -> Path:
    """The ONNX file of ``name``: as ``located``, or converted by the ``exporter`` where ``name`` means a checkpoint.

    ``checkpoint`` is the file of the catalogue's entry ``name`` where a person has fetched it. Raises ByHandError
    where only a person can.
    """
    from app.zoo import importing
    from app.zoo.cache import find, find_converted
    from app.zoo.catalogue import load_catalogue

    short = Path(name).name

    def say(line: str) -> None:
        tell(f"Converting {short} · {line.removeprefix(f'{short}: ')}")

    entry = load_catalogue().get(name)
    try:
        if entry is not None and entry.form == "checkpoint":
            if found := find_converted(entry):
                return found
            if checkpoint is None and find(entry) is None and not fetchable(entry):
                raise ByHandError(entry)
            tell(f"Converting {name}")
            return importing.convert_entry(entry, checkpoint, say, cancelled, exporter)
        path = Path(name).expanduser()
        if entry is None and importing.is_checkpoint(name) and path.is_file():
            tell(f"Converting {path.name}")
            return importing.convert(path, importing.imported_place(path), say, cancelled, exporter)
    except importing.CancelledError:
        raise CancelledError from None
    return located(name, tell, cancelled)


def fetchable(entry: Entry) -> bool:
    """Whether a program can get the file of ``entry``."""
    from app.zoo.catalogue import Page

    return any(not isinstance(address, Page) for address in entry.addresses)


def _megabytes(done: int, total: int | None) -> str:
    return f"{done / 1e6:.1f} MB" if total is None else f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
