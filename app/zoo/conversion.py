"""Converts checkpoints in the exporter's own process, because the app itself never imports torch."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, NamedTuple

import msgspec

from app.core.errors import StanceError
from app.core.message import Message, foreign, joined
from app.core.message_lines import REQUESTED, from_line
from app.zoo.cache import converted_place, find_converted, home, report_disk_errors, temp_folder
from app.zoo.catalogue import Entry, sha256_of

ROOT = Path(__file__).resolve().parent.parent.parent
EXPORTER = (sys.executable, "-m", "export")
CHECKPOINT_ENDINGS = (".pth", ".pth.tar", ".pt", ".ckpt", ".safetensors")
BAD_INPUT = 2
"""The exporter's exit code for bad input; its last line is a sentence for the user."""
DETECTOR = 3
"""The exporter's exit code if it was run for a pose network and found a detector."""
SEVERAL_SETS = 4
"""The exporter's exit code if the file has several sets of weights, which its output lists."""
MAX_SET_NAME, UNNAMED = 40, "unnamed"
"""Maximum length of a set's name in a file name, and what stands for no name."""
POLL_S = 0.1
"""Interval at which cancellation is checked, in seconds."""

log = logging.getLogger(__name__)


class CancelledError(Exception):
    """The conversion was cancelled."""


class DetectorError(StanceError):
    """The file given as a pose network is a detector."""


class WeightSet(NamedTuple):
    """A set of weights in a checkpoint: its ``name`` (empty: it has none), and whether it is a moving average."""

    name: str
    is_average: bool


class SeveralSetsError(StanceError):
    """The checkpoint has several ``sets`` of weights, of which one has to be chosen; the usual one is the first."""

    def __init__(self, file: str, sets: Sequence[WeightSet]) -> None:
        names = joined("{first}, {rest}", [repr(one.name) if one.name else Message("an unnamed set") for one in sets])
        super().__init__(
            "{file} has several sets of weights: {sets}; wanted --weights with the name of one.", file=file, sets=names
        )
        self.sets = tuple(sets)


def is_checkpoint(name: str) -> bool:
    """Whether ``name`` ends like a checkpoint, which must be converted before it can run."""
    return name.lower().endswith(CHECKPOINT_ENDINGS)


def imported_place(checkpoint: Path, weights: WeightSet | None = None) -> Path:
    """Path in the cache of the network converted from the user's own ``checkpoint``; it contains the file's hash.

    Each set of ``weights`` of a file that has several has a path of its own, which names it. Raises StanceError if
    ``checkpoint`` cannot be read.
    """
    try:
        digest = sha256_of(checkpoint)
    except OSError as error:
        reason = foreign(error.strerror or error)
        raise StanceError(
            "{path!r} cannot be read ({reason}): wanted a checkpoint.", path=str(checkpoint), reason=reason
        ) from None
    name, lower = checkpoint.name, checkpoint.name.lower()
    ending = max((ending for ending in CHECKPOINT_ENDINGS if lower.endswith(ending)), key=len, default="")
    stem = name[: len(name) - len(ending)] or name
    if weights is not None:
        stem = f"{stem}-{re.sub(r'[^A-Za-z0-9.]+', '_', weights.name)[:MAX_SET_NAME] or UNNAMED}"
        digest = sha256(f"{digest} {weights.name}".encode()).hexdigest()  # other names may look the same in a path
    return home() / "imported" / f"{stem}-{digest[:8]}.onnx"


