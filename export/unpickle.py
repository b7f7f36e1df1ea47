"""Reading the pickles of PyTorch without running them.

A pickle is a program: it may name anything that can be imported, and call it. Here nothing is imported and nothing is
called but a few functions of this file that stand for those with which PyTorch puts its tensors together. Objects of
other classes become ``Skipped``; a pickle that calls anything is refused.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import torch

from app.errors import StanceError

MOST_BYTES = 256 * 1024**2
"""No pickle is read beyond this size: weights lie beside it, not in it."""

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

INERT = {
    "_codecs.encode",
    "builtins.set",
    "builtins.frozenset",
    "builtins.bytearray",
    "builtins.complex",
    "collections.deque",
    "collections.defaultdict",
    "copyreg._reconstructor",
    "datetime.date",
    "datetime.datetime",
    "datetime.timedelta",
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
"""What training programs leave beside the weights; a call of these is read over like an object of a strange class."""

OLD_NAMES = {"__builtin__": "builtins", "copy_reg": "copyreg"}
"""What Python 2 called these modules; pickles of its time, and PyTorch's of today, still do."""

BROKEN = (
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
"""What the standard library raises for a pickle that is none; strangers' bytes can bring it to any of these."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers that lie elsewhere in the file: ``size`` of them from ``start`` on in the piece called ``key``."""

    key: str
    dtype: torch.dtype
    size: int
    start: int = 0

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a storage with a state")


@dataclass(frozen=True, slots=True)
class Lazy:
    """A tensor whose numbers have not been read."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def __setstate__(self, state: object) -> None:
        # What has been checked stays as it is.
        raise pickle.UnpicklingError("a tensor with a state")

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        count = 1
        for side in self.shape:
            count *= side
        return count * self.storage.dtype.itemsize


class Bytes(Protocol):
    """As much of a file as a pickle needs."""

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes."""
        ...

    def readline(self) -> bytes:
        """Up to the end of the line."""
        ...


class Hostile(Exception):  # noqa: N818 - becomes a sentence that names the file
    """The pickle calls what no checkpoint needs; the text is its name."""


class Mapped(dict[Any, Any]):
    """An ordered dictionary; what a pickle would set on the object itself is left out."""

    def __setstate__(self, state: object) -> None:
        pass


class _Refusing(type):
    """Classes that can be made without a call, as objects are restored, but not by one."""

    def __call__(cls, *_: object) -> Any:
        raise Hostile(cls.__name__)


class Skipped(metaclass=_Refusing):
    """Stands for an object of a class that is not built; takes whatever a pickle puts into it."""

    def __new__(cls, *_: object, **__: object) -> Self:
        return object.__new__(cls)

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def append(self, value: object) -> None:
        """Left out."""

    def extend(self, values: object) -> None:
        """Left out."""

    def add(self, value: object) -> None:
        """Left out."""

    def __hash__(self) -> int:
        return id(self)


class Known:
    """A function that a pickle may call."""

    __slots__ = ("build",)

    def __init__(self, build: Callable[..., Any]) -> None:
        self.build = build

    def __call__(self, *arguments: Any) -> Any:
        return self.build(*arguments)

    def __setstate__(self, state: object) -> None:
        raise Hostile("a function's own state")


def skipped(name: str) -> Any:
    """An object of the class called ``name`` that was not built."""
    strange: Any = _Refusing(name, (Skipped,), {})
    return object.__new__(strange)


class Reader(pickle._Unpickler):  # the one in C sets memory aside for whatever a stranger's bytes ask for
    """Reads one pickle; ``names`` collects everything outside this file that it mentions."""

    def __init__(self, file: Bytes) -> None:
        super().__init__(file, encoding="latin1")
        self.names: list[str] = []

    def find_class(self, module: str, name: str) -> Any:
        """What stands for ``module.name`` here; nothing is imported."""
        full = f"{OLD_NAMES.get(module, module)}.{name}"
        if full in BUILDERS:
            return BUILDERS[full]
        if module in ("torch", "torch.cuda", "torch.storage") and name in DTYPES:
            return DTYPES[name]
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        self.names.append(full)
        if full in INERT:
            return Known(lambda *_: skipped(full))
        return _Refusing(full, (Skipped,), {})

    def persistent_load(self, pid: Any) -> Storage:
        """A tensor's storage."""
        kind, dtype, key, _, size, *view = pid
        if kind != "storage" or not isinstance(dtype, torch.dtype) or not isinstance(size, int) or size < 0:
            raise pickle.UnpicklingError("an unknown kind of storage")
        if view and view[0] is not None:
            _, start, size = view[0]
            return Storage(str(key), dtype, int(size), int(start))
        return Storage(str(key), dtype, size)


def read_pickle(file: Bytes, origin: str) -> tuple[Any, list[str]]:
    """One pickle from where ``file`` stands, and the names it mentions that were not built.

    Raises StanceError where it calls something, or is none.
    """
    reader = Reader(file)
    try:
        return reader.load(), reader.names
    except Hostile as name:
        raise StanceError(
            f"{origin} is refused: opening it would call {name}, and weights call nothing; "
            "wanted a file of weights alone."
        ) from None
    except BROKEN as error:
        reason = str(error) or type(error).__name__
        raise StanceError(f"{origin} cannot be read as PyTorch weights ({reason}): it is cut off or none.") from None


def read_bytes(data: bytes, origin: str) -> tuple[Any, list[str]]:
    """``read_pickle`` for bytes in memory."""
    return read_pickle(io.BytesIO(data), origin)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Lazy:
    """``torch._utils._rebuild_tensor_v2``: a tensor is a view of its storage, and never larger than that."""
    numbers = (offset, *shape, *strides)
    if not isinstance(storage, Storage) or not all(isinstance(n, int) and n >= 0 for n in numbers):
        raise pickle.UnpicklingError("a tensor without storage")
    if len(shape) != len(strides) or len(shape) > 8:
        raise pickle.UnpicklingError("a tensor whose strides do not fit its shape")
    lazy = Lazy(storage, offset, tuple(shape), tuple(strides))
    reach = offset + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True)) + 1
    if 0 not in shape and (reach > storage.size or lazy.bytes > storage.size * storage.dtype.itemsize):
        raise pickle.UnpicklingError("a tensor larger than its storage")
    return lazy


def _from_type(function: Any, _kind: Any, arguments: Any, _state: Any) -> Any:
    """``torch._tensor._rebuild_from_type_v2``: a tensor with attributes, which are left out."""
    if not isinstance(function, Known):
        raise Hostile(getattr(function, "__name__", str(function)))
    return function(*arguments)


BUILDERS: Mapping[str, Known] = {
    "collections.OrderedDict": Known(lambda pairs=(): Mapped(pairs)),
    "torch._utils._rebuild_tensor": Known(_tensor),
    "torch._utils._rebuild_tensor_v2": Known(_tensor),
    "torch._utils._rebuild_parameter": Known(lambda tensor, *_: tensor),
    "torch._utils._rebuild_parameter_with_state": Known(lambda tensor, *_: tensor),
    "torch._tensor._rebuild_from_type_v2": Known(_from_type),
}
"""The functions with which PyTorch puts tensors together, and what stands for them here."""
