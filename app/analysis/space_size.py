"""Points in three dimensions at the body height that the user states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from types import MappingProxyType

import numpy as np

from app.analysis.analysis import Analysis
from app.analysis.body_size import USUAL_HEIGHT_M
from app.analysis.find_scale import main_track
from app.analysis.stature import height_m
from app.analysis.track_builder import TrackBuilder
from app.core.people import Floats, FramePoses
from app.core.scale_options import ScaleOptions

Factors = Mapping[int, float]
AS_THEY_ARE: Factors = MappingProxyType({})


def size_factors(people: Analysis | TrackBuilder, options: ScaleOptions, threshold: float = 0.3) -> Factors:
    """By what points in three dimensions have to be multiplied, by the id of the person; others stay as they are.

    That is the main person, whose height ``options`` state: points are of a person of usual height, since one camera
    does not see how tall somebody is. The height of the points is measured as that in the picture is (``height_m``);
    where too little of the body is seen it is taken to be the usual one. Empty without a height or without points.
    """
    if options.height_m is None:
        return AS_THEY_ARE
    track = main_track(people)
    if track.points_3d is None:
        return AS_THEY_ARE
    found = height_m(track.times_s, track.points_3d, people.skeleton, threshold)
    return {track.id: options.height_m / (found if isfinite(found) and found > 0 else USUAL_HEIGHT_M)}


def sized(points: Floats, factor: float) -> Floats:
    """``points`` (..., 4), x y z in meters and score, larger by ``factor``."""
    return points if factor == 1 else points * np.array([factor, factor, factor, 1], np.float32)


def sized_poses(poses: FramePoses, factors: Factors) -> FramePoses:
    """``poses`` whose people have points larger by ``factors``."""
    if not factors:
        return poses
    people = tuple(
        replace(person, points_3d=sized(person.points_3d, factors[person.id]))
        if person.points_3d is not None and person.id in factors
        else person
        for person in poses.people
    )
    return replace(poses, people=people)
