"""Reads numbers of layers and channels from the names and shapes of weights."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.errors import ExplainedError
from app.core.message import Message

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]


class UnknownArchitecture(ExplainedError):  # noqa: N818 - internal: becomes a StanceError that names the file
    """The weights fit no supported network, or not this one; the text is the reason."""


def require(shapes: Shapes, *names: str) -> None:
    """Raise UnknownArchitecture unless each of ``names`` is a weight, or a module that has weights."""
    for name in names:
        if name not in shapes and not any(other.startswith(f"{name}.") for other in shapes):
            raise UnknownArchitecture("no {name}", name=name)


def conv(shapes: Shapes, name: str) -> Shape:
    """The shape (outputs, inputs, side, side) of convolution ``name``; only square kernels are accepted."""
    shape = shapes.get(f"{name}.weight", ())
    if len(shape) != 4 or 0 in shape or shape[2] != shape[3]:
        raise UnknownArchitecture(
            "{name}.weight is {found}, which is not a square convolution", name=name, found=_found(shape)
        )
    return shape


def linear(shapes: Shapes, name: str) -> Shape:
    """The shape (outputs, inputs) of linear layer ``name``."""
    shape = shapes.get(f"{name}.weight", ())
    if len(shape) != 2 or 0 in shape:
        raise UnknownArchitecture(
            "{name}.weight is {found}, which is not a linear layer", name=name, found=_found(shape)
        )
    return shape


def vector(shapes: Shapes, name: str) -> int:
    """The length of the one-dimensional weight ``name``."""
    shape = shapes.get(name, ())
    if len(shape) != 1 or 0 in shape:
        raise UnknownArchitecture("{name} is {found}, which is not one row", name=name, found=_found(shape))
    return shape[0]


def count(shapes: Shapes, prefix: str, start: int = 0) -> int:
    """Length of the sequence ``prefix`` + start, start + 1, ... without a gap."""
    present = {name.removeprefix(prefix).partition(".")[0] for name in shapes if name.startswith(prefix)}
    number = start
    while str(number) in present:
        number += 1
    return number - start


def part(shapes: Shapes, prefix: str) -> dict[str, Shape]:
    """The weights whose names begin with ``prefix`` and a dot, without both."""
    return {name[len(prefix) + 1 :]: shape for name, shape in shapes.items() if name.startswith(f"{prefix}.")}


def _found(shape: Shape) -> str:
    return str(list(shape)) if shape else Message("missing")
