"""Where fetched files lie: a folder of the user's in which every file is whole or not there at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import filelock
import platformdirs

from app.errors import StanceError
from app.zoo import Progress
from app.zoo.catalogue import Entry

SUFFIXES = {"onnx": ".onnx", "checkpoint": ".pth", "video": ".mp4"}
STALE_S = 7 * 24 * 3600.0
"""Age at which what a broken-off fetch left behind is no longer worth going on with."""


def home() -> Path:
    """Stance's cache folder: STANCE_HOME where that is set, else the user's cache folder of the platform."""
    chosen = os.environ.get("STANCE_HOME")
    return Path(chosen).expanduser().absolute() if chosen else platformdirs.user_cache_path("stance", appauthor=False)


def zoo_folder() -> Path:
    """The folder of the cache in which fetched files lie."""
    return home() / "zoo"


def place_of(entry: Entry) -> Path:
    """Where the file of ``entry`` lies once it is fetched; another edition of it would have another name."""
    return zoo_folder() / f"{entry.name}-{entry.sha256[:8]}{SUFFIXES[entry.form]}"


def find(entry: Entry) -> Path | None:
    """The fetched file of ``entry``, or None where it is not here (or was cut since)."""
    path = place_of(entry)
    with using():
        whole = path.is_file() and entry.bytes in (None, path.stat().st_size)
    return path if whole else None


def converted_place(entry: Entry) -> Path:
    """Where the network lies that was made from checkpoint ``entry``."""
    return place_of(entry).with_suffix(".onnx")


def find_converted(entry: Entry) -> Path | None:
    """The network that was made from checkpoint ``entry``, or None where none was."""
    path = converted_place(entry)
    with using():
        return path if path.is_file() else None


def part_of(entry: Entry, url: str) -> Path:
    """Where what has come from ``url`` so far is kept; it lies beside the place of the whole file."""
    return zoo_folder() / f".{entry.name}-{hashlib.sha256(url.encode()).hexdigest()[:8]}.part"


def place(file: Path, entry: Entry) -> Path:
    """Move ``file``, which lies in the zoo folder, to its place, so that a power cut leaves all of it or nothing."""
    target = place_of(entry)
    with using():
        with file.open("rb+") as opened:
            os.fsync(opened.fileno())
        file.replace(target)
    return target


def remove(entry: Entry) -> int:
    """Delete the file of ``entry`` and the network that was made from it; gives the bytes that are free again.

    Raises StanceError where the disk refuses.
    """
    freed = 0
    with using():
        for path in {place_of(entry), converted_place(entry)}:
            if path.is_file():
                freed += path.stat().st_size
                path.unlink()
    return freed


@contextlib.contextmanager
def using() -> Iterator[None]:
    """Turn a refusal of the disk into the sentence that names the cache folder."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise StanceError(
            f"The cache folder {str(home())!r} cannot be used ({reason}): wanted room and the right to write there, "
            "or another folder in STANCE_HOME."
        ) from error


@contextlib.contextmanager
def locked(entry: Entry, progress: Progress | None) -> Iterator[None]:
    """Let one process at a time fetch ``entry``; the others wait, and find it here.

    ``progress`` is called with (0, None) while waiting. Raises StanceError where the disk refuses.
    """
    with using():
        zoo_folder().mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(zoo_folder() / f".{entry.name}.lock")
    while not _acquired(lock):
        if progress is not None:
            progress(0, None)
    try:
        yield
    finally:
        lock.release()


def _acquired(lock: filelock.BaseFileLock) -> bool:
    """Wait for ``lock`` for a moment; whether it was had."""
    with using():
        try:
            lock.acquire(timeout=0.5)
        except filelock.Timeout:  # an OSError too, but no trouble with the disk
            return False
    return True


@contextlib.contextmanager
def workshop(place: Path | None = None) -> Iterator[Path]:
    """A folder for files on their way in ``place``, a folder of the cache (None: that of fetched files).

    It is gone at the end, or with the next ``sweep`` where the process is killed.
    """
    path = (place or zoo_folder()) / f".work-{uuid4().hex[:8]}"
    lock = filelock.FileLock(_lock_of(path))
    with using():
        lock.acquire()  # before the folder is there, so that one which nobody holds is nobody's
        path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        lock.release()
        with contextlib.suppress(OSError):
            _lock_of(path).unlink()


def sweep() -> None:
    """Remove what killed processes left behind; the beginning of a file stays for a week, to be gone on with.

    What another process works on stays, and so does what the disk will not give.
    """
    for folder in {path.with_suffix("") for path in home().glob("*/.work-*")}:
        with contextlib.suppress(OSError):  # filelock.Timeout is one
            with filelock.FileLock(_lock_of(folder), timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
            _lock_of(folder).unlink()
    for part in zoo_folder().glob(".*.part"):
        with contextlib.suppress(OSError):
            name = part.stem[1:].rpartition("-")[0]
            if time.time() - part.stat().st_mtime > STALE_S:
                with filelock.FileLock(zoo_folder() / f".{name}.lock", timeout=0):
                    part.unlink()


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")
