"""Detectors of one square size made to take smaller ones: nothing is computed for a wide or a tall picture's padding.

A fully convolutional network depends on its size through constants alone: the places of its cells, their number, and
the shapes that it cuts its picture into. Here it works them out from the picture that it is given.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.detect.heads import STRIDES, cells
from app.errors import StanceError
from app.runtime import DTYPES, Network, open_network
from app.zoo.cache import any_size_place, workshop
from app.zoo.catalogue import sha256_of

if TYPE_CHECKING:
    import onnx

SIDE_KEY = "stance.side"
"""Metadata of what is made here: the side of the square that the network took before, in pixels."""

STEP = max(STRIDES)
"""Width and height are multiples of this."""

LARGEST = 2048
MOST_BYTES = 512 * 2**20
OLDEST_OPSET = 11
"""Before it the ends of a slice cannot be computed."""

log = logging.getLogger(__name__)


def any_size(path: Path) -> Path | None:
    """The network in ``path`` for pictures of any size up to its own, in multiples of ``STEP``, or None.

    It is made and compared with the original once. The cache keeps it, or an empty file where there is none.
    """
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return None
        kept = any_size_place(sha256_of(path))
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            with workshop(kept.parent) as folder:
                made = folder / kept.name
                made.write_bytes(_made(path, folder / "tried.onnx"))
                made.replace(kept)
        return kept if kept.stat().st_size else None
    except (OSError, StanceError) as error:
        log.warning("%s stays at its own size: %s", path.name, error)
        return None


def _made(path: Path, tried: Path) -> bytes:
    """The new network, which was written to ``tried`` to be compared with ``path``; empty where it cannot be made."""
    # It takes a third of a second to import, and only a network that was never seen before needs it.
    import onnx

    try:
        model = onnx.load(path, load_external_data=False)
        side = _side(model)
        if side and _free(model, side):
            data: bytes = model.SerializeToString()
            tried.write_bytes(data)
            if _alike(path, tried, side):
                return data
            log.info("%s stays at its own size: it answers otherwise in another", path.name)
    except Exception as error:  # noqa: BLE001 - whatever is odd about it, the original is opened, and tells
        log.info("%s stays at its own size: %s", path.name, error)
    return b""


def _side(model: onnx.ModelProto) -> int:
    """The side of the squares that ``model`` takes; 0 where it takes anything else, or lies in several files."""
    old = any(opset.domain == "" and opset.version < OLDEST_OPSET for opset in model.opset_import)
    spread = any(weight.external_data for weight in model.graph.initializer)
    if len(model.graph.input) != 1 or old or spread:
        return 0
    shape = [size.dim_value for size in model.graph.input[0].type.tensor_type.shape.dim]
    square = len(shape) == 4 and shape[2] == shape[3] and shape[2] % STEP == 0
    return shape[2] if square and 0 < shape[2] <= LARGEST else 0


def _free(model: onnx.ModelProto, side: int) -> bool:
    """Let ``model`` take any size up to its own; whether anything in it that belongs to cells follows the size now."""
    graph, total = model.graph, cells((side, side))
    sizes = _Sizes(graph, side)
    shapes = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    replaced: set[str] = set()
    follows = False
    for name, value in _constants(graph):
        if value.dtype.kind == "f" and value.ndim > 1 and value.shape[:-1] in ((total,), (1, total)):
            sizes.corners(name, value)
            follows = True
        elif value.dtype == np.int64 and value.shape == (1,) and value.item() == total:
            sizes.count(name)
        elif name in shapes and side // 2 in value:
            sizes.halves(name, value)
        else:
            continue
        replaced.add(name)
    for output in graph.output:
        for size in output.type.tensor_type.shape.dim:
            if size.dim_value == total:
                size.dim_param = "cells"
                follows = True
    nodes = [*sizes.nodes, *(node for node in graph.node if not replaced & set(node.output))]
    weights = [weight for weight in graph.initializer if weight.name not in replaced]
    for field, content in ((graph.node, nodes), (graph.initializer, weights), (graph.value_info, [])):
        del field[:]
        field.extend(content)
    for axis, size in zip(("height", "width"), graph.input[0].type.tensor_type.shape.dim[2:], strict=True):
        size.dim_param = axis
    model.metadata_props.add(key=SIDE_KEY, value=str(side))
    return follows


def _constants(graph: onnx.GraphProto) -> Iterator[tuple[str, NDArray[Any]]]:
    """Names and values of what may depend on the size: all but the weights of convolutions."""
    from onnx import numpy_helper

    for weight in graph.initializer:
        if len(weight.dims) < 4:
            yield weight.name, numpy_helper.to_array(weight)
    for node in graph.node:
        for told in node.attribute:
            if node.op_type == "Constant" and told.name == "value" and not told.t.external_data:
                yield node.output[0], numpy_helper.to_array(told.t)


class _Sizes:
    """``nodes`` to go before those of ``graph``, which work out what constants say of a picture with ``side``."""

    def __init__(self, graph: onnx.GraphProto, side: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self._graph = graph
        self._side = side
        size = self._node("Slice", self._node("Shape", graph.input[0].name), self._tensor([2]), self._tensor([4]))
        self._half = self._node("Div", size, self._tensor([2]))
        self._grids = {stride: self._node("Div", size, self._tensor([stride])) for stride in STRIDES}

    def corners(self, name: str, value: NDArray[Any]) -> None:
        """``value`` (..., cells, C) for the cells that the picture covers of each grid."""
        parts, at = [], 0
        for stride, grid in self._grids.items():
            wide = self._side // stride
            whole = value.reshape(-1, value.shape[-1])[at : at + wide**2].reshape(wide, wide, -1)
            corner = self._node("Slice", self._tensor(whole), self._tensor([0, 0]), grid, self._tensor([0, 1]))
            parts.append(self._node("Reshape", corner, self._tensor([*value.shape[:-2], -1, value.shape[-1]])))
            at += wide**2
        self._node("Concat", *parts, to=name, axis=value.ndim - 2)

    def count(self, name: str) -> None:
        """How many cells the grids have together."""
        first, second, third = (self._node("ReduceProd", grid, keepdims=1) for grid in self._grids.values())
        self._node("Add", self._node("Add", first, second), third, to=name)

    def halves(self, name: str, value: NDArray[Any]) -> None:
        """The shape ``value``: where half a side stands in it, half the height the first time, then half the width."""
        places = np.flatnonzero(value == self._side // 2).tolist()
        parts = [self._tensor([size]) for size in value.tolist()]
        for axis, place in enumerate(places[:2]):
            parts[place] = self._node("Gather", self._half, self._tensor([axis]))
        self._node("Concat", *parts, to=name, axis=0)

    def _tensor(self, values: Any) -> str:
        from onnx import numpy_helper

        name = f"stance/{len(self._graph.initializer)}"
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def _node(self, kind: str, *inputs: str, to: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = to or f"stance/{kind}/{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name


def _alike(path: Path, made: Path, side: int) -> bool:
    """Whether both networks answer noise alike, and the answer of the new one follows the size of its picture.

    Raises StanceError where one of them fails.
    """

    def noise(network: Network, height: int, width: int) -> list[NDArray[Any]]:
        values = np.random.default_rng(0).integers(0, 256, (1, 3, height, width))
        return [values.astype(DTYPES.get(network.inputs[0].type, np.float32))]

    def follows(wanted: Sequence[int | None], answer: NDArray[Any], height: int, width: int) -> bool:
        shape = [cells((width, height)) if size == cells((side, side)) else size for size in wanted]
        return all(size in (None, got) for size, got in zip(shape, answer.shape, strict=True))

    old, new = (open_network(file, "cpu", lambda network: noise(network, side, side)) for file in (path, made))
    whole = noise(old, side, side)
    short = max(side * 5 // 8 // STEP, 1) * STEP
    return all(
        np.allclose(wanted, answer, rtol=1e-4, atol=1e-3, equal_nan=True)
        for wanted, answer in zip(old.run(whole), new.run(whole), strict=True)
    ) and all(
        follows(tensor.shape, answer, height, width)
        for height, width in ((short, side), (side, short))
        for tensor, answer in zip(old.outputs, new.run(noise(new, height, width)), strict=True)
    )
