"""Reading checkpoints as data: PyTorch's zip files, its older pickles, and safetensors. Nothing in a file is run."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor

from app.errors import StanceError
from app.zoo.catalogue import sha256_of
from export.unpickle import MOST_BYTES, Lazy, Storage, read_bytes, read_pickle

MAGIC = 0x1950A86A20F9469CFC6C
"""The first thing in PyTorch's older files."""

CONTAINERS = ("state_dict", "model_state_dict", "best_state_dict", "model", "net", "network", "weights", "params")
"""Where training programs put the weights, the likeliest place first."""

UNZIPPABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What the standard library raises for a zip that is damaged; a name that is no UTF-8 is a ValueError."""

WANTED = "wanted PyTorch weights (.pth, .pt, .pth.tar) or .safetensors"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The weights of a file by name, in its order, and where in it they were (empty: the file is nothing else)."""

    path: Path
    sha256: str
    place: str
    state: Mapping[str, Tensor]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The weights' shapes by name."""
        return {name: tuple(tensor.shape) for name, tensor in self.state.items()}


def read_checkpoint(path: Path) -> Checkpoint:
    """The weights in ``path``.

    Raises StanceError where there is no such file, where it holds no weights, where it is cut off or larger inside than
    outside, and where it would run anything if PyTorch opened it without care.
    """
    if not isfile(path):
        raise StanceError(f"There is no checkpoint {str(path)!r}: {WANTED}.")
    digest = sha256_of(path)
    if path.suffix == ".safetensors":
        return Checkpoint(path, digest, "", _safetensors(path))
    with read_contents(path) as contents:
        place, weights = _find_weights(contents.top, path.name, contents.names)
        size = path.stat().st_size
        if sum(lazy.bytes for lazy in weights.values()) > size:
            raise StanceError(f"{path.name} is larger inside than outside: wanted weights that lie in it once.")
        pieces = {lazy.storage.key: contents.pieces.read(lazy.storage.key) for lazy in weights.values()}
        state = {name: _tensor(lazy, pieces[lazy.storage.key], path.name) for name, lazy in weights.items()}
    return Checkpoint(path, digest, place, state)


class Pieces(Protocol):
    """Where the numbers lie."""

    def read(self, key: str) -> bytearray:
        """The piece of that name."""
        ...


@dataclass(frozen=True, slots=True)
class Contents:
    """A file as its pickle tells it: the outermost object, the strange names in it, and the numbers."""

    top: Any
    names: list[str]
    pieces: Pieces


@contextmanager
def read_contents(path: Path) -> Iterator[Contents]:
    with path.open("rb") as file:
        start = file.read(512)
        file.seek(0)
        if start.startswith(b"PK"):
            yield _zipped(file, path.name)
        elif start.lstrip()[:1] == b"<":
            raise StanceError(f"{path.name} is a web page, not the file that it leads to: {WANTED}.")
        elif start[257:262] == b"ustar":
            raise StanceError(f"{path.name} is an archive of files: unpack it and give the checkpoint in it; {WANTED}.")
        elif start[:1] in (b"\x80", b"(", b"}", b"]", b"c"):
            yield _row_of_pickles(file, path)
        else:
            raise StanceError(f"{path.name} is no checkpoint: {WANTED}.")


def _zipped(file: BinaryIO, origin: str) -> Contents:
    """PyTorch 1.6 and later: a zip that is not compressed, with ``NAME/data.pkl`` and ``NAME/data/KEY``."""
    try:
        archive = zipfile.ZipFile(file)
        members = {info.filename: info for info in archive.infolist()}
    except UNZIPPABLE as error:
        raise StanceError(f"{origin} is cut off or damaged ({error}): {WANTED}.") from None
    pickles = [name for name in members if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise StanceError(f"{origin} is a zip, but none that PyTorch wrote: {WANTED}.")
    root = pickles[0].removesuffix("data.pkl")
    if f"{root}constants.pkl" in members:
        raise StanceError(f"{origin} is a TorchScript program: {WANTED}.")
    pieces = _ZipPieces(archive, members, root, origin)
    if f"{root}byteorder" in members and bytes(pieces.member("byteorder", 16)).strip() != b"little":
        raise StanceError(f"{origin} was written by a big-endian machine, whose numbers Stance does not read.")
    top, names = read_bytes(bytes(pieces.member("data.pkl", MOST_BYTES)), origin)
    return Contents(top, names, pieces)


class _ZipPieces:
    def __init__(self, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], root: str, origin: str) -> None:
        self._archive, self._members, self._root, self._origin = archive, members, root, origin

    def read(self, key: str) -> bytearray:
        return self.member(f"data/{key}", None)

    def member(self, name: str, limit: int | None) -> bytearray:
        """A member; PyTorch compresses none, so that none can be larger than it lies in the file."""
        info = self._members.get(self._root + name)
        if info is None:
            raise StanceError(f"{self._origin} lacks its part {name!r}: it is cut off or damaged.")
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise StanceError(f"{self._origin} is refused: its part {name!r} is compressed, as PyTorch never does.")
        if limit is not None and info.file_size > limit:
            raise StanceError(f"{self._origin} is refused: its part {name!r} has {info.file_size} bytes, over {limit}.")
        try:
            return bytearray(self._archive.read(info))
        except UNZIPPABLE as error:
            raise StanceError(f"{self._origin} is cut off or damaged ({error}): {WANTED}.") from None


