"""Reads PyTorch's pickles without executing them.

A pickle is a program: it can import and call anything. Here nothing is imported, and the only functions called are
those of this file that replace PyTorch's tensor builders. Objects of other classes become ``Skipped``; a pickle that
calls anything else is refused.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol, Self

import numpy as np
import torch

from app.core.errors import StanceError
from app.core.message import Message, foreign
from export.split_checkpoint import refuse_split_weights

MAX_PICKLE_BYTES = 256 * 1024**2
"""Maximum size of a pickle, in bytes; weights are stored outside of it."""

DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "UntypedStorage": torch.uint8,
}
"""Element type by name of PyTorch's storage class."""

INERT = {
    "_codecs.encode",
    "builtins.set",
    "builtins.frozenset",
    "builtins.bytearray",
    "builtins.complex",
    "builtins.range",
    "builtins.slice",
    "builtins.xrange",
    "collections.deque",
    "collections.defaultdict",
    "copyreg._reconstructor",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "datetime.timezone",
    "decimal.Decimal",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.dtype",
    "numpy.random.__RandomState_ctor",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pathlib.PurePosixPath",
    "pathlib.WindowsPath",
    "torch.Size",
    "torch.device",
    "torch.serialization._get_layout",
}
"""Harmless callables that training programs leave beside the weights; their calls are skipped."""

RANDOM_STATES = {
    "numpy.random._pickle.__bit_generator_ctor",
    "numpy.random._pickle.__generator_ctor",
    "numpy.random._pickle.__randomstate_ctor",
    "numpy.random.bit_generator.__pyx_unpickle_SeedSequence",
    "numpy.random._bit_generator.__pyx_unpickle_SeedSequence",
}
"""Callables with which numpy from 1.17 on restores random generators; skipped too. They are not in ``INERT`` because
one of them calls the class that it is given: a file that is passed on to another reader must not name them."""

OLD_NAMES = {"__builtin__": "builtins", "copy_reg": "copyreg"}
"""Python 2's names of these modules, which old pickles and current PyTorch files still use."""

