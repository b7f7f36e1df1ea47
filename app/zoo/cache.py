"""The cache folder of fetched files; files appear in it only when complete."""

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

from app.core.errors import StanceError
from app.core.message import foreign
from app.zoo import Progress
from app.zoo.catalogue import Entry

SUFFIXES = {"onnx": ".onnx", "checkpoint": ".pth", "tflite": ".tflite", "video": ".mp4"}
"""File suffix by the form of a catalogue entry."""
CONVERSIONS = {"tflite": 2}
"""Version of the conversion by the form of a catalogue entry, 1 where none is given: what an earlier version has made
is made anew. A change of the conversion that leaves the outputs nearly as they are, but not the speed, counts too."""
STALE_S = 7 * 24 * 3600.0
"""Age in seconds at which a partial download is deleted instead of resumed."""


def home() -> Path:
    """Stance's cache folder: STANCE_HOME if set, else the platform's cache folder of the user."""
    chosen = os.environ.get("STANCE_HOME")
    return Path(chosen).expanduser().absolute() if chosen else platformdirs.user_cache_path("stance", appauthor=False)


def zoo_folder() -> Path:
    """The folder of fetched files in the cache."""
    return home() / "zoo"


def place_of(entry: Entry) -> Path:
    """Path of the fetched file of ``entry``; its name contains the hash, so a new version gets another path."""
    return zoo_folder() / f"{entry.name}-{entry.sha256[:8]}{SUFFIXES[entry.form]}"


def find(entry: Entry) -> Path | None:
    """The fetched file of ``entry``; None if it is missing or has another size than the catalogue states.

    Raises StanceError if the cache cannot be read.
    """
    path = place_of(entry)
    with report_disk_errors():
        whole = path.is_file() and entry.bytes in (None, path.stat().st_size)
    return path if whole else None


def converted_place(entry: Entry) -> Path:
    """Path of the network converted from the file of ``entry`` by the present version of the conversion."""
    return _conversions(entry)[-1]


def find_converted(entry: Entry) -> Path | None:
    """The network converted from the file of ``entry``; None if there is none. Raises StanceError as ``find`` does."""
    path = converted_place(entry)
    with report_disk_errors():
        return path if path.is_file() else None


def remove_older_conversions(entry: Entry) -> None:
    """Delete what earlier versions of the conversion have made of the file of ``entry``, as far as that is possible."""
    for path in _conversions(entry)[:-1]:
        with contextlib.suppress(OSError):
            path.unlink()


def part_of(entry: Entry, url: str) -> Path:
    """Path of the partial download from ``url``, in the same folder as the complete file."""
    return zoo_folder() / f".{entry.name}-{hashlib.sha256(url.encode()).hexdigest()[:8]}.part"


def place(file: Path, entry: Entry) -> Path:
    """Move ``file`` within the zoo folder to its final path, atomically even on power loss; returns that path."""
    target = place_of(entry)
    with report_disk_errors():
        with file.open("rb+") as opened:
            os.fsync(opened.fileno())
        file.replace(target)
    return target


def remove(entry: Entry) -> int:
    """Delete the file of ``entry`` and the networks converted from it; returns the number of bytes freed.

    Raises StanceError if a file cannot be deleted.
    """
    freed = 0
    with report_disk_errors():
        for path in {place_of(entry), *_conversions(entry)}:
            if path.is_file():
                freed += path.stat().st_size
                path.unlink()
    return freed


@contextlib.contextmanager
def report_disk_errors() -> Iterator[None]:
    """Turn an OSError into a StanceError that names the cache folder."""
    try:
        yield
    except OSError as error:
        reason = foreign(error.strerror or error)
        raise StanceError(
            "The cache folder {folder!r} cannot be used ({reason}): wanted free space and write permission, "
            "or another folder in STANCE_HOME.",
            folder=str(home()),
            reason=reason,
        ) from error


@contextlib.contextmanager
def locked(name: str, progress: Progress | None) -> Iterator[None]:
    """Hold the lock of the entry or wheel ``name``: one process fetches it, the others wait and find it in the cache.

    ``progress`` is called with (0, None) while waiting. Raises StanceError if the lock file cannot be used.
    """
    with report_disk_errors():
        zoo_folder().mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(zoo_folder() / f".{name}.lock")
    while not _acquired(lock):
        if progress is not None:
            progress(0, None)
    try:
        yield
    finally:
        lock.release()


def _acquired(lock: filelock.BaseFileLock) -> bool:
    """Try to acquire ``lock`` for half a second; returns whether it was acquired."""
    with report_disk_errors():
        try:
            lock.acquire(timeout=0.5)
        except filelock.Timeout:  # a subclass of OSError, but not a disk error
            return False
    return True


@contextlib.contextmanager
def temp_folder(place: Path | None = None) -> Iterator[Path]:
    """A temporary folder in ``place``, a folder of the cache (None: the folder of fetched files).

    It is deleted at the end, or by the next ``sweep`` if the process is killed.
    """
    path = (place or zoo_folder()) / f".work-{uuid4().hex[:8]}"
    lock = filelock.FileLock(_lock_of(path))
    with report_disk_errors():
        lock.acquire()  # before the folder exists, so that a folder without a held lock is always stale
        path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        lock.release()
        with contextlib.suppress(OSError):
            _lock_of(path).unlink()


def sweep() -> None:
    """Delete temporary files of killed processes, and partial downloads older than ``STALE_S``.

    Files locked by another process and files that cannot be deleted are left alone.
    """
    for folder in {path.with_suffix("") for path in home().glob("*/.work-*")}:
        # filelock.Timeout is an OSError
        with contextlib.suppress(OSError), filelock.FileLock(_lock_of(folder), timeout=0):
            shutil.rmtree(folder, ignore_errors=True)
            _lock_of(folder).unlink()  # while it is held, or a process that acquires it next would lock no file
    for part in zoo_folder().glob(".*.part"):
        with contextlib.suppress(OSError):
            name = part.stem[1:].rpartition("-")[0]
            if time.time() - part.stat().st_mtime > STALE_S:
                with filelock.FileLock(zoo_folder() / f".{name}.lock", timeout=0):
                    part.unlink()


def _conversions(entry: Entry) -> list[Path]:
    """The places of the network converted from the file of ``entry``, by each version of the conversion in order."""
    later = [f".{version}.onnx" for version in range(2, CONVERSIONS.get(entry.form, 1) + 1)]
    return [place_of(entry).with_suffix(suffix) for suffix in (".onnx", *later)]


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")