def convert(
    checkpoint: Path,
    target: Path,
    say: Callable[[Message], None],
    cancelled: Callable[[], bool],
    command: Sequence[str] = EXPORTER,
    weights: WeightSet | None = None,
) -> Path:
    """Convert the network in ``checkpoint``, a pose network or a detector, to the ONNX file ``target``.

    Args:
        checkpoint: The checkpoint.
        target: The ONNX file; nothing is done if it exists.
        say: Called with each line that the exporter prints.
        cancelled: Polled; the conversion stops soon after it returns True.
        command: The exporter's command line.
        weights: The set of weights to use, if the checkpoint has several.

    Returns:
        ``target``.

    Raises:
        SeveralSetsError: The checkpoint has several sets of weights, and ``weights`` is None.
        StanceError: The exporter refused the file (its own sentence) or failed; no ``target`` is written.
        CancelledError: The conversion was cancelled; no ``target`` is written.
    """
    if target.is_file():
        return target
    with _temp_folder(target) as folder:
        converted = folder / target.name

        def relay(line: Message) -> None:
            # The exporter names its temporary file.
            own, shown = str(converted), target.name
            values = {name: shown if value == own else value for name, value in line.values.items()}
            say(Message(line.key.replace(own, shown), **values))

        def run(kind: str, *options: str) -> None:
            arguments = [kind, str(checkpoint.absolute()), "-o", str(converted), *options]
            _run([*command, *arguments], checkpoint.name, folder, relay, cancelled)

        try:
            run("pose", *(["--one-set"] if weights is None else ["--weights", weights.name] if weights.name else []))
        except DetectorError:
            run("detector")
        if not converted.is_file():
            raise StanceError("Converting {file} produced no file: wanted an ONNX model.", file=checkpoint.name)
        with report_disk_errors():
            converted.replace(target)
    return target


def convert_entry(
    entry: Entry,
    checkpoint: Path | None,
    say: Callable[[Message], None],
    cancelled: Callable[[], bool],
    command: Sequence[str] = EXPORTER,
) -> Path:
    """Convert the catalogue's checkpoint ``entry`` into the cache; fetched first if ``checkpoint`` is None.

    Returns the path of the network. The other arguments and the exceptions are those of ``convert``.
    """
    arguments = ["fetch", entry.name, *(["--file", str(checkpoint.absolute())] if checkpoint else [])]
    with _temp_folder(converted_place(entry)) as folder:
        _run([*command, *arguments], entry.name, folder, say, cancelled)
    converted = find_converted(entry)
    if converted is None:
        raise StanceError(
            "Converting {name!r} produced no file: wanted {file} in the cache.",
            name=entry.name,
            file=converted_place(entry).name,
        )
    return converted


@contextmanager
def _temp_folder(target: Path) -> Iterator[Path]:
    """A temporary folder beside ``target``; deleted at the end, even if the child was killed."""
    with report_disk_errors():
        target.parent.mkdir(parents=True, exist_ok=True)
    with temp_folder(target.parent) as folder:
        yield folder


def _run(
    command: Sequence[str], what: str, folder: Path, say: Callable[[Message], None], cancelled: Callable[[], bool]
) -> None:
    """Run ``command`` for the file or entry ``what``; its temporary files go to ``folder``."""
    environment = (
        os.environ | {"PYTHONUTF8": "1", REQUESTED: "1"} | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    )
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
                "{what} cannot be converted: {command!r} does not start ({reason}).",
                what=what,
                command=command[0],
                reason=foreign(error.strerror),
            ) from error
        lines: list[str] = []
        try:
            _relay_lines(child, say, cancelled, lines)
            code = child.wait()
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        if code == SEVERAL_SETS:
            raise SeveralSetsError(what, msgspec.json.decode(f"[{','.join(lines)}]", type=list[WeightSet]))
        if code:
            errors.seek(0)
            raise _exporter_error(code, errors.read().decode("utf-8", "replace").strip(), what)


def _relay_lines(
    child: subprocess.Popen[str], say: Callable[[Message], None], cancelled: Callable[[], bool], kept: list[str]
) -> None:
    """Pass the lines of ``child`` to ``say`` until its output ends; cancelling works even while it prints nothing.

    The lines are also added to ``kept``, as they are.
    """
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
            kept.append(line.strip())
            say(from_line(line.strip()))


def _read(stream: IO[str], lines: SimpleQueue[str | None]) -> None:
    """Thread: put each line of ``stream`` into the queue, then None."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _exporter_error(code: int, output: str, what: str) -> StanceError:
    """The error for a failed exporter: its own sentence, or that it crashed; the full output goes to the log."""
    last = output.rpartition("\n")[2].strip()
    if code in (BAD_INPUT, DETECTOR) and last:
        return (StanceError if code == BAD_INPUT else DetectorError)(from_line(last))
    log.error("the exporter ended with code %d:\n%s", code, output)
    return StanceError(
        "Converting {what} failed ({reason}): wanted a complete model.",
        what=what,
        reason=foreign(last[:200]) if last else Message("exit code {code}", code=code),
    )
