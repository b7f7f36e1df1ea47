"""All that is measured of one person over a clip: contacts, gait, jumps, repetitions and ranges of motion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.analysis.angles import angle_names, angles
from app.analysis.body_size import pixels_per_meter
from app.analysis.events import SIGMA_S, Contact, contacts
from app.analysis.gait import MIN_STRIDE_M, Gait, find_gait
from app.analysis.jumps import Hips, Jump, find_jumps
from app.analysis.landmarks import keypoint_indices
from app.analysis.local_fit import fit_lines
from app.analysis.motion_ranges import MotionRange, ranges_of_motion
from app.analysis.part_lengths import body_heights
from app.analysis.repeated_sides import Size, repeated_sides
from app.analysis.repetitions import Repetition, find_repetitions
from app.analysis.scale import Scale
from app.core.people import Floats
from app.core.settings import NOT_REPEATED, REPEATED
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]
Unit = Literal["m", "px"]


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured of a person. Lengths are in ``unit``: meters, or pixels without a scale.

    ``repetitions`` are those of the angle ``repeated``.
    """

    unit: Unit = "px"
    contacts: tuple[Contact, ...] = ()
    gait: Gait = field(default_factory=Gait)
    jumps: tuple[Jump, ...] = ()
    repeated: str = NOT_REPEATED
    repetitions: tuple[Repetition, ...] = ()
    ranges: tuple[MotionRange, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PersonTrack:
    """One person in T frames, as the analysis has finished it: ``times_s`` (T,) and ``keypoints`` (T, K, 3), in pixels.

    ``facing`` (T,) is which way the person faces: -1 left, 1 right, 0 the camera. ``size`` (width, height) is that of
    the pictures, in pixels; (0, 0) if it is unknown.
    """

    times_s: Values
    keypoints: Floats
    facing: NDArray[np.int8]
    skeleton: Skeleton
    threshold: float = 0.3
    size: Size = (0, 0)


def measure(track: PersonTrack, scale: Scale | None = None, repeated: str = REPEATED) -> Measures:
    """The measures of one person.

    Repetitions are counted of ``repeated``: a joint, for the mean of both sides, an angle of one side, or
    ``NOT_REPEATED``. What happens while the person walks is no repetition, nor is what a joint seems to do outside the
    picture.
    """
    feet, gait, jumps = find_events(track, scale)
    names = angle_names(track.skeleton)
    heights = body_heights(track.times_s, track.keypoints, track.skeleton, track.threshold)
    values = angles(track.keypoints, track.skeleton, names, track.facing, track.threshold, heights)
    sides = repeated_sides(names, values, repeated, track.keypoints, track.skeleton, track.size)
    repetitions = find_repetitions(track.times_s, *sides)
    at_rest = [one for one in repetitions if not any(walk.start_s < one.top_s < walk.end_s for walk in gait.walks)]
    return Measures(
        "m" if scale else "px",
        tuple(feet),
        gait,
        tuple(jumps),
        repeated,
        tuple(at_rest),
        tuple(ranges_of_motion(track.times_s, names, values)),
    )


def find_events(track: PersonTrack, scale: Scale | None = None) -> tuple[list[Contact], Gait, list[Jump]]:
    """The contacts of the feet of one person, the walks and the jumps."""
    times_s, keypoints, skeleton, threshold = track.times_s, track.keypoints, track.skeleton, track.threshold
    feet = contacts(times_s, keypoints, skeleton, threshold, scale.metres_per_pixel if scale else None)
    if not feet:
        return [], Gait(), []
    meter = 1.0 if scale else pixels_per_meter(keypoints, skeleton, threshold)
    hips = _lengths(_middle(keypoints, skeleton, "hip", threshold), scale)
    smooth, velocities = fit_lines(times_s, hips, SIGMA_S)
    places = _lengths(np.array([(foot.x, foot.y) for foot in feet]), scale)
    gait = _gait_aside(track, feet, places[:, :1], smooth[:, :1], MIN_STRIDE_M * meter)
    rising = Hips(times_s, hips[:, 1], smooth[:, 1], np.linalg.norm(velocities, axis=1), meter)
    return feet, gait, find_jumps(feet, rising)


def _gait_aside(track: PersonTrack, feet: list[Contact], places: Values, hips: Values, min_stride: float) -> Gait:
    """The walks of a person who is seen from the side: lengths towards the camera cannot be measured."""
    frames = np.minimum(np.searchsorted(track.times_s, [foot.first_s for foot in feet]), len(track.times_s) - 1)
    rows = np.flatnonzero(track.facing[frames] != 0).tolist()
    return find_gait([feet[row] for row in rows], places[rows], track.times_s, hips, min_stride)


def _middle(keypoints: Floats, skeleton: Skeleton, name: str, threshold: float) -> Values:
    """The place (T, 2) of a keypoint, or of the middle that replaces it; NaN where unknown."""
    rows = keypoint_indices(skeleton, name)
    if not rows:
        return np.full((len(keypoints), 2), np.nan)
    found = keypoints[:, rows].astype(np.float64)
    found[found[..., 2] < threshold] = np.nan
    return np.asarray(found[..., :2].mean(axis=1))


def _lengths(points: Values, scale: Scale | None) -> Values:
    """``points`` (N, 2) in pixels, y down, as lengths (N, 2), y up."""
    return scale.to_metres(points) if scale else points * [1.0, -1.0]
