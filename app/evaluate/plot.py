"""Plots a run: the path of a moving and of a still keypoint by smoother, and the smoothers' jitter and lag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from app.core.people import FramePoses
from app.core.settings import Smooth
from app.core.skeleton import Skeleton
from app.evaluate.steadiness import MOVING_S, Numbers, keeps_still, speed, trails
from app.sinks import write_whole

COLORS: dict[str, str] = {"none": "#8a8f98", "one-euro": "#0f7bd8", "kalman": "#e0732d"}
TEXT_COLOR = "#30343b"
GRID_COLOR = "#e4e6ea"
MOVING_SPAN_S = 1.2
"""Duration of the moving keypoint's path, in seconds."""
STILL_SPAN_S = 3.0
"""Duration of the still keypoint's path, in seconds."""


def write_plot(
    path: Path,
    title: str,
    smoothed: Mapping[Smooth, Sequence[FramePoses]],
    figures: Mapping[Smooth, Mapping[str, Any]],
    threshold: float,
    skeleton: Skeleton,
) -> None:
    """Write the plot to ``path``.

    Args:
        path: The image file; its suffix selects the format.
        title: Name of the clip.
        smoothed: The people of each frame, by smoother; "none" is required.
        figures: The metrics by smoother.
        threshold: Keypoints with a lower score are not drawn.
        skeleton: The skeleton of the people.

    Raises:
        StanceError: The file cannot be written.
    """
    plain = smoothed["none"]
    times = np.array([poses.time_s for poses in plain])
    step_s = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    raw = trails(plain, threshold)
    paths = {name: trails(poses, threshold) for name, poses in smoothed.items()}
    places = list(range(len(skeleton.names)))
    hands = [number for number in places if skeleton.names[number].endswith("_wrist")]

    figure = Figure(figsize=(11, 6.6), dpi=130, layout="constrained", facecolor="white")
    figure.suptitle(f"Jitter and lag on {title}", x=0.012, ha="left", fontsize=13, fontweight="bold", color=TEXT_COLOR)
    grid = figure.add_gridspec(2, 3, height_ratios=(1.15, 1))
    speeds = {number: speed(points, step_s, MOVING_S) / height for number, (points, height) in raw.items()}
    still = {number: keeps_still(points, height, step_s) for number, (points, height) in raw.items()}
    moving = _busiest({n: np.nan_to_num(s) for n, s in speeds.items()}, hands or places, round(MOVING_SPAN_S / step_s))
    at_rest = _busiest({n: r.astype(float) for n, r in still.items()}, places, round(STILL_SPAN_S / step_s))
    for cell, chosen, what in ((grid[0, :], moving, "moving"), (grid[1, 0], at_rest, "at rest")):
        axes = figure.add_subplot(cell)
        _style(axes)
        if chosen is None:
            axes.set_title(f"no keypoint {what}", loc="left", fontsize=10, color=TEXT_COLOR)
            continue
        person, keypoint, frames = chosen
        height = raw[person][1]
        _draw(axes, times[frames], {name: paths[name][person][0][frames, keypoint] for name in smoothed}, height)
        name = skeleton.names[keypoint].replace("_", " ")
        axes.set_title(f"{name} of person {person}, {what}", loc="left", fontsize=10, color=TEXT_COLOR)
        axes.set_xlabel("s", fontsize=9)
        axes.set_ylabel("% of the height", fontsize=9)
        if what == "moving":
            axes.legend(frameon=False, fontsize=9, ncols=len(smoothed), loc="upper right", bbox_to_anchor=(1, 1.13))
    for column, (key, label) in enumerate((("jitter", "jitter, % of the height"), ("lag_ms", "lag, ms")), start=1):
        axes = figure.add_subplot(grid[1, column])
        _style(axes)
        _bars(axes, {name: float(metrics[key]) for name, metrics in figures.items()}, label)
    picture = BytesIO()
    figure.savefig(picture, format=path.suffix.removeprefix("."))
    write_whole(path, picture.getvalue())


def _busiest(scores: Mapping[int, Numbers], keypoints: list[int], span: int) -> tuple[int, int, slice] | None:
    """The person, keypoint and ``span`` frames with the largest sum of ``scores`` (T, K); None if all are 0."""
    best, found = 0.0, None
    for person, values in scores.items():
        span = min(max(span, 2), len(values))
        sums = np.cumsum(np.pad(values[:, keypoints], ((1, 0), (0, 0))), axis=0)
        within = sums[span:] - sums[:-span]
        if within.size and within.max() > best:
            best = float(within.max())
            start, place = np.unravel_index(int(within.argmax()), within.shape)
            found = (person, keypoints[int(place)], slice(int(start), int(start) + span))
    return found


def _draw(axes: Axes, times: Numbers, paths: Mapping[Smooth, Numbers], height: float) -> None:
    """Draw the coordinate that varies more, relative to its unsmoothed mean, in % of the height."""
    plain = paths["none"]
    axis = int(np.argmax(np.nan_to_num(np.nanstd(plain, axis=0))))
    middle = np.nanmean(plain[:, axis])
    for name, path in paths.items():
        values = (path[:, axis] - middle) / height * 100
        dots = {"marker": "o", "markersize": 3.2, "linewidth": 0.9} if name == "none" else {"linewidth": 1.8}
        axes.plot(times, values, color=COLORS[name], label=name, alpha=0.9, **dots)
    axes.margins(x=0.01)


def _bars(axes: Axes, values: Mapping[Smooth, float], label: str) -> None:
    axes.set_title(label, loc="left", fontsize=10, color=TEXT_COLOR)
    axes.grid(visible=False)
    heights = [value if np.isfinite(value) else 0.0 for value in values.values()]
    bars = axes.bar(list(values), heights, width=0.55, color=[COLORS[name] for name in values])
    labels = [f"{value:.2g}" if np.isfinite(value) else "-" for value in values.values()]
    axes.bar_label(bars, labels, fontsize=9, padding=2, color=TEXT_COLOR)
    axes.margins(y=0.15)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _style(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GRID_COLOR)
    axes.tick_params(colors=TEXT_COLOR, labelsize=9, length=0)
    axes.grid(color=GRID_COLOR, linewidth=0.7)
    axes.set_axisbelow(True)
