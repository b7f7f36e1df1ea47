"""Whether hands and feet that move fast are smeared, because the exposure is too long."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from math import inf

import cv2
import numpy as np
from numpy.typing import NDArray

from app.analysis.checks.finding import Finding, Namer, names_of
from app.core.message import Message
from app.core.people import Floats, Frame, FramePoses, Image, Person
from app.core.skeleton import Skeleton

LIMBS = (
    ("left_elbow", "left_wrist"),
    ("right_elbow", "right_wrist"),
    ("left_knee", "left_ankle"),
    ("right_knee", "right_ankle"),
)
INWARD = 0.2
"""A patch lies this fraction of the limb inward from its end."""
HEIGHT = 200.0
"""Patches are scaled to a body of this many pixels, so that a pixel is half a percent of its height."""
MIN_SIZE = 130.0
"""Smallest body in pixels that is looked at: enlarged further, every picture is blurred."""
PATCH = 32
"""Side of a patch in such pixels."""
NEAR, FAR = 2, 8
"""Distances in such pixels over which the picture's changes are compared."""
MIN_SPEED = 0.02
"""Smallest way from one frame to the next, as a fraction of the body's size, of a limb that is looked at."""
MIN_CHANGE = 12
"""Smallest difference in gray between two frames of a pixel that moves."""
MIN_PIXELS = 40
"""Smallest number of such pixels of a patch that is measured."""
BLURRED, SIDEWAYS = 0.2, 0.9
"""Largest sharpness of a blurred patch along its movement; and relative to that across the movement."""
MIN_PATCHES, MIN_SHARE = 8, 0.35
"""Number of patches from which a person is judged, and fraction of them that is blurred."""

Gray = NDArray[np.uint8]


class MotionBlur:
    """Measures the sharpness of hands and feet along their movement, over the last ``last_s`` seconds.

    A sharp edge changes the picture as much over one pixel as over several; smeared over a length, the change over a
    short distance is small against that over a long one. Compared are the mean squared differences of pixels ``NEAR``
    and ``FAR`` apart (the structure function of the picture), where the picture has changed since the last frame.
    ``samples`` say by id when, in seconds, and whether a patch is blurred.
    """

    def __init__(self, skeleton: Skeleton, threshold: float, last_s: float = inf) -> None:
        names = skeleton.names
        self._limbs = [(names.index(a), names.index(b)) for a, b in LIMBS if a in names and b in names]
        self._threshold = threshold
        self._last_s = last_s
        self.samples: dict[int, deque[tuple[float, bool]]] = {}

    def add(self, before: tuple[Frame, FramePoses], frame: Frame, poses: FramePoses) -> None:
        """Look at ``frame``; ``before`` is the frame directly before it, with its people."""
        earlier = {person.id: person for person in before[1].people}
        for person in poses.people:
            if person.id in earlier:
                for sharpness in self._measure(before[0].image, frame.image, earlier[person.id], person):
                    patches = self.samples.setdefault(person.id, deque())
                    patches.append((frame.time_s, sharpness[0] < min(BLURRED, SIDEWAYS * sharpness[1])))
        for patches in self.samples.values():
            while patches and patches[0][0] < frame.time_s - self._last_s:
                patches.popleft()

    def findings(self, ids: Collection[int], name: Namer) -> list[Finding]:
        """A finding about those of the people ``ids`` whose fast movements are mostly blurred."""
        blurred = [number for number in ids if self._blurred_share(number) >= MIN_SHARE]
        if not blurred:
            return []
        message = Message(
            "{who}: hands or feet are blurred when they move. Use a shorter exposure time (1/250 s or less) and more "
            "light.",
            who=names_of(blurred, name),
        )
        return [Finding("blur", message, tuple(blurred))]

    def _blurred_share(self, number: int) -> float:
        patches = self.samples.get(number, ())
        return sum(blurred for _, blurred in patches) / len(patches) if len(patches) >= MIN_PATCHES else 0.0

    def _measure(self, image_before: Image, image: Image, before: Person, person: Person) -> list[tuple[float, float]]:
        """Sharpness along and across the movement of each limb of a person that moves fast enough."""
        size = float((person.box[2:] - person.box[:2]).max())
        measured: list[tuple[float, float]] = []
        if size < MIN_SIZE:
            return measured
        for joint, end in self._limbs:
            ends = np.stack([before.keypoints[[joint, end]], person.keypoints[[joint, end]]])
            step = ends[1, 1, :2] - ends[0, 1, :2]
            if ends[..., 2].min() < self._threshold or np.linalg.norm(step) < MIN_SPEED * size:
                continue
            center = ends[1, 1, :2] + INWARD * (ends[1, 0, :2] - ends[1, 1, :2])
            views = [_patch(each, center, step, HEIGHT / size) for each in (image_before, image)]
            if (found := sharpness_of(*views)) is not None:
                measured.append(found)
        return measured


def sharpness_of(before: Gray, now: Gray) -> tuple[float, float] | None:
    """Sharpness along x and y of what has changed between two patches (h, w); None if that is too little.

    About 0.25 for sharp edges, and the less the more they are smeared.
    """
    moving = cv2.absdiff(before, now) >= MIN_CHANGE
    if int(moving.sum()) < MIN_PIXELS:
        return None
    along, across = (
        [_mean_square(now.astype(np.float32), moving, distance, axis) for distance in (NEAR, FAR)] for axis in (1, 0)
    )
    return along[0] / max(along[1], 1e-6), across[0] / max(across[1], 1e-6)


def _mean_square(values: Floats, moving: NDArray[np.bool_], distance: int, axis: int) -> float:
    """Mean squared difference of values (h, w) that are ``distance`` apart along ``axis``, where either is moving."""
    count = values.shape[axis]
    first, second = range(count - distance), range(distance, count)
    differences = values.take(second, axis) - values.take(first, axis)
    return float((differences**2)[moving.take(first, axis) | moving.take(second, axis)].mean())


def _patch(image: Image, center: Floats, step: Floats, scale: float) -> Gray:
    """The gray surroundings (``PATCH``, ``PATCH``) of ``center`` in pixels, turned so that ``step`` points along x.

    ``scale`` enlarges; where it makes smaller, pixels are averaged.
    """
    half = 0.75 * PATCH / scale
    x0, y0 = (max(int(value - half), 0) for value in center)
    x1, y1 = (int(value + half) + 2 for value in center)
    crop = image[y0:y1, x0:x1]
    if not crop.size:
        return np.zeros((PATCH, PATCH), np.uint8)
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    if scale < 1:
        gray = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    zoom = max(scale, 1.0)
    at = (center - (x0, y0)) * min(scale, 1.0)
    angle = float(np.degrees(np.arctan2(step[1], step[0])))
    matrix = cv2.getRotationMatrix2D((float(at[0]), float(at[1])), angle, zoom)
    matrix[:, 2] += (PATCH / 2 - at).astype(np.float64)
    return np.asarray(cv2.warpAffine(gray, matrix, (PATCH, PATCH), borderMode=cv2.BORDER_REPLICATE), np.uint8)
