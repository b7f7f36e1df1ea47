"""Finds, downloads or converts the file of a model, with progress for the window."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.address import path_of
from app.core.errors import StanceError
from app.core.message import Message
from app.window.core.tasks import CancelledError, Task
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr

if TYPE_CHECKING:
    from app.zoo.catalogue import Entry
    from app.zoo.conversion import WeightSet

PROGRESS_INTERVAL_S = 0.1


class ByHandError(StanceError):
    """A checkpoint is missing and cannot be downloaded automatically."""

    def __init__(self, entry: Entry) -> None:
        from app.zoo.catalogue import Page

        pages = [address.url for address in entry.addresses if isinstance(address, Page)]
        sentence = (
            tr(
                "{name} must be downloaded manually: get {file} from {pages}.",
                name=entry.name,
                file=entry.file,
                pages=tr(" or ").join(pages),
            )
            if pages
            else tr("{name} must be downloaded manually: the file {file} is needed.", name=entry.name, file=entry.file)
        )
        super().__init__(sentence)
        self.name = entry.name


def locate_model(name: str, report: Callable[[str], None], task: Task) -> Path:
    """The file of the catalogue entry or path ``name``, downloaded if it is missing. Blocks: for background threads.

    ``report`` gets a progress line a few times per second. Raises StanceError if the file cannot be downloaded, and
    CancelledError soon after ``task`` is cancelled.
    """
    from app.zoo.fetch import locate

    last_s = 0.0

    def progress(done: int, total: int | None) -> None:
        nonlocal last_s
        if task.is_cancelled:
            raise CancelledError
        if time.monotonic() - last_s >= PROGRESS_INTERVAL_S:
            last_s = time.monotonic()
            report(_progress_line(name, done, total))

    return locate(name, progress)


def locate_network(
    name: str,
    checkpoint: Path | None,
    report: Callable[[str], None],
    task: Task,
    exporter: Sequence[str],
    weights: WeightSet | None = None,
) -> Path:
    """The ONNX file of ``name``: as ``locate_model``, or converted by ``exporter`` where ``name`` is a checkpoint.

    ``checkpoint`` is the file of the catalogue entry ``name`` where the person downloaded it. ``weights`` is the
    set to use of a checkpoint with several. Raises ByHandError where only a person can download it, and
    SeveralSetsError where a set has to be chosen.
    """
    from app.zoo import conversion
    from app.zoo.availability import fetchable
    from app.zoo.cache import find, find_converted
    from app.zoo.catalogue import load_catalogue

    short = Path(name).name

    def cancelled() -> bool:
        return task.is_cancelled

    def say(line: Message) -> None:
        report(f"{tr('Converting {name}', name=short)} · {translate(line).strip().removeprefix(f'{short}: ')}")

    entry = load_catalogue().get(name)
    try:
        if entry is not None and entry.is_converted:
            if found := find_converted(entry):
                return found
            if checkpoint is None and find(entry) is None and not fetchable(entry):
                raise ByHandError(entry)
            report(tr("Converting {name}", name=name))
            return conversion.convert_entry(entry, checkpoint, say, cancelled, exporter)
        path = path_of(name)
        if entry is None and conversion.is_checkpoint(name) and isfile(path):
            report(tr("Converting {name}", name=path.name))
            target = conversion.imported_place(path, weights)
            return conversion.convert(path, target, say, cancelled, exporter, weights)
    except conversion.CancelledError:
        raise CancelledError from None
    return locate_model(name, report, task)


def _progress_line(name: str, done: int, total: int | None) -> str:
    if not done:
        return tr("Downloading {name}", name=name)
    if total is None:
        return tr("Downloading {name} · {done} MB", name=name, done=f"{done / 1e6:.1f}")
    return tr(
        "Downloading {name} · {done} of {total} MB", name=name, done=f"{done / 1e6:.1f}", total=f"{total / 1e6:.1f}"
    )
