"""What the 3-D view draws: a known motion seen from the side gives the known picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.people import Person
from app.core.skeleton import load_skeleton
from app.evaluate.motions import SIZE
from app.overlay.colors import FINGERS, SIDE_COLORS, area_of
from app.overlay.orbit_camera import DIRECTIONS, OrbitCamera
from app.overlay.shape import Color, Dot, Line, TaperedBone, Text
from app.overlay.space_placement import PlacedPerson, place
from app.overlay.space_scene import SpaceColors, SpaceShape, Stick, floor_shapes, grid_step, people_shapes
from app.overlay.style import DrawStyle
from tests.app.overlay.space_people import around, people_in_space

HALPE = load_skeleton("halpe26")
VIEW = (500.0, 400.0)
COLORS = SpaceColors(*(Color(level, level, level) for level in (20, 50, 10, 5, 200)))
MIDDLE = OrbitCamera(target=(0.0, 0.9, 0.0))


def placed_at(motions: Path, index: int = 60, number: int = 1) -> PlacedPerson:
    _, people = people_in_space(motions, "02_01", "oblique", number)
    placed = place(people[index], around(people, index), HALPE, SIZE)
    assert placed is not None
    return placed


def camera_on(placed: PlacedPerson, direction: str) -> OrbitCamera:
    x, _, z = placed.pelvis.tolist()
    return OrbitCamera(target=(x, 0.9, z)).looking(DIRECTIONS[direction])


def dots(shapes: list[SpaceShape]) -> list[Dot]:
    """The joints, without their outlines."""
    return [shape for shape in shapes if isinstance(shape, Dot) and shape.color != COLORS.outline]


def test_a_walk_seen_from_the_side_is_the_walk_as_it_was(motions: Path) -> None:
    placed = placed_at(motions)
    camera = camera_on(placed, "side")
    shapes = people_shapes([placed], HALPE, DrawStyle(ids=False), camera, VIEW, COLORS)
    one, _ = people_in_space(motions, "02_01", "oblique")
    true = (one.motion.points[60] - one.motion.points[60, [11, 12]].mean(axis=0)) @ one.camera.axes.T
    scale = camera.pixels_per_meter(VIEW)
    # From the right of the picture, what is away from the camera is to the right.
    across = 250 + true[:, 2] * scale
    up = 200 - (placed.pelvis[1] - true[:, 1] - 0.9) * scale
    drawn = np.array(sorted(shape.at for shape in dots(shapes)))
    np.testing.assert_allclose(drawn, np.array(sorted(zip(across, up, strict=True))), atol=0.01)


def test_left_and_right_have_the_colors_of_the_overlay(motions: Path) -> None:
    placed = placed_at(motions)
    camera = camera_on(placed, "front")
    shapes = people_shapes([placed], HALPE, DrawStyle(ids=False), camera, VIEW, COLORS)
    pixels = camera.project(placed.points, VIEW)
    for name in ("left_wrist", "right_wrist"):
        row = HALPE.names.index(name)
        dot = min(dots(shapes), key=lambda one: np.hypot(*(np.array(one.at) - pixels[row, :2])))
        side = SIDE_COLORS["left" if name.startswith("left") else "right"]
        depth = pixels[row, 2] - camera.distance
        share = min(max(0.35 * depth, 0.0), 0.45)
        np.testing.assert_allclose(dot.color[:3], np.array(side[:3]) * (1 - share) + 20 * share, atol=1)


def test_near_limbs_are_painted_last_and_are_thicker(motions: Path) -> None:
    placed = placed_at(motions)
    far = replace(placed, points=placed.points - [0.3, 0, 1.5], pelvis=placed.pelvis - [0.3, 0, 1.5])
    camera = replace(camera_on(placed, "front"), parallel=False)
    shapes = people_shapes([placed, far], HALPE, DrawStyle(ids=False), camera, VIEW, COLORS)
    sticks = [s for s in shapes if isinstance(s, Stick) and s.color not in (COLORS.outline, COLORS.shadow)]
    alone = people_shapes([far], HALPE, DrawStyle(ids=False), camera, VIEW, COLORS)
    far_sticks = [s for s in alone if isinstance(s, Stick) and s.color not in (COLORS.outline, COLORS.shadow)]
    assert sticks[: len(far_sticks)] == far_sticks
    assert max(s.width_a for s in sticks[len(far_sticks) :]) > 1.3 * max(s.width_a for s in far_sticks)


def test_the_shadow_lies_on_the_floor_under_the_person(motions: Path) -> None:
    placed = placed_at(motions)
    high = replace(placed, points=placed.points + [0, 0.5, 0], pelvis=placed.pelvis + [0, 0.5, 0])
    camera = replace(camera_on(placed, "front"), elevation=20.0, parallel=False)

    def shadow(one: PlacedPerson) -> list[tuple[float, float]]:
        shapes = people_shapes([one], HALPE, DrawStyle(ids=False), camera, VIEW, COLORS)
        return [s.a for s in shapes if isinstance(s, Stick) and s.color == COLORS.shadow]

    assert shadow(placed)
    np.testing.assert_allclose(shadow(high), shadow(placed))


@pytest.mark.parametrize(("style", "kind"), [("lines", Stick), ("bones", TaperedBone), ("dots", type(None))])
def test_the_style_of_the_overlay_is_followed(motions: Path, style: str, kind: type) -> None:
    placed = placed_at(motions)
    drawn = people_shapes([placed], HALPE, DrawStyle(style=style, ids=False), MIDDLE, VIEW, COLORS)  # type: ignore[arg-type]
    limbs = [s for s in drawn if isinstance(s, Stick | TaperedBone) and s.color != COLORS.shadow]
    assert {type(limb) for limb in limbs} == (set() if style == "dots" else {kind})


def test_names_stand_over_the_heads(motions: Path) -> None:
    placed = placed_at(motions, number=3)
    camera = camera_on(placed, "front")
    named = people_shapes([placed], HALPE, DrawStyle(names={3: "Ada"}), camera, VIEW, COLORS)
    (text,) = [shape for shape in named if isinstance(shape, Text)]
    assert text.text == "Ada"
    assert text.at[1] < min(dot.at[1] for dot in dots(named))


def test_unknown_keypoints_are_not_drawn(motions: Path) -> None:
    placed = placed_at(motions)
    hidden = placed.points.copy()
    hidden[HALPE.names.index("left_wrist")] = np.nan
    camera = camera_on(placed, "front")
    whole, rest = (
        people_shapes([replace(placed, points=points)], HALPE, DrawStyle(ids=False), camera, VIEW, COLORS)
        for points in (placed.points, hidden)
    )
    assert len(dots(whole)) - len(dots(rest)) == 1
    unknown = replace(placed, points=np.full_like(placed.points, np.nan))
    assert people_shapes([unknown], HALPE, DrawStyle(), camera, VIEW, COLORS) == []


@pytest.mark.parametrize("distance", [0.4, 4.0, 30.0])
@pytest.mark.parametrize("elevation", [-30.0, 0.0, 15.0, 90.0])
def test_the_floor_is_cut_off_in_front_of_the_camera(distance: float, elevation: float) -> None:
    camera = OrbitCamera(20.0, elevation, distance, (0.3, 0.9, -4.0))
    lines = [shape for shape in floor_shapes(camera, VIEW, COLORS) if isinstance(shape, Line)]
    assert all(np.isfinite([*line.a, *line.b]).all() for line in lines)


@pytest.mark.parametrize("distance", [1.0, 4.0, 30.0])
def test_the_floor_has_cells_of_the_stated_width(distance: float) -> None:
    camera = replace(MIDDLE, distance=distance).looking(DIRECTIONS["top"])
    lines = [shape for shape in floor_shapes(camera, VIEW, COLORS) if isinstance(shape, Line)]
    upright = sorted(line.a[0] for line in lines if abs(line.a[0] - line.b[0]) < 1e-6 and line.a[1] != line.b[1])
    cell = grid_step(camera) * camera.pixels_per_meter(VIEW)
    np.testing.assert_allclose(np.diff(upright), cell)
    assert cell > 20


def test_the_side_of_the_filming_camera_is_written_on_the_floor() -> None:
    camera = OrbitCamera(0.0, 20.0, 4.0)
    (text,) = [shape for shape in floor_shapes(camera, VIEW, COLORS, "Camera") if isinstance(shape, Text)]
    assert text.at[0] == pytest.approx(250)
    assert text.at[1] > 200
    level = replace(camera, elevation=0.0)
    assert not [shape for shape in floor_shapes(level, VIEW, COLORS, "Camera") if isinstance(shape, Text)]


def test_hands_from_afar_are_fingers_and_not_a_heap_of_joints() -> None:
    whole = load_skeleton("wholebody133")
    points = np.full((133, 3), np.nan)
    hand = [row for row, name in enumerate(whole.names) if area_of(whole, row).part in FINGERS and "left" in name]
    for number, row in enumerate(hand):
        points[row] = [0.025 * (number // 4), 0.9 + 0.03 * (number % 4), 0.0]
    person = Person(
        1, 0.9, np.zeros(4, np.float32), np.ones((133, 3), np.float32), points_3d=np.ones((133, 4), np.float32)
    )
    placed = PlacedPerson(person, points, np.zeros(3))
    for distance, count in ((5.0, 0), (0.5, len(hand))):
        camera = replace(MIDDLE, distance=distance, azimuth=0.0)
        shapes = people_shapes([placed], whole, DrawStyle(ids=False), camera, VIEW, COLORS)
        assert len(dots(shapes)) == count
        fingers = [shape for shape in shapes if isinstance(shape, Stick) and shape.color != COLORS.outline]
        assert len(fingers) >= 15
