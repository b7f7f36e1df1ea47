"""``corrections``: how many clicks it takes to bring every keypoint of a motion to its place."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.analysis.carry import REACH_S, Carried, groups, pictures, within
from app.analysis.carry_limb import carry_limb
from app.analysis.keypoint_prediction import limb_mates
from app.analysis.limb_swaps import body_sizes, undo_swaps
from app.analysis.offline_smoothing import OfflineSmoothing, smooth_offline
from app.cli.console import named_path
from app.core.errors import StanceError
from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.evaluate.made_errors import KINDS, MadeError, make_errors
from app.evaluate.motion_angles import THRESHOLD
from app.evaluate.motions import FPS, LEG, SIDES, VIEWS, Filmed, film, load_motions
from app.evaluate.table import as_json, number, table
from app.sinks.jsonl_reader import read_recording

Values = NDArray[np.float64]

PER_FRAMES = 1050
"""Number of frames for which clicks are stated."""
NEAR = 0.05
"""A keypoint is at its place within this part of the person's height."""
HAND = 0.004
"""Standard deviation of where a user places a keypoint, in heights of the person."""
MIN_FRAMES = 60
"""Least number of frames in which a recorded person is seen, to be measured."""
MOST_CLICKS = 400
"""After so many clicks in one motion the simulated user gives up."""
CONTEXT = 90
"""Frames on both sides of a change that are smoothed anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One person in T frames: ``keypoints`` (T, K, 3) with ``errors`` made, ``truth`` (T, K, 2), ``heights`` (T,)."""

    name: str
    times_s: Values
    keypoints: Floats
    truth: Values
    heights: Values
    skeleton: Skeleton
    errors: Sequence[MadeError]


