"""Reads checkpoints without executing them: PyTorch's zip files, its older pickle files, and safetensors."""

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

import numpy as np
import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor

from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.zoo.catalogue import sha256_of
from export.plans.table import has_network
from export.split_checkpoint import refuse_split_files, refuse_split_weights
from export.unpickle import MAX_PICKLE_BYTES, Array, LazyTensor, Storage, read_bytes, read_pickle
from export.weights import CONTAINERS, Leaf, Weights, choose_weights, network_sets, shape_of

MAGIC = 0x1950A86A20F9469CFC6C
"""Magic number at the start of PyTorch's files before 1.6."""

ZIP_ERRORS = (
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
"""What ``zipfile`` raises for a damaged archive; a member name that is not UTF-8 raises ValueError."""

WANTED = Message("wanted PyTorch weights (.pth, .pt, .pth.tar, .ckpt) or .safetensors")

Three = tuple[float, float, float]
MAX_PIXEL_VALUE = 1e6
"""Upper limit for a plausible mean or standard deviation of pixel values."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The weights of one checkpoint file.

    Attributes:
        path: The file.
        sha256: SHA-256 of the file, in hexadecimal.
        place: Where in the file the weights were, such as "state_dict"; empty for the outermost object.
        state: Tensors by name, in the file's order.
        aside: One line for each group of entries that are not weights of the network.
        normalization: (mean, standard deviation) of pixels 0..255, three numbers each, if the file holds them.
    """

    path: Path
    sha256: str
    place: str
    state: Mapping[str, Tensor]
    aside: tuple[str, ...] = ()
    normalization: tuple[Three, Three] | None = None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each weight by name."""
        return {name: tuple(tensor.shape) for name, tensor in self.state.items()}


def read_checkpoint(path: Path, wanted: str | None = None) -> Checkpoint:
    """Read the weights in ``path``; ``wanted`` names one of several sets ("ema": the moving averages).

    Raises StanceError if the file is missing, holds no weights or not the wanted set, is truncated, decompresses to
    more than its size, or would call anything when unpickled.
    """
    refuse_split_files(path)
    if not isfile(path):
        raise StanceError("There is no checkpoint {path!r}: {wanted}.", path=str(path), wanted=WANTED)
    digest = sha256_of(path)
    if path.suffix == ".safetensors":
        return _checkpoint(path, digest, _weights(_safetensors(path), path.name, [], wanted), None)
    with read_contents(path) as contents:
        weights = _weights(contents.top, path.name, contents.names, wanted)
        inside = sum(lazy.bytes for lazy in weights.tensors.values() if isinstance(lazy, LazyTensor))
        if inside > path.stat().st_size:
            raise StanceError(
                "{file} unpacks to more than its file size: wanted a file that stores each weight once.", file=path.name
            )
        return _checkpoint(path, digest, weights, contents.pieces)


def list_sets(path: Path) -> list[tuple[str, bool]]:
    """The sets of weights of a whole pose network in ``path``; see ``network_sets``.

    Raises StanceError as ``read_checkpoint`` does.
    """
    refuse_split_files(path)
    if not isfile(path):
        raise StanceError("There is no checkpoint {path!r}: {wanted}.", path=str(path), wanted=WANTED)
    if path.suffix == ".safetensors":
        return network_sets(_safetensors(path))
    with read_contents(path) as contents:
        return network_sets(contents.top)


class Pieces(Protocol):
    """Access to the storages of a checkpoint, the bytes of its tensors."""

    def read(self, key: str) -> bytearray:
        """The bytes of storage ``key``. Raises StanceError if it is missing or damaged."""
        ...


@dataclass(frozen=True, slots=True)
class Contents:
    """An unpickled file: the outermost object, the classes and functions it names that were not built, the storages."""

    top: Any
    names: list[str]
    pieces: Pieces


@contextmanager
def read_contents(path: Path) -> Iterator[Contents]:
    """Open a PyTorch file and read its pickle; storages can be read until the context ends.

    Raises StanceError if the file is not a PyTorch checkpoint, is damaged, or would call anything when unpickled.
    """
    with path.open("rb") as file:
        start = file.read(512)
        file.seek(0)
        if start.startswith(b"PK"):
            yield _zip_file(file, path.name)
        elif start.lstrip()[:1] == b"<":
            raise StanceError(
                "{file} is a web page, not the file it links to: {wanted}.", file=path.name, wanted=WANTED
            )
        elif start[257:262] == b"ustar":
            raise StanceError(
                "{file} is an archive: unpack it and use the checkpoint inside; {wanted}.",
                file=path.name,
                wanted=WANTED,
            )
        elif start[:1] in (b"\x80", b"(", b"}", b"]", b"c"):
            yield _legacy_file(file, path)
        else:
            raise StanceError("{file} is not a checkpoint: {wanted}.", file=path.name, wanted=WANTED)


def _zip_file(file: BinaryIO, origin: str) -> Contents:
    """PyTorch 1.6 and later: an uncompressed zip with ``NAME/data.pkl`` and ``NAME/data/KEY``."""
    try:
        archive = zipfile.ZipFile(file)
        members = {info.filename: info for info in archive.infolist()}
    except ZIP_ERRORS as error:
        raise _damaged(error, origin) from None
    pickles = [name for name in members if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise StanceError("{file} is a zip file that was not written by PyTorch: {wanted}.", file=origin, wanted=WANTED)
    root = pickles[0].removesuffix("data.pkl")
    if f"{root}constants.pkl" in members:
        raise StanceError("{file} is a TorchScript program: {wanted}.", file=origin, wanted=WANTED)
    pieces = _ZipPieces(archive, members, root, origin)
    if f"{root}byteorder" in members and bytes(pieces.member("byteorder", 16)).strip() != b"little":
        raise StanceError("{file} has big-endian numbers, which Stance cannot read.", file=origin)
    top, names = read_bytes(bytes(pieces.member("data.pkl", MAX_PICKLE_BYTES)), origin)
    return Contents(top, names, pieces)


class _ZipPieces:
    def __init__(self, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], root: str, origin: str) -> None:
        self._archive, self._members, self._root, self._origin = archive, members, root, origin

    def read(self, key: str) -> bytearray:
        return self.member(f"data/{key}", None)

    def member(self, name: str, limit: int | None) -> bytearray:
        """The bytes of a member. PyTorch stores members uncompressed; a compressed one could be a zip bomb."""
        info = self._members.get(self._root + name)
        if info is None:
            raise StanceError("{file} has no part {name!r}: it is truncated or damaged.", file=self._origin, name=name)
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise StanceError(
                "{file} is refused: its part {name!r} is compressed, which PyTorch never does.",
                file=self._origin,
                name=name,
            )
        if limit is not None and info.file_size > limit:
            raise StanceError(
                "{file} is refused: its part {name!r} has {count} bytes, more than {limit}.",
                file=self._origin,
                name=name,
                count=info.file_size,
                limit=limit,
            )
        try:
            return bytearray(self._archive.read(info))
        except ZIP_ERRORS as error:
            raise _damaged(error, self._origin) from None


def _damaged(error: Exception, origin: str) -> StanceError:
    """The error of a file that cannot be read, with the system's reason if it has one."""
    if isinstance(error, OSError) and error.strerror:
        return StanceError("{path} cannot be read: {reason}.", path=origin, reason=foreign(error.strerror))
    return StanceError("{file} is truncated or damaged: {wanted}.", file=origin, wanted=WANTED)


def _legacy_file(file: BinaryIO, path: Path) -> Contents:
    """PyTorch before 1.6: magic number, version, system information, the object, the storage keys, the storages."""
    limited = _Bounded(file, MAX_PICKLE_BYTES)
    first, _ = read_pickle(limited, path.name)
    if not isinstance(first, int) or first != MAGIC:
        raise StanceError(
            "{file} is a pickle file that was not written by PyTorch: {wanted}.", file=path.name, wanted=WANTED
        )
    read_pickle(limited, path.name)
    machine, _ = read_pickle(limited, path.name)
    if isinstance(machine, dict) and machine.get("little_endian") is False:
        raise StanceError("{file} has big-endian numbers, which Stance cannot read.", file=path.name)
    top, names = read_pickle(limited, path.name)
    keys, _ = read_pickle(limited, path.name)
    if not isinstance(keys, list):
        raise StanceError("{file} is truncated or damaged: {wanted}.", file=path.name, wanted=WANTED)
    weights = {lazy.storage.key: lazy.storage for lazy in _tensors_in(top)}
    return Contents(top, names, _FilePieces(file, [str(key) for key in keys], weights, path))


class _Bounded:
    """The first ``left`` bytes of a file: limits how much an endless pickle can read."""

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
    """Storages in sequence, each preceded by its element count; the element type is known only from the pickle."""

    def __init__(self, file: BinaryIO, keys: list[str], storages: dict[str, Storage], path: Path) -> None:
        self._file, self._origin = file, path.name
        self._places: dict[str, tuple[int, int]] = {}
        place, end = file.tell(), path.stat().st_size
        for key in keys:
            file.seek(place)
            count = int.from_bytes(file.read(8), "little", signed=True)
            if key not in storages:
                raise StanceError("{file} has the storage {key!r}, whose type is not stated.", file=path.name, key=key)
            size = count * storages[key].dtype.itemsize
            if count < 0 or place + 8 + size > end:
                raise StanceError("{file} is truncated or damaged: {wanted}.", file=path.name, wanted=WANTED)
            self._places[key] = place + 8, size
            place += 8 + size

    def read(self, key: str) -> bytearray:
        if key not in self._places:
            raise StanceError("{file} has no storage {key!r}: it is truncated or damaged.", file=self._origin, key=key)
        place, size = self._places[key]
        self._file.seek(place)
        return bytearray(self._file.read(size))


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        state = load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise _damaged(error, path.name) from None
    if not state:
        raise StanceError("{file} has no weights: {wanted}.", file=path.name, wanted=WANTED)
    return state


def _tensors_in(top: Any) -> Iterator[LazyTensor]:
    """All tensors in nested dictionaries, lists and tuples."""
    waiting, seen = [top], set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, LazyTensor):
            yield value
        elif isinstance(value, dict | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            waiting.extend(value.values() if isinstance(value, dict) else value)


def _weights(top: Any, origin: str, names: list[str], wanted: str | None) -> Weights:
    """The weights in the outermost object ``top``; ``names`` are the classes and functions that were not built."""
    weights = choose_weights(top, origin, wanted)
    whole = weights is not None and has_network(weights.tensors)
    if weights is None or not whole or any(0 in shape_of(own) for own in weights.tensors.values()):
        refuse_split_weights(top, names, origin)
    if weights is not None:
        return weights
    found = ", ".join(repr(str(key)) for key in list(top)[:5]) if isinstance(top, dict) else type(top).__name__
    foreign = next((name for name in names if name.startswith(("ultralytics.", "models."))), "")
    if foreign:
        raise StanceError(
            "{file} has an object of {foreign} instead of weights; convert an Ultralytics detector with "
            "`python -m export detector {file}`.",
            file=origin,
            foreign=foreign,
        )
    raise StanceError(
        "{file} has no weights (found {found}): wanted a dictionary of tensors, by itself or in {container!r}.",
        file=origin,
        found=found,
        container=CONTAINERS[1],
    )


def _checkpoint(path: Path, digest: str, weights: Weights, pieces: Pieces | None) -> Checkpoint:
    """The checkpoint in ``path``, with the values of lazy ``weights`` read from ``pieces``."""
    read: dict[str, bytearray] = {}

    def numbers(leaf: Leaf) -> Tensor:
        if isinstance(leaf, Tensor):
            return leaf
        if isinstance(leaf, Array):
            array = np.asarray(leaf.numbers)
            return torch.from_numpy(array.astype(array.dtype.newbyteorder("=")))
        if leaf.storage.key not in read and pieces is not None:
            read[leaf.storage.key] = pieces.read(leaf.storage.key)
        return _tensor(leaf, read[leaf.storage.key], path.name)

    state = {name: numbers(leaf) for name, leaf in weights.tensors.items()}
    normalization = None
    if weights.mean is not None and weights.std is not None:
        normalization = _normalization(numbers(weights.mean), numbers(weights.std), path.name)
    return Checkpoint(
        path, digest, weights.place, state, tuple(aside.describe() for aside in weights.aside), normalization
    )


def _normalization(mean: Tensor, std: Tensor, origin: str) -> tuple[Three, Three]:
    """(mean, standard deviation) of pixels 0..255 from two tensors of shape (3,); values for 0..1 are scaled."""
    scale = 255.0 if 0 < float(mean.max()) <= 1 else 1.0
    # Rounded to six digits, the precision of float32: 123.675, not 123.67500305.
    means, deviations = ([float(f"{scale * float(one):.6g}") for one in own.flatten()] for own in (mean, std))
    if not all(abs(one) <= MAX_PIXEL_VALUE for one in means) or not all(
        0 < one <= MAX_PIXEL_VALUE for one in deviations
    ):
        raise StanceError(
            "{file} has a normalization that cannot be used: mean {means}, standard deviation {deviations}.",
            file=origin,
            means=str(means),
            deviations=str(deviations),
        )
    return (means[0], means[1], means[2]), (deviations[0], deviations[1], deviations[2])


def _tensor(lazy: LazyTensor, piece: bytearray, origin: str) -> Tensor:
    storage = lazy.storage
    size = storage.dtype.itemsize
    if len(piece) < (storage.start + storage.size) * size:
        raise StanceError(
            "{file} is truncated: a part of its weights has {count} bytes.", file=origin, count=len(piece)
        )
    if 0 in lazy.shape or not piece:
        return torch.empty(lazy.shape, dtype=storage.dtype)
    whole = torch.frombuffer(piece, dtype=storage.dtype)
    return whole.as_strided(lazy.shape, lazy.strides, storage.start + lazy.offset)
