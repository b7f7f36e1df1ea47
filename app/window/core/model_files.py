"""Getting a file of the catalogue, or a network out of a checkpoint, while the window tells how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.address import path_of
from app.errors import StanceError
from app.window.background import CancelledError
from app.window.sentences import told
from app.window.words import tr

if TYPE_CHECKING:
    from app.zoo.catalogue import Entry

TELL_EVERY_S = 0.1


class ByHandError(StanceError):
    """A checkpoint that only a person can fetch is not here."""

    def __init__(self, entry: Entry) -> None:
        from app.zoo.catalogue import Page

        pages = [address.url for address in entry.addresses if isinstance(address, Page)]
        sentence = (
            tr(
                "{name} can be fetched only by hand: wanted {file}, downloaded from {pages}.",
                name=entry.name,
                file=entry.file,
                pages=tr(" or ").join(pages),
            )
            if pages
            else tr("{name} can be fetched only by hand: wanted {file}.", name=entry.name, file=entry.file)
        )
        super().__init__(sentence)
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
            tell(_how_far(name, done, total))

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
    from app.zoo.states import fetchable

    short = Path(name).name

    def say(line: str) -> None:
        tell(f"{tr('Converting {name}', name=short)} · {told(line).removeprefix(f'{short}: ')}")

    entry = load_catalogue().get(name)
    try:
        if entry is not None and entry.form == "checkpoint":
            if found := find_converted(entry):
                return found
            if checkpoint is None and find(entry) is None and not fetchable(entry):
                raise ByHandError(entry)
            tell(tr("Converting {name}", name=name))
            return importing.convert_entry(entry, checkpoint, say, cancelled, exporter)
        path = path_of(name)
        if entry is None and importing.is_checkpoint(name) and isfile(path):
            tell(tr("Converting {name}", name=path.name))
            return importing.convert(path, importing.imported_place(path), say, cancelled, exporter)
    except importing.CancelledError:
        raise CancelledError from None
    return located(name, tell, cancelled)


def _how_far(name: str, done: int, total: int | None) -> str:
    if not done:
        return tr("Fetching {name}", name=name)
    if total is None:
        return tr("Fetching {name} · {done} MB", name=name, done=f"{done / 1e6:.1f}")
    return tr("Fetching {name} · {done} of {total} MB", name=name, done=f"{done / 1e6:.1f}", total=f"{total / 1e6:.1f}")
