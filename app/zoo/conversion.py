"""Checkpoints become networks in a process of its own, the exporter's, because the app itself never loads torch."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from app.errors import StanceError
from app.zoo.cache import converted_place, find_converted, home, using, workshop
from app.zoo.catalogue import Entry, sha256_of

ROOT = Path(__file__).resolve().parent.parent.parent
EXPORTER = (sys.executable, "-m", "export")
CHECKPOINT_ENDINGS = (".pth", ".pth.tar", ".pt", ".safetensors")
BAD_INPUT = 2
"""With this code the exporter ends where its last line is meant for a person."""
DETECTOR = 3
"""With this one where it was to convert a pose network and found a detector."""
POLL_S = 0.1

log = logging.getLogger(__name__)


class CancelledError(Exception):
    """The network is no longer wanted."""


class DetectorError(StanceError):
    """What was taken for a pose network is a detector."""


def is_checkpoint(name: str) -> bool:
    """Whether a file of that name has to be converted before it runs."""
    return name.lower().endswith(CHECKPOINT_ENDINGS)


def imported_place(checkpoint: Path) -> Path:
    """Where the network that is made from a person's own ``checkpoint`` is kept: other weights have another place.

    Raises StanceError where ``checkpoint`` cannot be read.
    """
    try:
        digest = sha256_of(checkpoint)
    except OSError as error:
        reason = error.strerror or error
        raise StanceError(f"{str(checkpoint)!r} cannot be read ({reason}): wanted a checkpoint.") from None
    name, lower = checkpoint.name, checkpoint.name.lower()
    ending = max((ending for ending in CHECKPOINT_ENDINGS if lower.endswith(ending)), key=len, default="")
    return home() / "imported" / f"{name[: len(name) - len(ending)] or name}-{digest[:8]}.onnx"


def convert(
    checkpoint: Path,
    target: Path,
    say: Callable[[str], None],
    cancelled: Callable[[], bool],
    command: Sequence[str] = EXPORTER,
) -> Path:
    """Make the ONNX file ``target`` of the network in ``checkpoint``, unless it is there; gives ``target``.

    The exporter tells whether that is a pose network or a detector. ``command`` is the exporter; ``say`` gets its lines
    as they come. Raises StanceError with the exporter's own sentence where it refuses, CancelledError soon after
    ``cancelled()`` is true; there is no ``target`` then.
    """
    if target.is_file():
        return target
    with _workplace(target) as folder:
        made = folder / target.name

        def relay(line: str) -> None:
            say(line.replace(str(made), target.name))

        def run(kind: str) -> None:
            wanted = [kind, str(checkpoint.absolute()), "-o", str(made)]
            _run([*command, *wanted], checkpoint.name, folder, relay, cancelled)

        try:
            run("pose")
        except DetectorError:
            run("detector")
        if not made.is_file():
            raise StanceError(f"Converting {checkpoint.name} gave no file: wanted a network in ONNX.")
        with using():
            made.replace(target)
    return target


def convert_entry(
    entry: Entry,
    checkpoint: Path | None,
    say: Callable[[str], None],
    cancelled: Callable[[], bool],
    command: Sequence[str] = EXPORTER,
) -> Path:
    """The network of the catalogue's checkpoint ``entry``, which is fetched unless ``checkpoint`` is its file.

    Everything else as in ``convert``.
    """
    wanted = ["fetch", entry.name, *(["--file", str(checkpoint.absolute())] if checkpoint else [])]
    with _workplace(converted_place(entry)) as folder:
        _run([*command, *wanted], entry.name, folder, say, cancelled)
    made = find_converted(entry)
    if made is None:
        raise StanceError(f"Converting {entry.name!r} gave no file: wanted {converted_place(entry).name} in the cache.")
    return made


@contextmanager
def _workplace(target: Path) -> Iterator[Path]:
    """A folder beside ``target``, gone at the end with all that a killed process has left in it."""
    with using():
        target.parent.mkdir(parents=True, exist_ok=True)
    with workshop(target.parent) as folder:
        yield folder


def _run(
    command: Sequence[str], what: str, folder: Path, say: Callable[[str], None], cancelled: Callable[[], bool]
) -> None:
    """Run ``command`` to its end; its temporary files go to ``folder``."""
    environment = os.environ | {"PYTHONUTF8": "1"} | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    with tempfile.TemporaryFile(dir=folder) as errors:
        try:
            child = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise StanceError(
                f"{what} cannot be converted: {command[0]!r} does not start ({error.strerror})."
            ) from error
        try:
            _listen(child, say, cancelled)
            code = child.wait()
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        if code:
            errors.seek(0)
            raise _refusal(code, errors.read().decode("utf-8", "replace").strip(), what)


def _listen(child: subprocess.Popen[str], say: Callable[[str], None], cancelled: Callable[[], bool]) -> None:
    """Pass on the lines of ``child`` until it has no more; a silent one must not keep anybody from cancelling."""
    lines: SimpleQueue[str | None] = SimpleQueue()
    if child.stdout is not None:
        threading.Thread(target=_read, args=(child.stdout, lines), name="stance-exporter", daemon=True).start()
    while True:
        if cancelled():
            raise CancelledError
        try:
            line = lines.get(timeout=POLL_S)
        except Empty:
            continue
        if line is None:
            return
        if line.strip():
            say(line.strip())


def _read(stream: IO[str], lines: SimpleQueue[str | None]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _refusal(code: int, said: str, what: str) -> StanceError:
    """What the exporter's end means: its own sentence, or that it broke down, with the rest in the log."""
    last = said.rpartition("\n")[2].strip()
    if code in (BAD_INPUT, DETECTOR) and last:
        return (StanceError if code == BAD_INPUT else DetectorError)(last)
    log.error("the exporter ended with code %d:\n%s", code, said)
    return StanceError(f"Converting {what} broke off ({last[:200] or f'exit code {code}'}): wanted a whole network.")
