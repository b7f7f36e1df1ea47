"""Compares the outputs of a converted Ultralytics network with those of the original."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from export.verify import open_on_cpu

FINAL_COLUMNS = 6
"""Columns of a final detection row: x0 y0 x1 y1 score class; a pose follows."""
TIE = 1e-5
"""Rows whose scores differ by less may come in any order."""


def is_final(outputs: Floats, values: int) -> bool:
    """Whether ``outputs`` (N, rows, columns) are final rows; ``values`` is the number of values of a pose, 0 if none.

    Others are (N, 4 + classes + values, anchors).
    """
    return outputs.shape[2] == FINAL_COLUMNS + values


def largest_difference(folder: Path, values: int = 0, per_keypoint: int = 3) -> float:
    """The largest difference on all inputs: of coordinates relative to the largest one, of scores absolute.

    ``folder`` contains the network and the child's inputs and outputs. A pose has ``values`` values, ``per_keypoint``
    for each keypoint.
    """
    wanted, got = [], []
    with np.load(folder / "inputs.npz") as inputs, np.load(folder / "outputs.npz") as outputs:
        network = open_on_cpu(folder / "detector.onnx", inputs[inputs.files[0]].shape)
        for name in inputs.files:
            wanted.append(outputs[name])
            got.append(network.run([inputs[name]])[0])
    if any(one.shape != other.shape or not np.isfinite(other).all() for one, other in zip(wanted, got, strict=True)):
        return float("inf")
    one, other = np.concatenate(wanted), np.concatenate(got)
    if is_final(one, values):
        return _final_difference(one, other, _coordinates(one.shape[2], values, per_keypoint))
    return _difference(one, other, _coordinates(one.shape[1], values, per_keypoint))


def _coordinates(columns: int, values: int, per_keypoint: int) -> NDArray[np.bool_]:
    """Which of the ``columns`` (M,) are coordinates: those of the box, and x y of the keypoints at the end."""
    chosen = np.arange(columns) < 4
    first = columns - values
    chosen[first::per_keypoint] = values > 0
    chosen[first + 1 :: per_keypoint] = values > 0
    return chosen


def _difference(wanted: Floats, got: Floats, coordinates: NDArray[np.bool_]) -> float:
    """The largest difference of outputs (N, columns, anchors)."""
    others = np.abs(got[:, ~coordinates] - wanted[:, ~coordinates]).max(initial=0)
    return max(_relative_difference(wanted[:, coordinates], got[:, coordinates]), float(others))


def _final_difference(wanted: Floats, got: Floats, coordinates: NDArray[np.bool_]) -> float:
    """The same for final rows (N, rows, columns), sorted by score; of rows with tied scores only these are compared."""
    distinct = np.abs(np.diff(wanted[..., 4], axis=1)) > TIE
    # The last row may tie with one beyond the end.
    untied = np.pad(distinct, ((0, 0), (1, 0)), constant_values=True) & np.pad(distinct, ((0, 0), (0, 1)))
    if (wanted[untied, 5] != got[untied, 5]).any():
        return float("inf")
    scores = float(np.abs(wanted[..., 4] - got[..., 4]).max())
    return max(scores, _difference(wanted[untied][..., None], got[untied][..., None], coordinates))


def _relative_difference(wanted: Floats, got: Floats) -> float:
    """The largest difference relative to the largest magnitude."""
    return float(np.abs(got - wanted).max(initial=0) / np.abs(wanted).max(initial=1e-12))
