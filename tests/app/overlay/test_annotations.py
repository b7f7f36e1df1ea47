"""Annotations stay at their pixels and frames or follow keypoints, and are kept as plain data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import FramePoses
from app.overlay import Annotation, Annotations, Color, DrawStyle, Marks, Place, painted
from app.overlay.annotation_shapes import annotation_parts, value
from app.overlay.annotations import following, moved, places
from app.overlay.label import Label
from tests.app.overlay.test_overlay import COCO, SIZE, gray, person, poses

LINE = Annotation("line", (Place(100, 100), Place(300, 200)))
ALL = Annotations(
    (
        LINE,
        Annotation("distance", (Place(1.5, 2), Place(3, 4)), color=Color(255, 90, 90), frames=(4, 9)),
        Annotation("angle", (Place(0, -3.25, 2, "left_knee"), Place(5, 6), Place(7, 8, 2, "left_hip"))),
        Annotation("arrow", (Place(50, 60), Place(70, 80))),
        Annotation("text", (Place(9, 10),), "Heel first, 脚跟先着地", Color(255, 255, 255, 0.5), (3, 3)),
    )
)


def test_annotations_are_the_same_after_json() -> None:
    assert Annotations.from_plain(json.loads(json.dumps(ALL.to_plain()))) == ALL
    assert Annotations.from_plain([]) == Annotations()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "circle"},
        {"points": [[1, 2]]},
        {"points": [[1, 2], [3, "x"]]},
        {"points": [[1, 2], [3, float("nan")]]},
        {"points": [[1, 2], [3, 4, 1, ""]]},
        {"points": [[1, 2], [3, 1e30]]},
        {"color": [1, 2, 300, 1]},
        {"color": None},
        {"frames": [5, 4]},
        {"frames": [1]},
        {"text": 3},
    ],
)
def test_bad_data_is_refused_with_one_sentence(change: dict[str, Any]) -> None:
    with pytest.raises(StanceError, match="Annotation 2 cannot be read: wanted a kind"):
        Annotations.from_plain([LINE.to_plain(), LINE.to_plain() | change])
    wrong: tuple[object, ...] = ({}, None, "line", [3])
    for whole in wrong:
        with pytest.raises(StanceError, match="wanted"):
            Annotations.from_plain(whole)


def lit(annotation: Annotation, shown: FramePoses, **style: Any) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Where the annotation changes a gray picture."""
    chosen = DrawStyle(skeleton=False, ids=False, marks=Marks(annotations=Annotations((annotation,))), **style)
    return (painted(gray(), shown, COCO, chosen) != 128).any(axis=2)


def test_an_annotation_is_drawn_in_its_frames_only() -> None:
    for frames, shown in ((None, {3, 4, 5, 6}), ((4, 5), {4, 5}), ((6, 6), {6})):
        annotation = replace(LINE, frames=frames)
        assert {index for index in range(3, 7) if lit(annotation, FramePoses(index, 0.0, ())).any()} == shown


def test_a_line_is_drawn_from_end_to_end_and_mirrored_with_the_picture() -> None:
    plain, flipped = lit(LINE, poses()), lit(LINE, poses(), mirror=True)
    rows, columns = np.nonzero(plain)
    assert (columns.min(), columns.max()) == pytest.approx((100, 300), abs=4)
    assert (rows.min(), rows.max()) == pytest.approx((100, 200), abs=4)
    assert plain[150, 200]
    assert (plain[:, ::-1] == flipped).mean() > 0.999


def test_each_end_follows_its_keypoint_and_is_hidden_with_it() -> None:
    someone = person(size=300)
    wrist, ankle = (COCO.names.index(name) for name in ("left_wrist", "right_ankle"))
    ends = tuple((x + 2.0, y - 1.0) for x, y, _ in someone.keypoints[[wrist, ankle]].tolist())
    bound = following(replace(LINE, kind="distance"), ends, poses(someone), COCO, 0.3)
    assert bound is not None
    assert [(point.keypoint, point.x, point.y) for point in bound.points] == [
        ("left_wrist", 0, 0),
        ("right_ankle", 0, 0),
    ]
    keypoints = someone.keypoints.copy()
    keypoints[:, :2] += (30, 12)
    later = replace(someone, keypoints=keypoints)
    at = places(bound, poses(later), COCO, 0.3)
    assert at is not None
    assert np.array(at) == pytest.approx(keypoints[[wrist, ankle], :2], abs=1e-3)
    keypoints[ankle, 2] = 0.1
    assert places(bound, poses(replace(someone, keypoints=keypoints)), COCO, 0.3) is None
    assert places(bound, poses(replace(later, id=2)), COCO, 0.3) is None
    assert following(LINE, ends, poses(), COCO, 0.3) is None


def test_an_arrow_follows_as_a_whole_and_keeps_its_shape() -> None:
    someone = person(size=300)
    x, y, _ = someone.keypoints[COCO.names.index("left_knee")].tolist()
    bound = following(Annotation("arrow", LINE.points), ((x + 80, y - 40), (x + 3, y)), poses(someone), COCO, 0.3)
    assert bound is not None
    assert [(point.keypoint, round(point.x), round(point.y)) for point in bound.points] == [
        ("left_knee", 80, -40),
        ("left_knee", 3, 0),
    ]
    further = moved(bound, 0, (x + 80, y - 40), (x + 90, y - 45))
    assert (further.points[0].x, further.points[0].y) == pytest.approx((90, -45))


def test_values_of_distances_and_angles() -> None:
    assert value(Annotation("distance", LINE.points), ((0.0, 0.0), (30.0, 40.0))) == "50 px"
    assert value(Annotation("distance", LINE.points), ((0.0, 0.0), (30.0, 40.0)), 0.0213) == "1.06 m"
    assert value(ALL.items[2], ((10.0, 0.0), (0.0, 0.0), (0.0, 10.0))) == "90°"
    assert value(ALL.items[2], ((10.0, 0.0), (0.0, 0.0), (-10.0, -1.0))) == "174°"
    assert value(ALL.items[4], ((10.0, 0.0),)) == "Heel first, 脚跟先着地"
    assert value(LINE, ((0.0, 0.0), (1.0, 1.0))) == ""


def test_labels_stay_inside_of_the_picture() -> None:
    for x, y in ((0, 0), (639, 479), (2000, -50)):
        text = Annotation("text", (Place(x, y),), "Look here")
        (label,) = annotation_parts(text, poses(), COCO, DrawStyle(), SIZE)
        assert isinstance(label, Label)
        assert label.at[0] - label.half_width > 0
        assert label.at[0] + label.half_width < SIZE[0]
        assert 0 < label.at[1] < SIZE[1]