PICKLE_ERRORS = (
    pickle.UnpicklingError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
"""What ``pickle`` can raise for damaged or malicious bytes."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Part of a storage outside the pickle: ``size`` elements from element ``start`` of storage ``key``."""

    key: str
    dtype: torch.dtype
    size: int
    start: int = 0

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError(Message("a storage with a state"))


@dataclass(frozen=True, slots=True)
class LazyTensor:
    """A tensor whose values have not been read: a strided view of its storage; offset and strides are in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def __setstate__(self, state: object) -> None:
        # A pickle must not change a tensor after it was checked.
        raise pickle.UnpicklingError(Message("a tensor with a state"))

    @property
    def bytes(self) -> int:
        """Size in memory, in bytes."""
        count = 1
        for side in self.shape:
            count *= side
        return count * self.storage.dtype.itemsize


class NumpyType:
    """A numpy dtype in a pickle: its ``code`` ("f4", ...) and byte ``order`` ("<", ">", "|" or "=")."""

    __slots__ = ("code", "order")

    def __init__(self, code: Any, *_: Any) -> None:
        self.code, self.order = code, "|"

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">", "|", "="):
            self.order = state[1]


NUMPY_CODES = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "b1")
"""Codes of the numpy dtypes that PyTorch supports."""


class Array:
    """A numpy array stored in the pickle itself; ``numbers`` is None if its dtype is not supported."""

    __slots__ = ("numbers",)

    def __init__(self, *_: Any) -> None:
        self.numbers: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, tuple) and len(state) == 5:
            _, shape, kind, by_columns, data = state
            self.fill(data, kind, shape, "F" if by_columns else "C")

    def fill(self, data: Any, kind: Any, shape: Any, order: Any) -> Self:
        """Set ``numbers`` from bytes, dtype, shape and memory order, if they are as numpy writes them.

        Raises pickle.UnpicklingError if the size of ``data`` does not fit the shape.
        """
        if not isinstance(kind, NumpyType) or kind.code not in NUMPY_CODES or not isinstance(data, bytes | bytearray):
            return self
        if order not in ("C", "F") or not all(isinstance(side, int) and side >= 0 for side in shape):
            return self
        dtype = np.dtype(kind.code).newbyteorder(kind.order)
        if prod(shape) * dtype.itemsize != len(data):
            raise pickle.UnpicklingError(Message("a numpy array whose size does not match its data"))
        self.numbers = np.frombuffer(data, dtype).reshape(shape, order=order)
        return self


class Bytes(Protocol):
    """The part of the file interface that unpickling needs."""

    def read(self, size: int, /) -> bytes:
        """Read up to ``size`` bytes."""
        ...

    def readline(self) -> bytes:
        """Read to the end of the line."""
        ...


class UnsafePickleError(Exception):
    """The pickle calls something that no checkpoint needs; the text is its name."""


class PlainDict(dict[Any, Any]):
    """An ordered dictionary that ignores attributes set by the pickle."""

    def __setstate__(self, state: object) -> None:
        pass


class _NotCallable(type):
    """Metaclass of classes whose objects can be restored with ``__new__`` but not created by a call."""

    def __call__(cls, *_: object) -> Any:
        raise UnsafePickleError(cls.__name__)


class Skipped(metaclass=_NotCallable):
    """Placeholder for an object of a foreign class; ignores all state that the pickle gives it."""

    def __new__(cls, *_: object, **__: object) -> Self:
        return object.__new__(cls)

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def append(self, value: object) -> None:
        """Ignored."""

    def extend(self, values: object) -> None:
        """Ignored."""

    def add(self, value: object) -> None:
        """Ignored."""

    def __hash__(self) -> int:
        return id(self)


class AllowedFunction:
    """A function that a pickle is allowed to call."""

    __slots__ = ("build",)

    def __init__(self, build: Callable[..., Any]) -> None:
        self.build = build

    def __call__(self, *arguments: Any) -> Any:
        return self.build(*arguments)

    def __setstate__(self, state: object) -> None:
        raise UnsafePickleError(Message("a function's own state"))


def skipped(name: str) -> Any:
    """A placeholder for an object of the class ``name``."""
    placeholder: Any = _NotCallable(name, (Skipped,), {})
    return object.__new__(placeholder)


class Reader(pickle._Unpickler):  # the C version allocates whatever size the bytes ask for
    """Reads one pickle; ``names`` collects the classes and functions it names that are not built."""

    def __init__(self, file: Bytes) -> None:
        super().__init__(file, encoding="latin1")
        self.names: list[str] = []

    def find_class(self, module: str, name: str) -> Any:
        """The replacement for ``module.name``; nothing is imported."""
        full = f"{OLD_NAMES.get(module, module)}.{name}"
        if full in BUILDERS:
            return BUILDERS[full]
        if module in ("torch", "torch.cuda", "torch.storage") and name in DTYPES:
            return DTYPES[name]
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        self.names.append(full)
        if full in RANDOM_STATES:
            return AllowedFunction(lambda *given: _generator(full, given))
        if full in INERT:
            return AllowedFunction(lambda *_: skipped(full))
        return _NotCallable(full, (Skipped,), {})

    def persistent_load(self, pid: Any) -> Storage:
        """The storage that a persistent id describes. Raises pickle.UnpicklingError if it is malformed."""
        kind, dtype, key, _, size, *view = pid
        if kind != "storage" or not isinstance(dtype, torch.dtype) or not isinstance(size, int) or size < 0:
            raise pickle.UnpicklingError(Message("an unknown storage type"))
        if view and view[0] is not None:
            _, start, size = view[0]
            return Storage(str(key), dtype, int(size), int(start))
        return Storage(str(key), dtype, size)


def read_pickle(file: Bytes, origin: str) -> tuple[Any, list[str]]:
    """Read one pickle from the current position of ``file``; returns the object and the names that were not built.

    Raises StanceError, which names the file ``origin``, if the pickle calls anything or is damaged.
    """
    reader = Reader(file)
    try:
        return reader.load(), reader.names
    except UnsafePickleError as name:
        refuse_split_weights(None, reader.names, origin)  # such tensors call functions of PyTorch
        raise StanceError(
            "{file} is refused: opening it would call {name}; wanted a file with weights only.",
            file=origin,
            name=foreign(name),
        ) from None
    except PICKLE_ERRORS as error:
        ours = error.args[:1] if error.args and isinstance(error.args[0], Message) else ()
        reason = ours[0] if ours else Message("its pickle data is damaged")
        raise StanceError(
            "{file} cannot be read as PyTorch weights ({reason}): it is truncated or not such a file.",
            file=origin,
            reason=reason,
        ) from None


def read_bytes(data: bytes, origin: str) -> tuple[Any, list[str]]:
    """``read_pickle`` for bytes in memory."""
    return read_pickle(io.BytesIO(data), origin)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> LazyTensor:
    """``torch._utils._rebuild_tensor_v2``: a view of a storage; one larger than its storage is refused."""
    numbers = (offset, *shape, *strides)
    if not isinstance(storage, Storage) or not all(isinstance(n, int) and n >= 0 for n in numbers):
        raise pickle.UnpicklingError(Message("a tensor without storage"))
    if len(shape) != len(strides) or len(shape) > 8:
        raise pickle.UnpicklingError(Message("a tensor whose strides do not match its shape"))
    lazy = LazyTensor(storage, offset, tuple(shape), tuple(strides))
    end = offset + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True)) + 1
    if 0 not in shape and (end > storage.size or lazy.bytes > storage.size * storage.dtype.itemsize):
        raise pickle.UnpicklingError(Message("a tensor larger than its storage"))
    return lazy


def _from_type(function: Any, _kind: Any, arguments: Any, _state: Any) -> Any:
    """``torch._tensor._rebuild_from_type_v2``: a tensor with attributes, which are ignored."""
    if not isinstance(function, AllowedFunction):
        raise UnsafePickleError(getattr(function, "__name__", str(function)))
    return function(*arguments)


class _Method:
    """A method of a layer that a pickle names; it can neither be called nor changed."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        raise UnsafePickleError(Message("a method's own state"))


def _layer_method(owner: Any, name: Any, *_: Any) -> Any:
    """``getattr`` as Ultralytics' pose models use it: the method ``forward`` of one of Ultralytics' layers."""
    kind = owner.__name__ if isinstance(owner, _NotCallable) else ""
    if not kind.startswith("ultralytics.nn.modules.") or name != "forward":
        raise UnsafePickleError("builtins.getattr")
    return _Method()


def _generator(name: str, given: tuple[Any, ...]) -> Any:
    """A placeholder for a random generator; the class that numpy would call for it must be numpy's own."""
    for kind in given:
        if isinstance(kind, _NotCallable) and not kind.__name__.startswith("numpy.random."):
            raise UnsafePickleError(kind.__name__)
    return skipped(name)


def _encode(text: Any, codec: Any = "", *_: Any) -> Any:
    """``_codecs.encode`` as older pickles use it: bytes stored as Latin-1 text."""
    return text.encode("latin1") if isinstance(text, str) and codec in ("latin1", "latin-1") else skipped("encode")


def _from_buffer(data: Any, kind: Any, shape: Any, order: Any, *_: Any) -> Array:
    """``numpy._core.numeric._frombuffer``: an array in a pickle of protocol 5."""
    return Array().fill(data, kind, shape, order)


BUILDERS: Mapping[str, AllowedFunction] = {
    "builtins.getattr": AllowedFunction(_layer_method),
    "_codecs.encode": AllowedFunction(_encode),
    "collections.OrderedDict": AllowedFunction(lambda pairs=(): PlainDict(pairs)),
    "numpy.dtype": AllowedFunction(NumpyType),
    "numpy.core.multiarray._reconstruct": AllowedFunction(Array),
    "numpy._core.multiarray._reconstruct": AllowedFunction(Array),
    "numpy.core.numeric._frombuffer": AllowedFunction(_from_buffer),
    "numpy._core.numeric._frombuffer": AllowedFunction(_from_buffer),
    "torch._utils._rebuild_tensor": AllowedFunction(_tensor),
    "torch._utils._rebuild_tensor_v2": AllowedFunction(_tensor),
    "torch._utils._rebuild_parameter": AllowedFunction(lambda tensor, *_: tensor),
    "torch._utils._rebuild_parameter_with_state": AllowedFunction(lambda tensor, *_: tensor),
    "torch._tensor._rebuild_from_type_v2": AllowedFunction(_from_type),
}
"""Replacements for the functions with which PyTorch builds tensors and numpy builds arrays, by full name."""
