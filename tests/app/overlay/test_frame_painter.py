"""Films show angles, grid, plumb line and legend where they belong, and only what is switched on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.core.composed_skeleton import compose
from app.core.people import FramePoses
from app.core.skeleton import Part, Skeleton, load_skeleton
from app.overlay import PART_COLORS, SIDE_COLORS, DrawStyle, FramePainter, Marks
from app.overlay.color_legend import legend_entries, legend_parts
from app.overlay.colors import FINGERS
from app.overlay.mark_shapes import grid_step
from app.overlay.shape import Dot, Text
from tests.app.analysis.test_facing import HALPE, body
from tests.app.overlay.test_angle_readout import frames
from tests.app.window.seen import walker

SIZE = (1000, 700)
GRAY = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
ALONE = DrawStyle(skeleton=False, ids=False)
TEXTS = {"left": "left", "right": "right", "arm": "arms", "leg": "legs", "trunk": "trunk"}


def changed(style: DrawStyle, poses: FramePoses | None = None) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Where a frame with a person who faces right differs from gray."""
    painter = FramePainter(HALPE, style)
    image = GRAY
    for frame in frames(np.zeros(10)) if poses is None else [poses]:
        image = painter.paint(GRAY, frame)
    return (image != GRAY).any(axis=2)


def test_an_angle_is_drawn_at_its_joint_in_the_color_of_its_side() -> None:
    for name, joint in (("right_knee", "right knee"), ("left_elbow", "left elbow")):
        style = replace(ALONE, marks=Marks(angles=(joint,)))
        painter = FramePainter(HALPE, style)
        image = [painter.paint(GRAY, frame) for frame in frames(np.zeros(10))][-1]
        x, y = body(np.zeros(10))[-1, HALPE.names.index(name), :2].round().astype(int).tolist()
        rows, columns = np.nonzero((image != GRAY).any(axis=2))
        assert len(rows) > 100
        assert abs(rows.mean() - y) < 40
        assert abs(columns.mean() - x) < 80
        side = SIDE_COLORS["right" if name.startswith("right") else "left"]
        assert (image == (side.blue, side.green, side.red)).all(axis=2).sum() > 50


def test_nothing_is_drawn_that_is_not_switched_on() -> None:
    assert not changed(ALONE).any()
    assert not changed(replace(ALONE, marks=Marks(angles=("right knee",))), FramePoses(0, 0.0, ())).any()
    assert not changed(replace(ALONE, marks=Marks(plumb=True)), FramePoses(0, 0.0, ())).any()


def test_the_plumb_line_is_upright_through_the_hips() -> None:
    columns = np.flatnonzero(changed(replace(ALONE, marks=Marks(plumb=True))).any(axis=0))
    hips = body(np.zeros(10))[-1, HALPE.names.index("hip"), 0]
    assert columns.mean() == pytest.approx(hips, abs=1.0)
    assert np.ptp(columns) < 8


def test_the_grid_has_square_cells_in_meters_if_the_scale_is_known() -> None:
    drawn = changed(replace(ALONE, marks=Marks(grid=True)))
    upright = np.flatnonzero(drawn.mean(axis=0) > 0.9)
    level = np.flatnonzero(drawn.mean(axis=1) > 0.9)
    for lines, length in ((upright, SIZE[0]), (level, SIZE[1])):
        middles = [group.mean() for group in np.split(lines, np.flatnonzero(np.diff(lines) > 5) + 1)]
        assert np.diff(middles) == pytest.approx(SIZE[0] / 12, abs=1.5)
        assert min(abs(np.array(middles) - (length - 1) / 2)) < 1.5
    assert grid_step(SIZE, 0.005) == pytest.approx(0.5 / 0.005)
    assert grid_step(SIZE, 0.1) == pytest.approx(10.0 / 0.1)


def test_the_legend_names_the_colors_that_are_used() -> None:
    coco = load_skeleton("coco17")
    poses = FramePoses(0, 0.0, (walker(1, 3),))
    for color, expected in (
        ("side", [SIDE_COLORS["left"], SIDE_COLORS["right"]]),
        ("part", [PART_COLORS["arm"], PART_COLORS["leg"], PART_COLORS["trunk"]]),
        ("person", []),
    ):
        style = DrawStyle(color=color, ids=False, marks=Marks(legend=TEXTS))  # type: ignore[arg-type]
        image = FramePainter(coco, style).paint(GRAY, poses)
        corner = image[-60:, :400]
        for shade in expected:
            assert (corner == (shade.blue, shade.green, shade.red)).all(axis=2).sum() > 20
        assert (corner != 128).any() == bool(expected)


@pytest.mark.parametrize(
    ("skeleton", "coloring", "expected"),
    [
        (compose(load_skeleton("coco17"), hands=True, face="").skeleton, "part", ["arm", "leg", "trunk", *FINGERS]),
        (compose(load_skeleton("coco17"), hands=True, face="").skeleton, "side", []),
        (load_skeleton("hand21"), "part", FINGERS),
        (load_skeleton("hand21"), "side", FINGERS),  # the side of a single hand is unknown
    ],
)
def test_the_legend_has_the_colors_of_fingers(skeleton: Skeleton, coloring: str, expected: list[Part]) -> None:
    """One text for all five, behind their dots."""
    texts = TEXTS | {"fingers": "thumb to little finger"}
    style = DrawStyle(color=coloring, marks=Marks(legend=texts))  # type: ignore[arg-type]
    entries = legend_entries(skeleton, style)
    if not expected:
        assert [text for _, text in entries] == ["left", "right"]
        return
    assert {color for color, _ in entries} >= {PART_COLORS[part] for part in expected}
    assert [text for _, text in entries][-5:] == ["", "", "", "", "thumb to little finger"]
    drawn = legend_parts(skeleton, style, (640, 480))
    assert [part.text for part in drawn if isinstance(part, Text)] == [text for _, text in entries if text]
    reach = [part.at[0] for part in drawn if isinstance(part, Dot)]
    assert reach == sorted(set(reach))