def _row_of_pickles(file: BinaryIO, path: Path) -> Contents:
    """PyTorch before 1.6: magic number, version, machine, the object, the names of the pieces, the pieces."""
    pickled = _Bounded(file, MOST_BYTES)
    first, _ = read_pickle(pickled, path.name)
    if not isinstance(first, int) or first != MAGIC:
        raise StanceError(f"{path.name} is a pickle, but none that PyTorch wrote: {WANTED}.")
    read_pickle(pickled, path.name)
    machine, _ = read_pickle(pickled, path.name)
    if isinstance(machine, dict) and machine.get("little_endian") is False:
        raise StanceError(f"{path.name} was written by a big-endian machine, whose numbers Stance does not read.")
    top, names = read_pickle(pickled, path.name)
    keys, _ = read_pickle(pickled, path.name)
    if not isinstance(keys, list):
        raise StanceError(f"{path.name} is cut off or damaged: {WANTED}.")
    weights = {lazy.storage.key: lazy.storage for lazy in _tensors_in(top)}
    return Contents(top, names, _FilePieces(file, [str(key) for key in keys], weights, path))


class _Bounded:
    """The beginning of a file, so that a pickle without an end has one."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left

    def read(self, size: int, /) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data

    def readline(self) -> bytes:
        data = self._file.readline(self._left)
        self._left -= len(data)
        return data


class _FilePieces:
    """Pieces one behind the other, each after its number of numbers; the kind of number stands in the pickle alone."""

    def __init__(self, file: BinaryIO, keys: list[str], storages: dict[str, Storage], path: Path) -> None:
        self._file, self._origin = file, path.name
        self._places: dict[str, tuple[int, int]] = {}
        place, end = file.tell(), path.stat().st_size
        for key in keys:
            file.seek(place)
            count = int.from_bytes(file.read(8), "little", signed=True)
            if key not in storages:
                raise StanceError(f"{path.name} holds the piece {key!r}, of which nothing tells the kind.")
            size = count * storages[key].dtype.itemsize
            if count < 0 or place + 8 + size > end:
                raise StanceError(f"{path.name} is cut off or damaged: {WANTED}.")
            self._places[key] = place + 8, size
            place += 8 + size

    def read(self, key: str) -> bytearray:
        if key not in self._places:
            raise StanceError(f"{self._origin} lacks its piece {key!r}: it is cut off or damaged.")
        place, size = self._places[key]
        self._file.seek(place)
        return bytearray(self._file.read(size))


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        state = load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise StanceError(f"{path.name} cannot be read as safetensors ({str(error).splitlines()[0]}).") from None
    if not state:
        raise StanceError(f"{path.name} holds no weights: {WANTED}.")
    return state


def _tensors_in(top: Any) -> Iterator[Lazy]:
    """Every tensor in nested dictionaries, lists and tuples."""
    waiting, seen = [top], set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, Lazy):
            yield value
        elif isinstance(value, dict | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            waiting.extend(value.values() if isinstance(value, dict) else value)


def _find_weights(top: Any, origin: str, names: list[str]) -> tuple[str, dict[str, Lazy]]:
    """The dictionary of tensors in a checkpoint, and under which name it stands there."""
    if isinstance(top, dict):
        for place in ("", *CONTAINERS):
            inner = top.get(place) if place else top
            if isinstance(inner, dict) and inner:
                weights = {str(name): value for name, value in inner.items() if isinstance(value, Lazy)}
                if len(weights) == len(inner):
                    return place, weights
    found = ", ".join(repr(str(key)) for key in list(top)[:5]) if isinstance(top, dict) else type(top).__name__
    foreign = next((name for name in names if name.startswith(("ultralytics.", "models."))), "")
    if foreign:
        raise StanceError(
            f"{origin} holds an object of {foreign} instead of weights; a detector of Ultralytics is converted with "
            f"`python -m export detector {origin}`."
        )
    raise StanceError(
        f"{origin} holds no weights (found {found}): wanted a dictionary of tensors, bare or in {CONTAINERS[0]!r}."
    )


def _tensor(lazy: Lazy, piece: bytearray, origin: str) -> Tensor:
    storage = lazy.storage
    size = storage.dtype.itemsize
    if len(piece) < (storage.start + storage.size) * size:
        raise StanceError(f"{origin} is cut off: a piece of its weights has {len(piece)} bytes.")
    if 0 in lazy.shape or not piece:
        return torch.empty(lazy.shape, dtype=storage.dtype)
    whole = torch.frombuffer(piece, dtype=storage.dtype)
    return whole.as_strided(lazy.shape, lazy.strides, storage.start + lazy.offset)
