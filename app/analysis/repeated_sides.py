"""The angle of both sides of which repetitions are counted, where the joint is in the picture.

The place of a joint outside the picture is a guess: of somebody who walks out, the knees seem to bend at its edge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]
Size = tuple[int, int]
"""(width, height) of the pictures, in pixels; (0, 0) if it is unknown."""


def repeated_sides(
    names: tuple[str, ...], values: Values, repeated: str, keypoints: Floats, skeleton: Skeleton, size: Size
) -> tuple[Values, Values]:
    """The angle of the left and of the right side, (T,) each, in degrees.

    NaN where a joint is outside the picture; all NaN for a side that does not count.

    Args:
        names: The A names of the angles.
        values: (T, A), in degrees, NaN where unknown.
        repeated: A joint, of which both sides count, or an angle of one side.
        keypoints: (T, K, 3), x y score in pixels.
        skeleton: The skeleton of the K keypoints.
        size: (width, height) of the pictures; (0, 0) if it is unknown, where every joint counts as inside.
    """
    left, right = (
        np.where(is_outside(name, keypoints, skeleton, size), np.nan, values[:, names.index(name)])
        if (name := f"{side} {repeated.removeprefix(f'{side} ')}") in names
        and repeated in (name, name.removeprefix(f"{side} "))
        else np.full(len(values), np.nan)
        for side in ("left", "right")
    )
    return left, right


def is_outside(angle: str, keypoints: Floats, skeleton: Skeleton, size: Size) -> NDArray[np.bool_]:
    """The frames (T,) in which the joint of ``angle``, such as the left knee, is outside a picture of ``size``.

    ``keypoints`` (T, K, 3) are x y score in pixels. The other ends of the angle may be outside: feet that a camera cuts
    off do not keep the knees from being counted.
    """
    joint = angle.replace(" ", "_")
    if size == (0, 0) or joint not in skeleton.names:
        return np.zeros(len(keypoints), bool)
    places = keypoints[:, skeleton.names.index(joint), :2]
    return np.asarray(((places < -0.5) | (places > np.array(size) - 0.5)).any(axis=1))


def counted_sides(
    left: float, right: float, joint: str, keypoints: Floats, skeleton: Skeleton, size: Size
) -> tuple[float, float]:
    """The angles ``left`` and ``right`` of ``joint`` in one frame, NaN for a side whose joint is outside the picture.

    ``keypoints`` (K, 3) are x y score in pixels, ``size`` is (width, height) of the picture.
    """
    of = joint.removeprefix("left ").removeprefix("right ")
    outside = [bool(is_outside(f"{side} {of}", keypoints[None], skeleton, size)[0]) for side in ("left", "right")]
    return (float("nan") if outside[0] else left), (float("nan") if outside[1] else right)
