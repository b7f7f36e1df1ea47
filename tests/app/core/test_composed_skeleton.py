"""Skeletons of a body with hands and a face."""

from __future__ import annotations

import pytest

from app.core.composed_skeleton import compose
from app.core.settings import Face
from app.core.skeleton import load_skeleton

BODIES = ["coco17", "halpe26"]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("hands", "face", "count"), [(True, "", 42), (False, "68", 68), (True, "mesh", 510)])
def test_the_keypoints_of_the_body_come_first(body: str, hands: bool, face: Face, count: int) -> None:
    alone = load_skeleton(body)
    layout = compose(alone, hands, face)
    skeleton, kept = layout.skeleton, len(alone.names)
    assert skeleton.names[:kept] == alone.names
    assert len(set(skeleton.names)) == len(skeleton.names) == kept + count
    assert skeleton.limbs[: len(alone.limbs)] == alone.limbs
    assert skeleton.sigmas[:kept] == alone.sigmas
    assert [*layout.body, *layout.face, *layout.hands[0], *layout.hands[1]] == list(range(len(skeleton.names)))


@pytest.mark.parametrize("body", BODIES)
def test_left_and_right_hands_are_counterparts(body: str) -> None:
    skeleton = compose(load_skeleton(body), True, "mesh").skeleton
    for left, right in enumerate(skeleton.flip_order):
        assert skeleton.flip_order[right] == left
        if skeleton.side(left) == "left":
            assert skeleton.names[right] == skeleton.names[left].replace("left", "right")


def test_a_body_with_feet_hands_and_68_points_has_the_whole_layout() -> None:
    whole = load_skeleton("wholebody133")
    layout = compose(load_skeleton("halpe26"), True, "68")
    rows = layout.skeleton.subset(whole)
    assert rows is not None
    assert [layout.skeleton.sigmas[row] for row in rows[23:]] == list(whole.sigmas[23:])
    limbs = {frozenset(layout.skeleton.names[end] for end in limb) for limb in layout.skeleton.limbs}
    fingers = {frozenset(whole.names[end] for end in limb) for limb in whole.limbs if min(limb) >= 91}
    assert fingers <= limbs
    assert layout.skeleton.subset(load_skeleton("coco17")) == list(range(17))


def test_a_body_alone_is_itself() -> None:
    body = load_skeleton("halpe26")
    layout = compose(body, False, "")
    assert layout.skeleton is body
    assert not any([*layout.hands, layout.face])
