"""Names of angles are checked before anything runs; live angles agree with those of the clip."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis import Analysis
from app.analysis.shown_angles import ClipAngles, LiveAngles, check_angles, parse_angles
from app.core.errors import StanceError
from app.core.skeleton import load_skeleton
from tests.app.analysis.test_facing import HALPE
from tests.app.overlay.test_angle_readout import frames

NAMES = ("right knee", "left hip", "trunk")


def test_names_are_written_with_spaces_or_underscores() -> None:
    assert parse_angles("right_knee,left knee, right_knee") == ("right knee", "left knee")
    for wrong in ("knee", "", "right_knee,,left_knee", "right knee;left knee"):
        with pytest.raises(StanceError, match=r"There is no angle .*: wanted one of right_ankle, left_ankle"):
            parse_angles(wrong)


def test_a_skeleton_without_the_keypoints_is_named() -> None:
    check_angles(("right ankle", "trunk"), HALPE)
    with pytest.raises(StanceError, match="The skeleton coco17 has no angle 'right_ankle': wanted one of right_knee"):
        check_angles(("right ankle",), load_skeleton("coco17"))
    with pytest.raises(StanceError, match="The skeleton face106 has no angles: wanted"):
        check_angles(("trunk",), load_skeleton("face106"))


@pytest.mark.parametrize("degrees", [0.0, 20.0, 160.0, 180.0, 90.0])
def test_live_angles_agree_with_the_clip_once_the_person_was_seen(degrees: float) -> None:
    shown, analysis, clip = frames(np.full(60, degrees)), Analysis(HALPE), ClipAngles(NAMES)
    for poses in shown:
        analysis.add(poses)
    clip.fill(analysis, 0.3)
    live = LiveAngles(HALPE, NAMES, 0.3)
    for poses in shown:
        now, known = live.update(poses)[7], clip.at(7, poses.index)
        assert known is not None
        if poses.index > 10:
            assert now.facing == known.facing
            np.testing.assert_allclose(now.degrees, known.degrees, atol=1e-3)


def test_a_side_that_the_user_chose_is_used() -> None:
    live = LiveAngles(HALPE, NAMES, 0.3, {7: -1})
    assert {live.update(poses)[7].facing for poses in frames(np.zeros(30))} == {-1}


def test_after_a_jump_the_person_may_face_another_way_at_once() -> None:
    live = LiveAngles(HALPE, NAMES, 0.3)
    right, left = frames(np.zeros(60)), frames(np.full(200, 180.0))
    for poses in right:
        assert live.update(poses)[7].facing == 1
    assert live.update(left[150])[7].facing == -1
