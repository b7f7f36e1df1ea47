"""The faces of tracked people: 468 landmarks each, from a region of the head, then from the last landmarks.

Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.face_points import FACE_68
from app.core.people import Floats, Frame
from app.core.settings import Face
from app.pose.face_regions import FACE_SCALE, HeadPoints, face_regions, head_regions
from app.pose.found_parts import FoundParts
from app.pose.landmark_network import Landmarker
from app.pose.rotated_region import Regions

POINTS = 468
OUTPUTS = (3 * POINTS, 1)
"""Lengths of the network's outputs: landmarks, and the presence of a face as a logit."""
INPUT_SIDE = np.float32(192)
LEAST_SCORE = 0.3
"""Minimum score of the nose and of one eye from which a face is looked for."""
PRESENCE = 0.5
"""Minimum probability that a region shows a face."""
MIN_SIDE = 32.0
"""Smallest region in pixels that is looked at."""
MAX_DISTANCE = 0.35
"""Greatest distance of a face's middle from that of the head's region, in sides of its region."""
MAX_RATIO = 2.0
"""Greatest ratio between the sizes of both regions."""

Mask = NDArray[np.bool_]


class Faces:
    """Finds the face of each person; remembers it from frame to frame by the person's id.

    ``head`` are the keypoints of the body that tell where its face is. A new face is looked at twice, the second time
    in the region that its first landmarks give.
    """

    stage = "face"

    def __init__(self, network: Landmarker, head: HeadPoints, face: Face) -> None:
        self._network = network
        self._head = head
        self._points = np.array(FACE_68 if face == "68" else range(POINTS))
        self.reset()

    def reset(self) -> None:
        """Forget all faces."""
        self._last: dict[int, Floats] = {}

    def places(self, poses: Floats) -> Floats:
        """The noses (N, 1, 3) of ``poses`` (N, K, 3)."""
        return poses[:, self._head.numbers[:1]]

    def find(self, frame: Frame, ids: Sequence[int], poses: Floats) -> FoundParts:
        """The face of each of N people with these ``ids``, whose bodies are ``poses`` (N, K, 3)."""
        heads, seen = head_regions(poses, self._head, LEAST_SCORE)
        seen &= heads.sizes >= MIN_SIDE
        landmarks, scores = np.zeros((len(ids), POINTS, 2), np.float32), np.zeros(len(ids), np.float32)
        known = seen & np.array([number in self._last for number in ids], bool)
        if known.any():
            last = np.array([self._last[number] for number, is_known in zip(ids, known, strict=True) if is_known])
            self._look(frame, known, face_regions(last), heads, (landmarks, scores))
        new = seen & (scores <= PRESENCE)
        if new.any():
            first = self._read(frame, heads[new])[0]
            self._look(frame, new, face_regions(first), heads, (landmarks, scores))
        present = scores > PRESENCE
        self._last = {number: landmarks[row] for row, number in enumerate(ids) if present[row]}
        return self._of_people(landmarks, np.where(present, scores, 0), poses)

    def _read(self, frame: Frame, regions: Regions) -> tuple[Floats, Floats]:
        """The landmarks (M, 468, 2) in pixels, and the probabilities (M,) of a face, in M ``regions``."""
        outputs = self._network(frame, regions)
        places = outputs[:, : 3 * POINTS].reshape(-1, POINTS, 3)[..., :2] / INPUT_SIDE
        return regions.to_image(places), (1 / (1 + np.exp(-outputs[:, -1]))).astype(np.float32)

    def _look(self, frame: Frame, rows: Mask, regions: Regions, heads: Regions, found: tuple[Floats, Floats]) -> None:
        """Set these ``rows`` of what is ``found``, landmarks and scores, to the faces in ``regions`` near ``heads``."""
        landmarks, scores = self._read(frame, regions)
        here, there = face_regions(landmarks), heads[rows]
        apart = np.linalg.norm(here.centers - there.centers, axis=1)
        ratio = here.sizes / np.maximum(there.sizes, 1)
        fits = (apart <= MAX_DISTANCE * there.sizes) & (ratio <= MAX_RATIO) & (ratio >= 1 / MAX_RATIO)
        found[0][rows], found[1][rows] = landmarks, np.where(fits, scores, 0)

    def _of_people(self, landmarks: Floats, scores: Floats, poses: Floats) -> FoundParts:
        """The chosen points of each face; one that was not found is at the nose, with the score 0."""
        present = scores > 0
        nose = poses[:, self._head.numbers[0], None, :2]
        keypoints = np.zeros((len(scores), 1, len(self._points), 3), np.float32)
        keypoints[:, 0, :, :2] = np.where(present[:, None, None], landmarks[:, self._points], nose)
        keypoints[:, 0, :, 2] = scores[:, None]
        sizes = face_regions(landmarks).sizes / FACE_SCALE
        return FoundParts(keypoints, None, np.maximum(sizes, 1)[:, None])
