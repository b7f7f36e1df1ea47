"""Rotations of many frames at once, as matrices (T, 3, 3), as Euler angles and as quaternions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

SMALL = 1e-9
"""Vectors shorter than this, in meters, have no direction."""


def unit(vectors: Values) -> Values:
    """``vectors`` (..., 3) with length 1; NaN where they have no direction."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(np.divide(vectors, lengths, out=np.full_like(vectors, np.nan), where=lengths > SMALL))


def shortest(start: Values, ends: Values) -> Values:
    """The rotations (T, 3, 3) by the smallest angle that turn ``start`` (3,) to ``ends`` (T, 3), all of length 1.

    Rodrigues' formula. The opposite of ``start`` is reached around an axis that is the same in all frames.
    """
    cosine = ends @ start
    axis = np.cross(np.broadcast_to(start, ends.shape), ends)
    cross = _cross_matrices(axis)
    opposite = cosine < -1 + 1e-12
    factor = 1 / np.where(opposite, 1.0, 1 + cosine)
    found = np.eye(3) + cross + cross @ cross * factor[:, None, None]
    around = unit(np.cross(start, np.eye(3)[int(np.argmin(np.abs(start)))]))
    found[opposite] = 2 * np.outer(around, around) - np.eye(3)
    return np.asarray(found)


def frames_of(first: Values, second: Values) -> Values:
    """Matrices (T, 3, 3) whose columns are the direction of ``first`` (T, 3), that of ``second`` without its part along
    ``first``, and the direction at right angles to both; NaN where these are not known.
    """
    one = unit(first)
    two = unit(second - one * (one * second).sum(-1, keepdims=True))
    return np.stack([one, two, np.cross(one, two)], axis=-1)


def euler_zxy(matrices: Values) -> Values:
    """Angles (T, 3) in degrees around z, x and y, so that ``matrices`` (T, 3, 3) = Rz Rx Ry.

    Of the two triples that give the same rotation the one nearer to the frame before is taken, and turns go on past
    180 degrees, so that a curve through the angles has no jumps.
    """
    x = np.arcsin(np.clip(matrices[:, 2, 1], -1, 1))
    y = np.arctan2(-matrices[:, 2, 0], matrices[:, 2, 2])
    z = np.arctan2(-matrices[:, 0, 1], matrices[:, 1, 1])
    angles = np.degrees(np.stack([z, x, y], axis=1))
    others = np.stack([angles[:, 0] + 180, 180 - angles[:, 1], angles[:, 2] + 180], axis=1)
    for row in range(1, len(angles)):
        before = angles[row - 1]
        near, far = (one + 360 * np.round((before - one) / 360) for one in (angles[row], others[row]))
        angles[row] = near if np.abs(near - before).sum() <= np.abs(far - before).sum() else far
    return angles


def quaternions(matrices: Values) -> Values:
    """Quaternions (T, 4) x y z w of ``matrices`` (T, 3, 3), each on the same half as the one before.

    Shepperd's method: the largest component first.
    """
    m = matrices
    trace = np.trace(m, axis1=1, axis2=2)
    sizes = np.stack([*(1 + 2 * m[:, i, i] - trace for i in range(3)), 1 + trace], axis=1)
    rows = np.arange(len(m))
    largest = sizes.argmax(axis=1)
    found = np.empty((len(m), 4, 4))
    off = [m[:, 2, 1] - m[:, 1, 2], m[:, 0, 2] - m[:, 2, 0], m[:, 1, 0] - m[:, 0, 1]]
    sums = {(i, j): m[:, i, j] + m[:, j, i] for i in range(3) for j in range(3)}
    for i in range(3):
        found[:, i, :3] = np.stack([sizes[:, i] if i == j else sums[i, j] for j in range(3)], axis=1)
        found[:, i, 3] = found[:, 3, i] = off[i]
    found[:, 3, 3] = sizes[:, 3]
    chosen = found[rows, largest]
    chosen /= np.linalg.norm(chosen, axis=1, keepdims=True)
    flips = np.cumprod(np.where((chosen[1:] * chosen[:-1]).sum(axis=1) < 0, -1.0, 1.0))
    chosen[1:] *= flips[:, None]
    return chosen


def held(values: Values) -> Values:
    """``values`` (T, ...) in which rows with NaN are those before them, and at the beginning the first known one.

    Zeros if no row is known.
    """
    known = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
    if not known.any():
        return np.zeros_like(values)
    rows = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.asarray(values[np.where(rows < 0, int(known.argmax()), rows)])


def _cross_matrices(vectors: Values) -> Values:
    """Matrices (T, 3, 3) that multiply by the cross product with ``vectors`` (T, 3)."""
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
