"""``motion``: angles and events of true motions that made cameras film, before and after the analysis improves them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from app.cli.console import named_path
from app.core.errors import StanceError
from app.evaluate.motion_figures import measure, pooled
from app.evaluate.motions import FPS, VIEWS, Motion, film, load_motions
from app.evaluate.table import as_json, number, table

TITLES = {
    "angles_shown_pct": "angles shown, %",
    "jumps": "jumps of angles",
    "swaps_injected": "swaps of the legs",
    "swaps_left": "swaps left",
    "swaps_made": "swaps made",
    "frames_swapped": "frames with swapped legs",
    "live_swaps_left": "swaps left, live",
    "live_swaps_made": "swaps made, live",
    "contact_frames_median": "foot contact off, median, frames",
    "contact_frames_p95": "foot contact off, 95th percentile, frames",
    "contacts_missed_pct": "foot contacts missed, %",
    "contacts_extra_pct": "foot contacts too many, %",
    "cadence_error_pct": "cadence error, %",
    "stride_error_pct": "stride length error, %",
    "speed_error_pct": "speed error, %",
    "jump_height_error_cm": "jump height error, cm",
    "jump_height_by_flight_error_cm": "jump height error by flight time, cm",
    "acceleration_cut_pct": "acceleration error taken off, %",
    "error_change_pct": "position error changed by, %",
}
"""Figures in the table, by their key in JSON."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``motion``."""
    parser.add_argument(
        "--motions", type=named_path, metavar="FILE.npz", help="motions of the CMU database: joints at 60 Hz, in mm"
    )
    parser.add_argument("--camera", choices=VIEWS, default="side", help="where the made cameras stand (side)")
    parser.add_argument("--seed", type=int, default=0, help="another number makes other cameras, noise and swaps (0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")


def run_motion(arguments: argparse.Namespace) -> int:
    """Measure all motions of a file; returns the exit code. Raises StanceError for bad input."""
    if arguments.seed < 0:
        raise StanceError("--seed is {seed}: wanted a whole number from 0 on.", seed=arguments.seed)
    if arguments.motions is None:
        raise StanceError("There are no motions to measure: wanted --motions FILE.npz, joints at 60 Hz in millimetres.")
    motions = load_motions(arguments.motions)
    measured = [measure(film(motion, arguments.camera, arguments.seed)) for motion in motions]
    results = pooled([after for _, after in measured]) | {"before": pooled([before for before, _ in measured])}
    print(as_json(results) if arguments.json else _text(arguments.camera, motions, results))
    return 0


def _text(camera: str, motions: Sequence[Motion], results: dict[str, Any]) -> str:
    """Two tables: the error of each joint and all other figures, before and after."""
    before = results["before"]
    seconds = sum(len(motion.points) for motion in motions) / FPS
    joints = [(name, number(before["angles"][name], 1), number(error, 1)) for name, error in results["angles"].items()]
    joints.append(("all joints", number(before["angle_mae_deg"], 1), number(results["angle_mae_deg"], 1)))
    others = [
        (TITLES.get(key, key), _cell(before.get(key)), _cell(value))
        for key, value in results.items()
        if key not in ("angles", "angle_mae_deg", "before")
    ]
    return "\n\n".join(
        (
            f"{len(motions)} motions, {seconds:.0f} s, camera: {camera}; before: plain angles of each frame",
            table([("mean error in degrees", "before", "after"), *joints]),
            table([("", "before", "after"), *others]),
        )
    )


def _cell(value: float | None) -> str:
    """A figure as text; "-" if there is none."""
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else number(value, 1)
