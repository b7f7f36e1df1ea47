"""Runs one clip of a batch in a process of its own, and puts its files in place when all are complete."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app import __version__
from app.batch.clip_list import Clip
from app.core.errors import StanceError
from app.core.message import Message
from app.sinks import writing

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = "import sys; from app.cli.main import run; run(sys.argv.pop(1))"
"""Its first argument is the name of the clip in its files, which may be that of another place than where it is read."""
HIDDEN = ".stance-batch"
"""Folder in the results' folder with a record of each complete clip, and the files of incomplete ones."""
SUMMARY = re.compile(r": (\d+) frames?(?: \(.*?\))?, (\d+) (?:person|people)(?: \(.*?\))?, ([\d.]+) fps$")
"""The first line that a headless run prints."""
POLL_S = 0.1
STOP_S = 6.0
"""Time that a process has to end after it was asked to, in seconds."""
MOST_WARNINGS = 5
NO_SPACE = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
"""Reasons of a failure that come from a full disk, though the files that were given up have made room since."""

Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Job:
    """What to do with each clip of a batch: ``formats`` (endings without a dot) are written to ``folder``.

    ``options`` are those of ``main.py``, as typed.
    """

    folder: Path
    formats: tuple[str, ...]
    options: tuple[str, ...]

    def outputs(self, clip: Clip) -> list[Path]:
        """The files that ``clip`` is asked to give; some formats make one file for each person."""
        return [self.folder / f"{clip.name}.{ending}" for ending in self.formats]

    def hidden(self, *parts: str) -> Path:
        """A path below the hidden folder."""
        return self.folder.joinpath(HIDDEN, *parts)

    def record(self, clip: Clip) -> Path:
        """The file that tells that ``clip`` is complete."""
        return self.hidden("done", f"{clip.name}.json")


