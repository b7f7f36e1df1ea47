"""Finds the scale of a clip from what the user states and from what the people in it do."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

from app.analysis.analysis import Analysis, Track
from app.analysis.calibration import Calibration
from app.analysis.floor import Floor, find_floor, resting_places
from app.analysis.scale import Scale
from app.analysis.stature import height_px
from app.analysis.track_builder import TrackBuilder
from app.core.errors import StanceError
from app.core.scale_options import NONE, ScaleOptions
from app.core.skeleton import Skeleton

MIN_HEIGHT_PX = 8.0
"""The height of a person who is smaller than this cannot be measured."""


def find_scale(
    people: Analysis | TrackBuilder,
    options: ScaleOptions,
    size: tuple[int, int],
    threshold: float = 0.3,
    calibration: Calibration | None = None,
) -> Scale:
    """The scale of the clip with these ``people``, whose pictures have ``size`` (width, height) in pixels.

    Heights count from the floor; where that is unknown, from the lower edge of the picture. ``calibration`` is the
    camera, if ``options`` names a calibration file: the plane of motion is then where the feet of the main person stand
    on its floor, or at the world's origin if no foot is seen. A height in ``options`` is used in place of both.

    Raises StanceError if a height is given, but too little of the person is seen to measure it.
    """
    person = _MainPerson.of(people, threshold)
    scale = _metres_per_pixel(person, options, calibration)
    floor = _floor(person, options, calibration, scale)
    whose = person.track.id if options.height_m is not None else None
    if floor is None:
        return Scale(scale, (0.0, size[1] - 1.0), options.slope_degrees or 0.0, on_floor=False, person=whose)
    return Scale(scale, (0.0, floor.y), floor.slope_degrees, person=whose)


def main_person(analysis: Analysis) -> int | None:
    """The id of the person whose height the user states: the sum of box heights over all frames is largest.

    Hidden people do not count.
    """
    hidden = analysis.hidden()
    totals = {number: sums for number, sums in analysis.totals().items() if number not in hidden}
    return max(totals, key=lambda number: totals[number].height, default=None)


def main_track(people: Analysis | TrackBuilder) -> Track:
    """The track of the main person; without frames if there are no people."""
    if isinstance(people, TrackBuilder):
        return people.largest() or Analysis(people.skeleton).track(-1)
    number = main_person(people)
    return people.track(-1 if number is None else number)


@dataclass(frozen=True, slots=True, eq=False)
class _MainPerson:
    """The track of the main person, without frames if there are no people; ``height_px`` is NaN if it is unknown."""

    track: Track
    skeleton: Skeleton
    threshold: float
    height_px: float

    @classmethod
    def of(cls, people: Analysis | TrackBuilder, threshold: float) -> _MainPerson:
        skeleton, track = people.skeleton, main_track(people)
        found = height_px(track.times_s, track.keypoints, skeleton, threshold) if len(track.times_s) else nan
        return cls(track, skeleton, threshold, found if found >= MIN_HEIGHT_PX else nan)


def _metres_per_pixel(person: _MainPerson, options: ScaleOptions, calibration: Calibration | None) -> float:
    if options.height_m is not None:
        if not isfinite(person.height_px):
            raise StanceError(
                "The scale is unknown: too little of the person is seen to measure a height of {height} m in pixels.",
                height=options.height_m,
            )
        return options.height_m / person.height_px
    if options.lengths is not None:
        pixels, metres = options.lengths
        return metres / pixels
    if calibration is None:
        raise ValueError("the options state no scale")
    return _depth_m(person, calibration) / calibration.focal_px


def _depth_m(person: _MainPerson, calibration: Calibration) -> float:
    """The distance of the plane of motion along the optical axis of a calibrated camera."""
    if isfinite(person.height_px):
        track = person.track
        rests = resting_places(track.times_s, track.keypoints, person.skeleton, person.height_px, person.threshold)
        depths = calibration.depths_m(rests.places)
        known = np.isfinite(depths)
        if known.any():
            return float(np.average(depths[known], weights=rests.seconds[known]))
    return calibration.origin_depth_m


def _floor(
    person: _MainPerson, options: ScaleOptions, calibration: Calibration | None, metres_per_pixel: float
) -> Floor | None:
    if options.floor_line is not None:
        x0, y0, x1, y1 = options.floor_line
        return Floor.through((x0, y0), (x1, y1))
    if options.floor == NONE:
        return None
    if calibration is not None and options.slope_degrees is None:
        return calibration.floor_at(metres_per_pixel * calibration.focal_px)
    if not isfinite(person.height_px):
        return None
    track = person.track
    return find_floor(
        track.times_s, track.keypoints, person.skeleton, person.height_px, person.threshold, options.slope_degrees
    )
