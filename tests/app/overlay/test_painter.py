"""The people of a frame are painted as their shapes are, whatever is computed for all of them at once or kept."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.people import FramePoses, Person
from app.core.skeleton import load_skeleton
from app.overlay import COLORINGS, STYLES, Color, DrawStyle, TaperedBone, outline, paint, painted, shapes
from app.overlay.label import Label
from app.overlay.polygons import BLEED, SUBPIXELS, polygons
from app.overlay.style import Coloring, Style
from tests.app.overlay.test_overlay import COCO, SIZE, gray, person, poses

STREET = np.random.default_rng(7).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)


def some_people(keypoints: int) -> FramePoses:
    """Two overlapping people, one with short limbs; some keypoints are invisible or far outside of the frame."""
    generator = np.random.default_rng(3)
    people = []
    for number, size in ((1, 300.0), (2, 40.0)):
        at = 150 + generator.uniform(0, size, (keypoints, 2))
        scores = generator.uniform(0.1, 1, (keypoints, 1))
        at[number] = 1e7
        rows = np.concatenate([at, scores], axis=1).astype(np.float32)
        people.append(Person(number, 0.9, np.array([150, 150, 150 + size, 150 + size], np.float32), rows))
    return poses(*people)


@pytest.mark.parametrize("alpha", [1.0, 0.45])
@pytest.mark.parametrize("color", COLORINGS)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("skeleton", ["coco17", "wholebody133"])
def test_people_are_painted_as_their_shapes(skeleton: str, style: Style, color: Coloring, alpha: float) -> None:
    known = load_skeleton(skeleton)
    chosen = DrawStyle(style=style, color=color, alpha=alpha, boxes=True, ids=False)
    people = some_people(len(known.names))
    one_by_one = STREET.copy()
    paint(one_by_one, shapes(people, known, chosen, SIZE))
    differences = np.abs(painted(STREET, people, known, chosen).astype(int) - one_by_one).max(axis=-1)
    # Shapes of one color are painted in another order, whose edges differ by a little.
    assert (one_by_one != STREET).any()
    assert (differences > 3).sum() < 0.02 * (one_by_one != STREET).any(axis=-1).sum()
    assert differences.max() < 60


def test_person_with_fewer_keypoints_than_the_skeleton_is_painted() -> None:
    one = person()
    few = Person(1, 0.9, one.box, one.keypoints[:8])
    drawn = painted(gray(), poses(few), COCO, DrawStyle(threshold=0.0, ids=False))
    x, y = one.keypoints[7, :2].round().astype(int)
    assert (drawn[y, x] != 128).any()
    assert (painted(gray(), poses(Person(1, 0.9, one.box, one.keypoints[:0])), COCO, DrawStyle(ids=False)) == 128).all()


@pytest.mark.parametrize("at", [(320.4, 200.6), (2.2, 3.9), (636.0, 477.4), (-300.0, 20.0)])
@pytest.mark.parametrize("background", [Color(16, 18, 26, 0.72), Color(72, 120, 0)])
def test_label_looks_as_its_shapes_at_the_next_whole_pixel(at: tuple[float, float], background: Color) -> None:
    label = Label(at, "Ana 12", 17.0, 30.0, background, Color(255, 255, 255))
    kept, single = STREET.copy(), STREET.copy()
    paint(kept, [label])
    paint(kept, [label._replace(text="7", at=(320.0, 60.0))])
    paint(single, label._replace(at=(float(round(at[0])), float(round(at[1])))).shapes)
    paint(single, label._replace(text="7", at=(320.0, 60.0)).shapes)
    # OpenCV cuts shapes off at the edge of the frame a little differently.
    assert (np.abs(kept.astype(int) - single).max(axis=-1) > 4).sum() < 5
    assert (kept[60, 320] != STREET[60, 320]).any()


def test_bones_have_the_corners_of_their_outlines() -> None:
    bones = [
        TaperedBone((20.0, 50.0), (80.0, 10.0), 16.0, Color(0, 0, 0)),
        TaperedBone((5, 5), (5, 40), 3, Color(0, 0, 0)),
    ]
    ends = [value for bone in bones for end in (bone.a, bone.b) for value in end]
    corners = polygons(ends, [bone.width for bone in bones], True)
    for bone, found in zip(bones, corners, strict=True):
        expected = np.array(outline(bone, bone.width - 2 * BLEED)) * SUBPIXELS
        np.testing.assert_allclose(found, expected, atol=1)


def test_pixels_beside_translucent_shapes_stay_as_they_are() -> None:
    """They are divided into shares and put together again, for any opacity."""
    one = person(size=300)
    for alpha in (0.05, 0.31, 0.45, 0.72, 0.99):
        drawn = painted(STREET, poses(one), COCO, DrawStyle(alpha=alpha, ids=False))
        changed = (drawn != STREET).any(axis=-1)
        opaque = painted(gray(255), poses(one), COCO, DrawStyle(ids=False)) != 255
        assert not changed[~opaque.any(axis=-1)].any()
        white = painted(gray(255), poses(one), COCO, DrawStyle(alpha=alpha, ids=False, color="person"))
        assert (white[~opaque.any(axis=-1)] == 255).all()