@dataclass(slots=True)
class Outcome:
    """What correcting one clip took; ``made_wrong`` counts keypoints that were right without corrections."""

    clicks: int = 0
    wrong_before: int = 0
    wrong_after: int = 0
    made_wrong: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``corrections``."""
    parser.add_argument(
        "--motions", type=named_path, metavar="FILE.npz", help="motions of the CMU database: joints at 60 Hz, in mm"
    )
    parser.add_argument(
        "--people", type=named_path, metavar="FILE.jsonl", help="instead of motions: people recorded with --smooth none"
    )
    parser.add_argument("--seed", type=int, default=0, help="another number makes other errors (0)")
    parser.add_argument("--camera", choices=VIEWS, default="side", help="where the made cameras stand (side)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")


def run_corrections(arguments: argparse.Namespace) -> int:
    """Correct all motions of a file; returns the exit code. Raises StanceError for bad input."""
    if arguments.people is not None:
        clips = recorded_clips(arguments.people, arguments.seed)
    elif arguments.motions is not None:
        motions = load_motions(arguments.motions)
        clips = [clip_of(film(motion, arguments.camera), arguments.seed) for motion in motions]
    else:
        raise StanceError("There are no motions to measure: wanted --motions FILE.npz, joints at 60 Hz in millimetres.")
    results = figures(clips, [correct(clip) for clip in clips])
    print(as_json(results) if arguments.json else _text(results))
    return 0


def clip_of(filmed: Filmed, seed: int = 0) -> Clip:
    """``filmed`` without its swaps of the legs, which ``motion`` measures, and with made errors."""
    keypoints, names = filmed.keypoints.copy(), filmed.motion.skeleton.names
    left, right = ([names.index(f"{side}_{part}") for part in LEG] for side in SIDES)
    keypoints[:, left + right] = np.where(
        filmed.swapped[:, None, None], keypoints[:, right + left], keypoints[:, left + right]
    )
    depth = (filmed.motion.points.mean(1) - filmed.camera.position) @ filmed.camera.axes[2]
    heights = filmed.height_px * depth.mean() / depth
    chance = np.random.default_rng([seed, *filmed.motion.name.encode()])
    wrong, errors = make_errors(filmed.truth, keypoints, heights, filmed.motion.skeleton, FPS, chance)
    name, times_s = filmed.motion.name, filmed.motion.times_s
    return Clip(name, times_s, wrong, filmed.truth, heights, filmed.motion.skeleton, errors)


def recorded_clips(path: Path, seed: int = 0) -> list[Clip]:
    """The people of a recording of at least ``MIN_FRAMES``, with made errors; truth is what is shown without these.

    Raises StanceError if the file is no recording, or has nobody for so long.
    """
    recording = read_recording(path)
    people = recording.analysis()
    clips = []
    for person in people.ids():
        track = people.track(person)
        if len(track.indices) < MIN_FRAMES:
            continue
        keypoints, _ = undo_swaps(track.times_s, track.keypoints, people.skeleton, THRESHOLD)
        shown, _ = smooth_offline(track.times_s, keypoints, people.skeleton, OfflineSmoothing(threshold=THRESHOLD))
        places, heights = shown[..., :2].astype(np.float64), body_sizes(shown, THRESHOLD)
        truth = np.where(shown[..., 2:] >= THRESHOLD, places, np.nan)
        chance = np.random.default_rng([seed, person])
        fps = 1 / float(np.median(np.diff(track.times_s)))
        wrong, errors = make_errors(places, keypoints, heights, people.skeleton, fps, chance)
        clips.append(Clip(f"person {person}", track.times_s, wrong, truth, heights, people.skeleton, errors))
    if not clips:
        raise StanceError(
            "There is nobody to measure in {path}: wanted people who are there in {frames} frames.",
            path=path,
            frames=MIN_FRAMES,
        )
    return clips


def correct(clip: Clip) -> Outcome:
    """Place the worst keypoint where it belongs, in the frame where it is worst, until none is wrong."""
    chance = np.random.default_rng(0)
    track = Track(clip)
    was_right = track.errors() <= NEAR
    outcome = Outcome(wrong_before=int((~was_right).sum()))
    while outcome.clicks < MOST_CLICKS:
        errors = track.errors()
        row, keypoint = (int(value) for value in np.unravel_index(int(errors.argmax()), errors.shape))
        if errors[row, keypoint] <= NEAR:
            break
        place = clip.truth[row, keypoint] + chance.normal(0, HAND, 2) * clip.heights[row]
        track.place(keypoint, row, (float(place[0]), float(place[1])))
        outcome.made_wrong += int(((track.errors() > NEAR) & (errors <= NEAR) & was_right).sum())
        outcome.clicks += 1
        outcome.by_kind[_kind_at(clip.errors, keypoint, row)] += 1
    outcome.wrong_after = int((track.errors() > NEAR).sum())
    return outcome


class Track:
    """The keypoints of a clip as files would show them, with the corrections so far."""

    def __init__(self, clip: Clip, carry: Callable[..., dict[int, Carried]] = carry_limb) -> None:
        self._clip, self._carry = clip, carry
        self._smoothing = OfflineSmoothing(threshold=THRESHOLD)
        self.raw, _ = undo_swaps(clip.times_s, clip.keypoints, clip.skeleton, THRESHOLD)
        self._network = self.raw.copy()
        self._begins = pictures(clip.times_s, self.raw, THRESHOLD)
        self.shown, _ = smooth_offline(clip.times_s, self.raw, clip.skeleton, self._smoothing)
        self._corrections: dict[int, dict[int, tuple[float, float]]] = {}
        self.pinned = np.zeros(self.raw.shape[:2], bool)
        self._errors = self._error(slice(None))

    def errors(self) -> Values:
        """Distances from the truth (T, K) in heights, 0 where it is unknown; an unseen one is worst amid its gap."""
        return self._errors.copy()

    def place(self, keypoint: int, row: int, place: tuple[float, float]) -> None:
        """Correct one keypoint in one frame and carry that on."""
        clip = self._clip
        limb = [keypoint, *limb_mates(clip.skeleton, keypoint)]
        self._corrections.setdefault(keypoint, {})[row] = place
        rows = sorted({row for joint in limb for row in self._corrections.get(joint, {})})
        group = next(rows for rows in groups(clip.times_s, rows, self._begins) if row in rows)
        first, last = np.searchsorted(clip.times_s, clip.times_s[[group[0], group[-1]]] + [-REACH_S, REACH_S])
        inside = within(range(int(first), int(last) + 1), group, self._begins)
        window = slice(inside.start, inside.stop)
        before = self.raw.copy()
        self.raw[window, limb] = self._network[window, limb]
        near = {joint: {row: known[row] for row in group if row in known} for joint, known in self._of(limb)}
        found = self._carry(clip.times_s, self.raw, near, clip.skeleton, THRESHOLD)
        self.pinned[window, limb] = False
        for joint, carried in found.items():
            self._put(joint, carried)
        changed = (self.raw[:, limb] != before[:, limb]).any(axis=(1, 2))
        self._update(limb, np.flatnonzero(changed))

    def _of(self, limb: Sequence[int]) -> list[tuple[int, dict[int, tuple[float, float]]]]:
        """The corrections of the joints of a ``limb``."""
        return [(joint, self._corrections[joint]) for joint in limb if joint in self._corrections]

    def _put(self, keypoint: int, found: Carried) -> None:
        self.raw[found.rows, keypoint, :2] = found.places
        self.raw[found.rows, keypoint, 2] = 1.0
        self.pinned[found.rows, keypoint] = True

    def _update(self, limb: Sequence[int], changed: NDArray[np.intp]) -> None:
        """Smooth a limb anew around the ``changed`` frames; what was placed stays."""
        if not len(changed):
            return
        wide = slice(max(int(changed[0]) - CONTEXT, 0), int(changed[-1]) + CONTEXT)
        inner = slice(max(int(changed[0]) - CONTEXT // 2, 0), int(changed[-1]) + CONTEXT // 2)
        smooth, _ = smooth_offline(self._clip.times_s[wide], self.raw[wide], self._clip.skeleton, self._smoothing)
        self.shown[inner, limb] = smooth[inner.start - wide.start :][: len(self.shown[inner]), limb]
        self.shown[self.pinned] = self.raw[self.pinned]
        self._errors[inner] = self._error(inner)

    def _error(self, rows: slice) -> Values:
        shown = self.shown[rows]
        away = np.linalg.norm(shown[..., :2] - self._clip.truth[rows], axis=-1) / self._clip.heights[rows, None]
        unseen = shown[..., 2] < THRESHOLD
        known = np.isfinite(away)
        return np.where(known, np.where(unseen, 1.0 + _from_seen(unseen), away), 0.0)


def figures(clips: Sequence[Clip], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of all clips together, and the clicks of each."""
    frames = sum(len(clip.times_s) for clip in clips)
    scale = PER_FRAMES / frames
    clicks = sum(outcome.clicks for outcome in outcomes)
    kinds = sum((outcome.by_kind for outcome in outcomes), Counter())
    errors = Counter(error.kind for clip in clips for error in clip.errors)
    wrong = sum(outcome.wrong_before for outcome in outcomes)
    return {
        "frames": frames,
        "clicks": clicks,
        "clicks_per_1050_frames": clicks * scale,
        "errors_per_1050_frames": sum(errors.values()) * scale,
        "wrong_keypoints_per_1050_frames": wrong * scale,
        "made_wrong_per_1050_frames": sum(outcome.made_wrong for outcome in outcomes) * scale,
        "wrong_left": sum(outcome.wrong_after for outcome in outcomes),
        "clicks_per_error": {kind: kinds[kind] / errors[kind] if errors[kind] else None for kind in KINDS},
        "clicks_elsewhere_per_1050_frames": kinds["none"] * scale,
        "motions": {
            clip.name: outcome.clicks * PER_FRAMES / len(clip.times_s)
            for clip, outcome in zip(clips, outcomes, strict=True)
        },
    }