class Record(msgspec.Struct, frozen=True):
    """What was made of a clip: ``files`` has the size in bytes of each, by its path below the results' folder.

    ``frames`` were processed at ``fps`` in ``seconds``; ``people`` is the number of people that were seen.
    """

    clip: str
    clip_bytes: int
    clip_time_ns: int
    version: str
    formats: tuple[str, ...]
    options: tuple[str, ...]
    files: dict[str, int]
    frames: int
    people: int
    fps: float
    seconds: float
    warnings: list[str] = []


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of ``clip``: complete (``record``), failed (``problem``), or cancelled (neither)."""

    clip: Clip
    record: Record | None = None
    problem: str = ""


def has_results(job: Job, clip: Clip) -> bool:
    """Whether the folder has a file that a batch has made of ``clip``, with whatever options."""
    try:
        record = msgspec.json.decode(job.record(clip).read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError):
        return False
    return any((job.folder / name).is_file() for name in record.files)


def read_record(job: Job, clip: Clip) -> Record | None:
    """The record of ``clip`` if it is complete: the same clip, program and options, and its files are there."""
    try:
        record = msgspec.json.decode(job.record(clip).read_bytes(), type=Record)
        state = clip.path.stat()
        sizes = {name: (job.folder / name).stat().st_size for name in record.files}
    except (OSError, msgspec.MsgspecError):
        return None
    same_clip = (record.clip, record.clip_bytes, record.clip_time_ns) == (
        str(clip.path),
        state.st_size,
        state.st_mtime_ns,
    )
    same_job = (record.version, record.formats, record.options) == (__version__, job.formats, job.options)
    return record if same_clip and same_job and sizes == record.files else None


def run_clip(job: Job, clip: Clip, cancelled: Cancelled = lambda: False, copy: Path | None = None) -> Outcome:
    """Process ``clip`` in a child process, on the processor cores of the calling thread, until ``cancelled``.

    The files appear in ``job.folder`` when all of them are complete, and the record after them. ``copy`` is a file with
    the content of the clip that is read instead; the files are the same.
    """
    unfinished = job.hidden("unfinished", clip.name)
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        with writing(unfinished):
            unfinished.mkdir(parents=True)
        started = time.perf_counter()
        state = (copy or clip.path).stat()
        done = _run(job, clip, copy or clip.path, unfinished, cancelled)
        if done is None:
            return Outcome(clip)
        problem, found, warnings = _read(done)
        if problem:
            return Outcome(clip, problem=problem)
        record = Record(
            str(clip.path),
            state.st_size,
            state.st_mtime_ns,
            __version__,
            job.formats,
            job.options,
            publish(job, clip, unfinished),
            *found,
            round(time.perf_counter() - started, 3),
            warnings,
        )
        write_record(job.record(clip), record)
        return Outcome(clip, record)
    except StanceError as error:
        return Outcome(clip, problem=str(error))
    except OSError as error:
        return Outcome(clip, problem=f"{clip.path} cannot be processed: {error.strerror or error}.")
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _run(
    job: Job, clip: Clip, read: Path, folder: Path, cancelled: Cancelled
) -> subprocess.CompletedProcess[str] | None:
    """The ended process that has written the files of ``clip``, the content of ``read``, to ``folder``.

    None if it was cancelled.
    """
    outputs = [f"--output={folder / Path(clip.name).name}.{ending}" for ending in job.formats]
    program = [sys.executable, "-P", "-c", PROGRAM, str(clip.path)]
    command = [*program, "--headless", f"--source={read}", *outputs, *job.options]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])),
        "PYTHONIOENCODING": "utf-8",
        "TQDM_DISABLE": "1",
    }
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # Ctrl+C is for the batch, which then ends its processes
    ) as process:
        try:
            while True:
                try:
                    out, err = process.communicate(timeout=POLL_S)
                except subprocess.TimeoutExpired:
                    if cancelled():
                        return None
                else:
                    return subprocess.CompletedProcess(command, process.returncode, out, err)
        finally:
            if process.poll() is None:
                _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _read(done: subprocess.CompletedProcess[str]) -> tuple[str, tuple[int, int, float], list[str]]:
    """Why a run has failed (empty if it has not); its frames, people and frames a second; its warnings."""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        return str(Message("The process was ended by {signal}.", signal=name)), (0, 0, 0.0), []
    match = SUMMARY.search(done.stdout.partition("\n")[0].strip())
    if done.returncode or match is None:
        return (lines or [f"The process ended with exit code {done.returncode}."])[-1], (0, 0, 0.0), []
    return "", (int(match[1]), int(match[2]), float(match[3])), lines[:MOST_WARNINGS]


def publish(job: Job, clip: Clip, unfinished: Path) -> dict[str, int]:
    """Move the files of ``clip`` into the results' folder; returns their sizes by their paths below it.

    Raises StanceError if a file of that name is there that is not an earlier one of this clip.
    """
    earlier: set[str] = set()
    with suppress(OSError, msgspec.MsgspecError):
        earlier = set(msgspec.json.decode(job.record(clip).read_bytes(), type=Record).files)
    job.record(clip).unlink(missing_ok=True)
    below = Path(clip.name).parent
    sizes: dict[str, int] = {}
    made = sorted(path for path in unfinished.iterdir() if not path.name.startswith("."))
    for path in made:
        name = (below / path.name).as_posix()
        target = job.folder / name
        if target.exists() and name not in earlier and target not in job.outputs(clip):
            raise StanceError("{file} exists already and belongs to another clip: wanted a free name.", file=target)
    for path in made:
        target = job.folder / below / path.name
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, target)
        sizes[(below / path.name).as_posix()] = target.stat().st_size
    return sizes


def write_record(path: Path, record: Record) -> None:
    """Write ``record`` to ``path``, where it is whole or not at all. Raises StanceError if that fails."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        part.write_bytes(msgspec.json.encode(record))
        os.replace(part, path)
