"""``lift``: the errors of a lifter on true motions that made cameras film (see ``lift_views``)."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.cli.console import named_path
from app.core.errors import StanceError
from app.core.people import Floats
from app.evaluate.lift_views import CAMERAS, lift_views
from app.evaluate.motions import FPS, Motion, load_motions
from app.evaluate.pose_errors import Values, mpjpe, n_mpjpe, p_mpjpe, velocity_error
from app.evaluate.table import as_json, number, table
from app.lifting.network_lifter import NetworkLifter
from app.lifting.open_lifter import DEFAULT, open_lifter
from app.pose.model import TrackWindow

Lift = Callable[[TrackWindow], Floats]
"""``Lifter.lift``."""
PARTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
JOINTS = ("hip", "neck", "head", *(f"{side}_{part}" for side in ("left", "right") for part in PARTS))
"""Keypoints that are measured: joints that every lifter of whole bodies has, the pelvis among them."""
KEYS = ("mpjpe", "p_mpjpe", "n_mpjpe", "velocity")


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors in millimeters: ``poses`` (T, 3) are MPJPE, P-MPJPE and N-MPJPE of each frame.

    ``velocity`` is the mean error of the movement from one frame to the next, in millimeters per frame.
    """

    poses: Values
    velocity: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lift``."""
    parser.add_argument(
        "--motions", type=named_path, metavar="FILE.npz", help="motions of the CMU database: joints at 60 Hz, in mm"
    )
    parser.add_argument("--lift", default=DEFAULT, metavar="NAME-or-FILE", help=f"the lifter to measure ({DEFAULT})")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")


def run_lift(arguments: argparse.Namespace) -> int:
    """Measure a lifter on all motions of a file; returns the exit code. Raises StanceError for bad input."""
    if arguments.motions is None:
        raise StanceError("There are no motions to measure: wanted --motions FILE.npz, joints at 60 Hz in millimetres.")
    motions = load_motions(arguments.motions)
    lifter = open_lifter(arguments.lift, motions[0].skeleton)
    lift = getattr(lifter, "lift", None)
    if lift is None:
        raise StanceError(
            "The lifter {name} needs pictures, and motions have none: wanted one that lifts keypoints alone.",
            name=arguments.lift,
        )
    body = lifter.card.unit if isinstance(lifter, NetworkLifter) and lifter.card.normalization == "body" else None
    measured = {motion.name: measure(lift, motion, body) for motion in motions}
    figures = pooled(error for errors in measured.values() for error in errors)
    figures["motions"] = {name: pooled(errors) for name, errors in measured.items()}
    print(as_json(figures) if arguments.json else _text(arguments.lift, motions, figures))
    return 0


def measure(lift: Lift, motion: Motion, assumed_height_m: float | None) -> list[Errors]:
    """The errors of ``lift`` on ``motion``, for each camera.

    A lifter that assumes a body height is told the true one: its points are scaled by the ratio of both.
    """
    rows = [motion.skeleton.names.index(name) for name in JOINTS]
    scale = motion.height_m / assumed_height_m if assumed_height_m else 1.0
    measured = []
    for view in lift_views(motion):
        points, true = lift(view.window)[:, rows, :3].astype(np.float64) * scale, view.true[:, rows]
        errors = np.stack([mpjpe(points, true), p_mpjpe(points, true), n_mpjpe(points, true)], axis=1)
        measured.append(Errors(errors * 1000, velocity_error(points, true) * 1000))
    return measured


def pooled(measured: Iterable[Errors]) -> dict[str, Any]:
    """Mean errors in millimeters by ``KEYS``; every frame counts the same."""
    errors = list(measured)
    means = np.concatenate([error.poses for error in errors]).mean(0).tolist()
    velocity = np.average([error.velocity for error in errors], weights=[len(error.poses) - 1 for error in errors])
    return dict(zip(KEYS, (*means, float(velocity)), strict=True))


def _text(lifter: str, motions: list[Motion], figures: dict[str, Any]) -> str:
    """One line for each motion, and one for all."""
    seconds = sum(len(motion.points) for motion in motions) / FPS
    heads = ("MPJPE, mm", "P-MPJPE, mm", "N-MPJPE, mm", "velocity, mm/frame")
    lines = [(name, *(number(own[key], 1) for key in KEYS)) for name, own in figures["motions"].items()]
    lines.append(("all frames", *(number(figures[key], 1) for key in KEYS)))
    title = f"{lifter}: {len(motions)} motions, {seconds:.0f} s, {CAMERAS} cameras each"
    return f"{title}\n\n{table([('', *heads), *lines])}"
