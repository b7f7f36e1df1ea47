"""Body height in pixels, measured on true motions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.analysis.stature import height_px
from app.core.skeleton import load_skeleton
from tests.app.analysis.mocap import filmed, rolled

STANDING_AND_WALKING = ("01_01", "02_01", "02_04", "02_05", "02_06", "02_07", "02_09", "02_10", "03_01")
COCO = load_skeleton("coco17")


@pytest.mark.parametrize("name", STANDING_AND_WALKING)
def test_height_is_within_two_percent_in_a_side_view(shared: Path, name: str) -> None:
    one = filmed(shared / "mocap" / "cmu60.npz", name)
    found = height_px(one.motion.times_s, one.keypoints, one.motion.skeleton)
    assert found == pytest.approx(one.height_px, rel=0.02)


def test_missing_and_wrong_keypoints_do_not_change_it(shared: Path) -> None:
    one = filmed(shared / "mocap" / "cmu60.npz", "02_01")
    damaged = one.keypoints.copy()
    damaged[40:60, :, 2] = 0.0
    damaged[60:80, 13:17, :2] = 5.0
    damaged[:, one.motion.skeleton.names.index("left_heel"), 2] = np.nan
    found = height_px(one.motion.times_s, damaged, one.motion.skeleton)
    assert found == pytest.approx(one.height_px, rel=0.03)


def test_it_does_not_depend_on_the_camera_lying_on_its_side(shared: Path) -> None:
    one = filmed(shared / "mocap" / "cmu60.npz", "02_01")
    upright = height_px(one.motion.times_s, one.keypoints, one.motion.skeleton)
    lying = height_px(one.motion.times_s, rolled(one.keypoints, 90), one.motion.skeleton)
    assert lying == pytest.approx(upright, rel=1e-3)


def test_skeleton_without_head_and_feet_has_a_height(shared: Path) -> None:
    """The top of the head and the heels are added from the proportions of the body: less accurate."""
    one = filmed(shared / "mocap" / "cmu60.npz", "02_01")
    rows = [one.motion.skeleton.names.index(name) for name in COCO.names]
    found = height_px(one.motion.times_s, one.keypoints[:, rows], COCO)
    assert found == pytest.approx(one.height_px, rel=0.08)


def test_face_has_no_height() -> None:
    face = load_skeleton("face68")
    assert np.isnan(height_px(np.arange(5) / 30, np.ones((5, 68, 3), np.float32), face))
