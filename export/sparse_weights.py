"""Weights that a TensorFlow Lite file stores without their zeros."""

from __future__ import annotations

from typing import Any

import numpy as np
import tflite

VECTORS: dict[int, Any] = {
    tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
    tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
    tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
}

Numbers = np.ndarray[Any, Any]


def densify(values: Numbers, shape: tuple[int, ...], sparsity: Any) -> Numbers:
    """The tensor of ``shape`` with the non-zero ``values``, which lie as ``sparsity`` states.

    The format is that of the tensor algebra compiler TACO (Kjolstad et al., 2017): the dimensions are gone through in
    ``TraversalOrder``, those of blocks after those of the tensor, and each is dense or compressed.

    Raises:
        ValueError: The parts do not fit together.
    """
    order = [int(dimension) for dimension in sparsity.TraversalOrderAsNumpy()]
    blocks = sparsity.BlockMapAsNumpy()
    blocked = [int(dimension) for dimension in blocks] if isinstance(blocks, np.ndarray) else []
    if sorted(order) != list(range(len(shape) + len(blocked))) or sparsity.DimMetadataLength() != len(order):
        raise ValueError("the order of the dimensions of sparse weights is not valid")
    found: dict[int, Numbers] = {}
    sizes: dict[int, int] = {}
    rows = 1
    for level, dimension in enumerate(order):
        parents, places = _places(sparsity.DimMetadata(level), rows, int(np.prod(shape)))
        found = {known: columns[parents] for known, columns in found.items()} | {dimension: places}
        sizes[dimension] = sparsity.DimMetadata(level).DenseSize()
        rows = len(places)
    index = []
    for dimension in range(len(shape)):
        place = found[dimension]
        if dimension in blocked:
            block = len(shape) + blocked.index(dimension)
            place = place * sizes[block] + found[block]
        index.append(place)
    dense = np.zeros(shape, values.dtype)
    dense[tuple(index)] = values
    return dense


def _places(metadata: Any, rows: int, most: int) -> tuple[Numbers, Numbers]:
    """For each entry of a level: the number of the entry of the level above, and the place in this dimension.

    ``rows`` is the number of entries of the level above, ``most`` the largest that a level can have.
    """
    if metadata.Format() == tflite.DimensionType.DENSE:
        size = metadata.DenseSize()
        if not 0 < size * rows <= most:
            raise ValueError("sparse weights have another number of values than they state")
        return np.repeat(np.arange(rows), size), np.tile(np.arange(size), rows)
    segments = _vector(metadata.ArraySegmentsType(), metadata.ArraySegments())
    places = _vector(metadata.ArrayIndicesType(), metadata.ArrayIndices())
    counts = np.diff(segments)
    if len(counts) != rows or (counts < 0).any() or counts.sum() != len(places):
        raise ValueError("the segments of sparse weights are not valid")
    return np.repeat(np.arange(rows), counts), places


def _vector(kind: int, table: Any) -> Numbers:
    vector = VECTORS[kind]()
    vector.Init(table.Bytes, table.Pos)
    return np.asarray(vector.ValuesAsNumpy(), np.int64)