def _text(results: dict[str, Any]) -> str:
    rows = [
        ("frames", str(results["frames"])),
        ("clicks", str(results["clicks"])),
        *(
            (f"{title} per 1,050 frames", number(results[f"{key}_per_1050_frames"], 1))
            for title, key in (
                ("clicks", "clicks"),
                ("made errors", "errors"),
                ("wrong keypoints before", "wrong_keypoints"),
                ("right keypoints made wrong by corrections", "made_wrong"),
                ("clicks outside of made errors", "clicks_elsewhere"),
            )
        ),
        ("wrong keypoints left", str(results["wrong_left"])),
        *((f"clicks per error, {kind}", _cell(value)) for kind, value in results["clicks_per_error"].items()),
    ]
    motions = [(name, number(value, 1)) for name, value in results["motions"].items()]
    return table([("", ""), *rows]) + "\n\n" + table([("motion", "clicks per 1,050 frames"), *motions])


def _cell(value: float | None) -> str:
    return "-" if value is None else number(value, 2)


def _kind_at(errors: Sequence[MadeError], keypoint: int, row: int) -> str:
    """The kind of made error nearby; "none" without one."""
    near = (error.kind for error in errors if keypoint in error.keypoints and error.first - 8 <= row <= error.last + 8)
    return next(near, "none")


def _from_seen(unseen: NDArray[np.bool_]) -> Values:
    """How many frames each unseen keypoint (T, K) is away from a seen one, below 1 in all."""
    away = np.full(unseen.shape, len(unseen), np.float64)
    for order in (slice(None), slice(None, None, -1)):
        count = np.zeros(unseen.shape[1])
        for row, lost in enumerate(unseen[order]):
            count = np.where(lost, count + 1, 0)
            away[order][row] = np.minimum(away[order][row], count)
    return away / (len(unseen) + 1)
