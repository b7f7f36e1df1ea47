"""The binary part of a glTF file: arrays one after the other, and what describes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pygltflib import (
    ARRAY_BUFFER,
    FLOAT,
    MAT4,
    SCALAR,
    UNSIGNED_BYTE,
    VEC3,
    VEC4,
    Accessor,
    BufferView,
)

COMPONENTS = {np.dtype(np.float32): FLOAT, np.dtype(np.uint8): UNSIGNED_BYTE}
KINDS = {(): SCALAR, (3,): VEC3, (4,): VEC4, (4, 4): MAT4}
ALIGNMENT = 4
"""Bytes: every array begins at a multiple of the size of its numbers, glTF 2.0, 3.6.2.4."""


class GlbBuffer:
    """Collects arrays; ``data`` are their bytes, ``views`` and ``accessors`` describe them, one each per array."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[BufferView] = []
        self.accessors: list[Accessor] = []

    def add(
        self, values: NDArray[np.float32] | NDArray[np.uint8], *, is_vertex: bool = False, has_bounds: bool = False
    ) -> int:
        """Append ``values`` (N,), (N, 3), (N, 4) or (N, 4, 4); returns the number of its accessor.

        ``is_vertex``: they belong to corners of a mesh. ``has_bounds``: the smallest and largest values are written,
        which the format wants of places of corners and of times.
        """
        target = ARRAY_BUFFER if is_vertex else None
        self.views.append(BufferView(buffer=0, byteOffset=len(self.data), byteLength=values.nbytes, target=target))
        self.data += values.astype(values.dtype.newbyteorder("<")).tobytes()
        self.data += bytes(-len(self.data) % ALIGNMENT)
        accessor = Accessor(
            bufferView=len(self.views) - 1,
            componentType=COMPONENTS[values.dtype],
            count=len(values),
            type=KINDS[values.shape[1:]],
        )
        if has_bounds:
            accessor.min = np.atleast_1d(values.min(axis=0)).tolist()
            accessor.max = np.atleast_1d(values.max(axis=0)).tolist()
        self.accessors.append(accessor)
        return len(self.accessors) - 1
