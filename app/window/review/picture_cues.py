"""Reads the frames around a correction, and finds what the picture and the network say about the keypoint there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from app.analysis.carry import Carried, Cue, MotionCue, PlaceCue
from app.analysis.flow import follow
from app.analysis.further_peaks import matching_peaks
from app.analysis.keypoint_edits import PersonKeypoints
from app.core.errors import StanceError
from app.core.people import Floats, Image
from app.core.settings import Rotate
from app.pose.second_peaks import peaks

if TYPE_CHECKING:
    from app.pipeline import Pipeline
    from app.window.core.tasks import Task

KeptCues = dict[tuple[int, tuple[tuple[int, tuple[float, float]], ...]], list[Cue]]
"""Cues by keypoint and its corrected places, by frame index."""

MAX_FRAMES = 400
"""Most frames that are read for one correction."""
MAX_HEATMAPS = 24
"""Most frames in which the network is asked again."""
MAX_SIZE = 300.0
"""People are scaled down to this size in pixels for optical flow."""
MARGIN = 0.3
"""What is kept around the person, in sizes of the person."""


@dataclass(frozen=True, slots=True)
class PictureCues:
    """Finds the cues in the file ``film``; ``pipeline`` has the network, None: only the picture is used.

    Cues are ``kept``, with frame indices for rows: a limb is carried anew with each correction of one of its joints.
    """

    film: str
    rotate: Rotate
    pipeline: Pipeline | None
    task: Task | None = None
    kept: KeptCues = field(default_factory=dict)

    def __call__(
        self, person: PersonKeypoints, keypoint: int, places: Mapping[int, tuple[float, float]], carried: Carried
    ) -> list[Cue]:
        """The cues about what is ``carried``; ``places`` are the corrections by row of ``person``.

        Empty where the file cannot be read any more: the correction is carried without the picture then.
        """
        key = keypoint, tuple((int(person.indices[row]), place) for row, place in sorted(places.items()))
        if key not in self.kept:
            found = self._look(person, keypoint, places, carried)
            self.kept[key] = [replace(cue, rows=person.indices[cue.rows]) for cue in found]
        return [_in_rows(cue, person) for cue in self.kept[key]]

    def _look(
        self, person: PersonKeypoints, keypoint: int, places: Mapping[int, tuple[float, float]], carried: Carried
    ) -> list[Cue]:
        rows = carried.rows
        if not len(rows) or rows[-1] - rows[0] > MAX_FRAMES:
            return []
        reader = _Reader(self, person, keypoint, carried)
        try:
            reader.read()
        except StanceError:
            return []
        scaled = {
            row: tuple(((np.array(place) - reader.corner) * reader.scale).tolist()) for row, place in places.items()
        }
        images = [reader.images.get(row) for row in range(len(person.indices))]
        flow = follow(images, scaled, reader.size * reader.scale, reach=len(rows))
        moved = type(flow)(flow.rows, flow.steps / reader.scale, flow.sigmas / reader.scale)
        return [moved, matching_peaks(carried, reader.peaks, reader.size)]


def _in_rows(cue: Cue, person: PersonKeypoints) -> Cue:
    """``cue``, whose rows are frame indices, with those of ``person``."""
    known = np.isin(cue.rows, person.indices)
    rows = np.searchsorted(person.indices, cue.rows[known])
    if isinstance(cue, MotionCue):
        return MotionCue(rows, cue.steps[known], cue.sigmas[known])
    return PlaceCue(rows, cue.places[known])


class _Reader:
    """The frames of the carried rows: gray pieces around the person, and the peaks of the network's heatmaps."""

    def __init__(self, cues: PictureCues, person: PersonKeypoints, keypoint: int, carried: Carried) -> None:
        self._cues = cues
        self._person = person
        self._keypoint = keypoint
        self._rows = list(range(int(carried.rows[0]), int(carried.rows[-1]) + 1))
        points = person.keypoints[self._rows, :, :2].reshape(-1, 2)
        points = points[(person.keypoints[self._rows, :, 2] > 0.1).reshape(-1)]
        points = np.concatenate([points, carried.places.astype(np.float32)])
        each = person.keypoints[self._rows]
        self.size = float(max(np.median(np.ptp(each[..., 1], axis=1)), np.median(np.ptp(each[..., 0], axis=1)), 8.0))
        self.corner = np.floor(points.min(axis=0) - MARGIN * self.size).clip(0)
        self._end = np.ceil(points.max(axis=0) + MARGIN * self.size)
        self.scale = min(1.0, MAX_SIZE / self.size)
        self._asked = set(self._rows[:: max(1, len(self._rows) // MAX_HEATMAPS)])
        self.images: dict[int, Image] = {}
        self.peaks: dict[int, NDArray[np.float64]] = {}

    def read(self) -> None:
        """Read the frames. Raises StanceError if that fails."""
        from app.sources import open_source

        wanted = {int(self._person.indices[row]): row for row in self._rows}
        source = open_source(self._cues.film, rotate=self._cues.rotate)
        try:
            source.seek_index(min(wanted))
            last = max(wanted)
            while (frame := source.read()) is not None and frame.index <= last:
                if self._cues.task is not None and self._cues.task.is_cancelled:
                    break
                if (row := wanted.get(frame.index)) is not None:
                    self._look(row, frame.image)
                if frame.index == last:
                    break
        finally:
            source.close()

    def _look(self, row: int, image: Image) -> None:
        (left, top), (right, bottom) = self.corner.astype(int), self._end.astype(int)
        piece = image[top:bottom, left:right]
        if not piece.size:
            return
        gray = cv2.cvtColor(np.ascontiguousarray(piece), cv2.COLOR_BGR2GRAY)
        if self.scale < 1:
            gray = cv2.resize(gray, None, fx=self.scale, fy=self.scale, interpolation=cv2.INTER_AREA)
        self.images[row] = np.asarray(gray, np.uint8)
        pipeline = self._cues.pipeline
        if pipeline is not None and row in self._asked:
            found = pipeline.heatmap(image, self._box(row), self._keypoint)
            if found:
                self.peaks[row] = peaks(found[0])

    def _box(self, row: int) -> Floats:
        """The box (1, 4) of the person."""
        keypoints = self._person.keypoints[row]
        seen = keypoints[keypoints[:, 2] > 0.1, :2]
        points = seen if len(seen) else keypoints[:, :2]
        low, high = points.min(axis=0), points.max(axis=0)
        border = 0.08 * (high - low).max()
        return np.array([[*(low - border), *(high + border)]], np.float32)
