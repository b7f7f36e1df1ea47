"""Runs a batch: what is not complete yet is processed, and two tables tell what became of every clip."""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from app.batch.clip_list import Clip
from app.batch.clip_run import NO_SPACE, Job, Outcome, Record, has_results, read_record
from app.batch.runner import Runner
from app.cli.console import INTERRUPTED, printable
from app.cli.stopping import StopRequest, stop_on_signal
from app.core.errors import StanceError
from app.sinks import writing
from app.sinks.output_lock import hold

POLL_S = 0.5
FULL_DISK = 8_000_000
"""Free bytes on the results' disk below which a failed clip is put down to the full disk."""
FAILED = 1
"""Exit code where clips have failed."""
SUMMARY, ERRORS = "summary.csv", "errors.csv"
SUMMARY_COLUMNS = ("clip", "frames", "people", "fps", "seconds", "files", "warnings")
ERROR_COLUMNS = ("clip", "error")


@dataclass(slots=True)
class Counts:
    """Clips of a batch: ``complete`` before it began, ``done`` and ``failed`` since."""

    complete: int = 0
    done: int = 0
    failed: int = 0


def run_batch(job: Job, clips: Sequence[Clip], open_runner: Callable[[Job], Runner], resume: bool) -> int:
    """Process ``clips`` by the runner that ``open_runner`` returns, with a progress bar; returns the exit code.

    ``resume``: clips that are complete are left as they are. Raises StanceError if there are results of clips and
    ``resume`` is off, if another batch writes to the folder, and if its disk is full.
    """
    with _locked(job):
        if not resume and (count := sum(has_results(job, clip) for clip in clips)):
            raise StanceError(
                "{folder} has the results of {count} of these clips: wanted --resume, or another folder.",
                folder=job.folder,
                count=count,
            )
        complete = {clip.name for clip in clips if read_record(job, clip) is not None}
        waiting = [clip for clip in clips if clip.name not in complete]
        counts = Counts(len(complete))
        with stop_on_signal() as stop, _ErrorTable(job.folder / ERRORS) as errors, _bar(clips, counts) as bar:
            try:
                _drive(job, waiting, open_runner, stop, _Told(counts, errors, bar))
            except BaseException:
                with suppress(OSError):  # the reason of the end is told, not that of the table
                    _write_summary(job, clips)
                raise
            with writing(job.folder / SUMMARY):
                _write_summary(job, clips)
        left = len(waiting) - counts.done - counts.failed
        print(printable(_last_line(job, counts, left)))
        if stop.is_set():
            return INTERRUPTED
        return FAILED if counts.failed else 0


@dataclass(slots=True)
class _Told:
    counts: Counts
    errors: _ErrorTable
    bar: tqdm

    def add(self, outcome: Outcome) -> None:
        """Count ``outcome``, and write its line if it failed; cancelled clips are not told."""
        if outcome.record is not None:
            self.counts.done += 1
        elif outcome.problem:
            self.counts.failed += 1
            self.errors.add(outcome)
            named = str(outcome.clip.path) in outcome.problem
            tqdm.write(
                printable(outcome.problem if named else f"{outcome.clip.path}: {outcome.problem}"), file=sys.stderr
            )
        else:
            return
        self.bar.set_postfix_str(f"{self.counts.failed} failed" if self.counts.failed else "", refresh=False)
        self.bar.update(1)


def _drive(
    job: Job, waiting: Sequence[Clip], open_runner: Callable[[Job], Runner], stop: StopRequest, told: _Told
) -> None:
    if not waiting:
        return
    runner = open_runner(job)
    following: Iterator[Clip] = iter(waiting)
    busy = 0
    try:
        while not stop.is_set():
            while runner.room > 0 and (clip := next(following, None)) is not None:
                runner.start(clip)
                busy += 1
            if not busy:
                return
            for outcome in runner.finished(POLL_S):
                busy -= 1
                if outcome.problem:
                    _check_disk(job.folder, outcome.problem)
                told.add(outcome)
    finally:
        for outcome in runner.close():
            told.add(outcome)


def _check_disk(folder: Path, problem: str) -> None:
    """Raise StanceError if a clip has failed with ``problem`` because the disk is full: further ones would fail too."""
    full = any(reason in problem for reason in NO_SPACE)
    with suppress(OSError):
        full = full or shutil.disk_usage(folder).free < FULL_DISK
    if full:
        raise StanceError(
            "The disk of {folder} is full: wanted free space, then the same command with --resume.", folder=folder
        )


@contextmanager
def _locked(job: Job) -> Iterator[None]:
    """Keep other batches out of the folder, which is made if it does not exist."""
    with writing(job.folder):
        job.hidden().mkdir(parents=True, exist_ok=True)
        release = hold(job.hidden("lock"))
    if release is None:
        raise StanceError("Another batch is writing to {folder}: wanted its end, or another folder.", folder=job.folder)
    try:
        yield
    finally:
        release()


class _ErrorTable:
    """The table of failed clips, whole on disk after every line."""

    def __init__(self, path: Path) -> None:
        with writing(path):
            self._file = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._writer.writerow(ERROR_COLUMNS)

    def add(self, outcome: Outcome) -> None:
        with suppress(OSError):  # told on the console too
            self._writer.writerow((outcome.clip.path, outcome.problem))
            self._file.flush()

    def __enter__(self) -> _ErrorTable:
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):
            self._file.close()


def _write_summary(job: Job, clips: Sequence[Clip]) -> None:
    """The table of complete clips, in their order."""
    part = job.hidden(SUMMARY)
    try:
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(SUMMARY_COLUMNS)
            for clip in clips:
                if (record := read_record(job, clip)) is not None:
                    writer.writerow(_row(record))
        part.replace(job.folder / SUMMARY)
    finally:
        part.unlink(missing_ok=True)


def _row(record: Record) -> tuple[object, ...]:
    return (
        record.clip,
        record.frames,
        record.people,
        record.fps,
        record.seconds,
        " ".join(record.files),
        " ".join(record.warnings),
    )


def _bar(clips: Sequence[Clip], counts: Counts) -> tqdm:
    return tqdm(total=len(clips), initial=counts.complete, unit="clip", file=sys.stderr, smoothing=0.05, miniters=1)


def _last_line(job: Job, counts: Counts, left: int) -> str:
    parts = [f"{counts.done} {'clip' if counts.done == 1 else 'clips'} processed"]
    if counts.complete:
        parts.append(f"{counts.complete} complete before")
    if counts.failed:
        parts.append(f"{counts.failed} failed (see {ERRORS})")
    if left:
        parts.append(f"{left} left (the same command with --resume continues)")
    return f"{job.folder}: {', '.join(parts)}; table: {SUMMARY}"
