"""Bottom-up networks: people of painted pictures, with and without a card."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Floats, Frame, Image
from app.inference.bottom_up_card import (
    BODY25_FIELDS,
    BODY25_LIMBS,
    COCO17_ORDER,
    AssociativeEmbedding,
    BottomUpCard,
    CenterOffsets,
    PartAffinity,
)
from app.inference.model_card import InputSpec, Provenance, read_card, write_card
from app.pose.bottom_up import BottomUpModel
from app.pose.grouping.rescoring import FEATURES, RESCORING_KEY, Layer, Rescoring
from app.pose.model import Candidates, PoseModel
from app.pose.open_model import open_pose_model
from tests.app.pose import painted

CENTERS = [(60, 64), (200, 60)]
TAGS = BottomUpCard("tags", painted.BASE, AssociativeEmbedding(), painted.POINTS)


OFFSETS = BottomUpCard("offsets", painted.BASE, CenterOffsets(flip_shift=0), painted.POINTS)
OPENPOSE = InputSpec((painted.HEIGHT, painted.HEIGHT))


def fields_card(spec: PartAffinity, skeleton: str = "openpose18") -> BottomUpCard:
    return BottomUpCard("fields", OPENPOSE, spec, skeleton, resize="height", multiple=8, place="corner", pad=128)


def people_of(model: PoseModel, image: Image) -> Candidates:
    nothing = Candidates.from_boxes(np.empty((0, 4), np.float32), np.empty(0, np.float32))
    found = model.estimate([Frame(0, 0.0, image)], nothing)
    return found[np.argsort(found.boxes[:, 0])]


def wanted(keypoints: int = 17) -> Floats:
    return np.array([painted.shape_of(keypoints) + np.array(center) for center in CENTERS], np.float32)


def test_the_size_of_a_card_can_be_changed_if_the_network_takes_any(tmp_path: Path) -> None:
    path = painted.higher_hrnet(tmp_path / "tags.onnx", TAGS)
    model: Any = open_pose_model(path, "cpu", crop=(192, 192))
    assert (model.card.picture.size, model.card.provenance.chosen) == ((192, 192), ("size",))
    assert len(people_of(model, painted.paint(CENTERS))) == 2
    with pytest.raises(StanceError, match=r"The input size of tags\.onnx is 9999x192: wanted 1 to 8192"):
        open_pose_model(path, "cpu", crop=(9999, 192))


@pytest.mark.parametrize("flip_test", [False, True])
def test_people_are_found_where_they_are_painted(tmp_path: Path, flip_test: bool) -> None:
    model = open_pose_model(painted.higher_hrnet(tmp_path / "tags.onnx", TAGS), "cpu", flip_test)
    assert isinstance(model, BottomUpModel)
    assert model.info.proposals == "self"
    found = people_of(model, painted.paint(CENTERS))
    assert len(found) == 2
    np.testing.assert_allclose(found.poses[..., :2], wanted(), atol=1.5)
    assert (found.poses[..., 2] > 0.4).all()
    assert ((found.scores > 0.4) & (found.scores <= 1)).all()
    for box, points in zip(found.boxes, wanted(), strict=True):
        assert (box[:2] < points.min(axis=0)).all()
        assert (box[2:] > points.max(axis=0)).all()


def test_people_are_found_by_centers_and_offsets(tmp_path: Path) -> None:
    model = open_pose_model(painted.dekr(tmp_path / "offsets.onnx", OFFSETS), "cpu")
    found = people_of(model, painted.paint(CENTERS))
    np.testing.assert_allclose(found.poses[..., :2], wanted(), atol=4)
    assert (found.poses[..., 2] > 0.2).all()
    (cells, matrix), _ = model.heatmap(painted.paint(CENTERS), found.boxes, 5)
    y, x = np.unravel_index(cells.argmax(), cells.shape)
    np.testing.assert_allclose(matrix @ np.array([x, y, 1]), wanted()[0, 5], atol=4)


def test_people_are_rescored_in_pixels_of_the_picture(tmp_path: Path) -> None:
    weight = np.zeros((1, FEATURES), np.float32)
    weight[0, -1] = 0.5  # half the score of the last keypoint, and a quarter
    rescoring = Rescoring([Layer(weight, np.array([0.25], np.float32))])
    spec = CenterOffsets(rescore=True)
    card = BottomUpCard("offsets", painted.BASE, spec, painted.POINTS)
    path = painted.dekr(tmp_path / "rescored.onnx", card, metadata={RESCORING_KEY: rescoring.to_text()})
    plain = people_of(open_pose_model(painted.dekr(tmp_path / "offsets.onnx", OFFSETS), "cpu"), painted.paint(CENTERS))
    found = people_of(open_pose_model(path, "cpu"), painted.paint(CENTERS))
    np.testing.assert_array_equal(found.poses, plain.poses)
    # What is shown are the roots of the products of scores.
    wanted = plain.scores**2 * (0.25 + 0.5 * plain.poses[:, -1, 2] ** 2)
    np.testing.assert_allclose(found.scores**2, wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("keypoints", "sentence"), [(17, "holds no network for it"), (26, "but poses of 17 keypoints are rescored")]
)
def test_a_card_without_its_rescoring_network_is_refused(tmp_path: Path, keypoints: int, sentence: str) -> None:
    card = BottomUpCard(
        "offsets", painted.BASE, CenterOffsets(rescore=True), "coco17" if keypoints == 17 else "halpe26"
    )
    with pytest.raises(StanceError, match=sentence):
        open_pose_model(painted.dekr(tmp_path / "offsets.onnx", card, keypoints=keypoints), "cpu")


@pytest.mark.parametrize("grouping", ["greedy", "ilp"])
@pytest.mark.parametrize("dialect", ["hzzone", "tensorboy"])
def test_people_are_found_by_part_affinity_fields(
    tmp_path: Path, dialect: Literal["hzzone", "tensorboy"], grouping: Literal["greedy", "ilp"]
) -> None:
    spec = PartAffinity(dialect=dialect, grouping=grouping, time_limit=60)
    model = open_pose_model(painted.openpose(tmp_path / "fields.onnx", fields_card(spec), spec), "cpu")
    found = people_of(model, painted.paint(CENTERS, 18))
    np.testing.assert_allclose(found.poses[..., :2], wanted(18), atol=2.5)
    assert (found.poses[..., 2] > 0.5).all()
    assert (found.scores > 0.5).all()


def test_people_with_25_keypoints_are_found_by_part_affinity_fields(tmp_path: Path) -> None:
    spec = PartAffinity(limbs=BODY25_LIMBS, fields=BODY25_FIELDS)
    model = open_pose_model(painted.openpose(tmp_path / "fields.onnx", fields_card(spec, "body25"), spec), "cpu")
    found = people_of(model, painted.paint(CENTERS, 21))
    # Red has room for 21 dots.
    np.testing.assert_allclose(found.poses[:, :21, :2], wanted(25)[:, :21], atol=2.5)


def test_the_network_runs_at_all_scales_of_the_card(tmp_path: Path) -> None:
    card = BottomUpCard("tags", painted.BASE, AssociativeEmbedding(), painted.POINTS, scales=(0.5, 1.0, 2.0))
    model = open_pose_model(painted.higher_hrnet(tmp_path / "tags.onnx", card), "cpu", flip_test=True)
    assert isinstance(model, BottomUpModel)
    runs = model._runs(painted.paint(CENTERS), flip_test=True)
    # The short side is 64 pixels at scale 0.5, and the long side is a multiple of 64 there.
    assert [run.outputs[1].shape for run in runs] == [(17, 128, 384), (17, 64, 192), (17, 32, 96)]
    assert all(run.mirrored is not None for run in runs)
    assert len(people_of(model, painted.paint([]))) == 0


def test_missing_keypoints_lie_in_the_middle_of_the_others_without_score(tmp_path: Path) -> None:
    card = BottomUpCard("tags", painted.BASE, AssociativeEmbedding(refine=False), painted.POINTS)
    model = open_pose_model(painted.higher_hrnet(tmp_path / "tags.onnx", card), "cpu")
    found = people_of(model, painted.paint(CENTERS, missing=(3, 5)))
    assert (found.poses[0, [3, 5], 2] == 0).all()
    others = np.delete(found.poses[0, :, :2], [3, 5], axis=0)
    np.testing.assert_allclose(found.poses[0, [3, 5], :2], [(others.min(axis=0) + others.max(axis=0)) / 2] * 2)


def test_an_empty_picture_has_no_people_and_no_heatmap(tmp_path: Path) -> None:
    model = open_pose_model(painted.higher_hrnet(tmp_path / "tags.onnx", TAGS), "cpu", flip_test=True)
    found = people_of(model, painted.paint([]))
    assert found.boxes.shape == (0, 4)
    assert found.poses.shape == (0, 17, 3)
    assert model.heatmap(painted.paint([]), found.boxes, 0) == []


def test_heatmaps_show_the_keypoint_of_each_person(tmp_path: Path) -> None:
    model = open_pose_model(painted.higher_hrnet(tmp_path / "tags.onnx", TAGS), "cpu")
    image = painted.paint(CENTERS)
    boxes = people_of(model, image).boxes
    for keypoint in (0, 16):
        maps = model.heatmap(image, boxes, keypoint)
        assert len(maps) == 2
        for (cells, matrix), points in zip(maps, wanted(), strict=True):
            y, x = np.unravel_index(cells.argmax(), cells.shape)
            np.testing.assert_allclose(matrix @ np.array([x, y, 1]), points[keypoint], atol=1.5)


def test_a_fixed_input_is_letterboxed(tmp_path: Path) -> None:
    side = painted.WIDTH
    card = BottomUpCard("tags", InputSpec((side, side)), AssociativeEmbedding(), painted.POINTS, resize="letterbox")
    model = open_pose_model(painted.higher_hrnet(tmp_path / "tags.onnx", card, (side, side)), "cpu")
    np.testing.assert_allclose(people_of(model, painted.paint(CENTERS)).poses[..., :2], wanted(), atol=1.5)


@pytest.mark.parametrize("size", [painted.ANY_SIZE, (256, 192)])
def test_networks_without_a_card_are_recognized(tmp_path: Path, size: tuple[Any, Any]) -> None:
    model = open_pose_model(painted.higher_hrnet(tmp_path / "foreign.onnx", None, size), "cpu")
    card = model.card
    assert isinstance(card, BottomUpCard)
    assert isinstance(card.grouping, AssociativeEmbedding)
    assert card.resolved_skeleton.name == "coco17"
    assert card.picture.size == ((192, 256) if size[0] == 256 else (512, 512))
    assert card.resize == ("letterbox" if size[0] == 256 else "short-side")
    assert {"grouping", "resize", "skeleton", "mean"} <= set(card.provenance.assumed)


@pytest.mark.parametrize("size", [painted.ANY_SIZE, (256, 320)])
def test_one_output_with_heatmaps_and_tags_is_recognized(tmp_path: Path, size: tuple[Any, Any]) -> None:
    path = painted.hourglass(tmp_path / "foreign.onnx", None, size)
    model = open_pose_model(path, "cpu", crop=None if size[0] == 256 else (128, 128))
    assert model.info.proposals == "self"
    card = model.card
    assert isinstance(card, BottomUpCard)
    assert card.grouping == AssociativeEmbedding(order=COCO17_ORDER)
    assert (card.resolved_skeleton.name, card.resize) == (("coco17", "letterbox" if size[0] == 256 else "short-side"))
    assert {"grouping", "skeleton", "mean"} <= set(card.provenance.assumed)


def test_one_output_with_as_many_maps_as_two_hands_is_a_top_down_network(tmp_path: Path) -> None:
    model = open_pose_model(painted.hourglass(tmp_path / "foreign.onnx", None, (256, 256), keypoints=21), "cpu")
    assert model.info.proposals == "boxes"
    assert len(model.info.skeleton.names) == 42


def test_other_networks_without_a_card_are_recognized(tmp_path: Path) -> None:
    model = open_pose_model(painted.dekr(tmp_path / "offsets.onnx", None), "cpu")
    assert (model.card.grouping, model.card.skeleton.name) == (CenterOffsets(), "coco17")
    model = open_pose_model(painted.openpose(tmp_path / "fields.onnx", None, PartAffinity()), "cpu")
    assert (model.card.grouping, model.card.skeleton.name) == (PartAffinity(), "openpose18")
    assert (model.card.resize, model.card.picture.color, model.card.picture.std[0]) == ("height", "bgr", 256)
    assert model.card.picture.size == (184, 184)
    assert "size" in model.card.provenance.assumed


def test_the_base_size_of_a_network_without_a_card_can_be_chosen(tmp_path: Path) -> None:
    path = painted.higher_hrnet(tmp_path / "foreign.onnx", None)
    assert open_pose_model(path, "cpu", crop=(256, 256)).card.picture.size == (256, 256)


def test_invalid_numbers_of_a_network_count_as_nothing(tmp_path: Path) -> None:
    graph = painted.Graph()
    red = graph.add("Neg", [graph.channel(0)])
    invalid = graph.add("MaxPool", [graph.add("Sqrt", [red])], kernel_shape=[4, 4], strides=[4, 4])
    coarse = graph.add("Concat", [graph.heatmaps(17, 4), *[invalid] * 17], axis=1)
    path = graph.save(tmp_path / "tags.onnx", [coarse, graph.heatmaps(17, 2)], TAGS, painted.ANY_SIZE)
    found = people_of(open_pose_model(path, "cpu"), painted.paint(CENTERS))
    assert np.isfinite(found.poses).all()


@pytest.mark.parametrize(
    ("card", "size", "sentence"),
    [
        (TAGS, (128, 128), "says any size: wanted a card that fits"),
        (BottomUpCard("tags", painted.BASE, AssociativeEmbedding(), "coco17", resize="letterbox"), (64, 64), "128"),
        (BottomUpCard("tags", painted.BASE, AssociativeEmbedding(), "halpe26"), painted.ANY_SIZE, "26 keypoints"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(
    tmp_path: Path, card: BottomUpCard, size: tuple[Any, Any], sentence: str
) -> None:
    with pytest.raises(StanceError, match=sentence):
        open_pose_model(painted.higher_hrnet(tmp_path / "tags.onnx", card, size), "cpu")


def test_cards_are_read_as_they_were_written() -> None:
    card = BottomUpCard("a", InputSpec((64, 64)), AssociativeEmbedding(udp=True), "coco17", scales=(0.5, 1.0, 2.0))
    assert read_card(write_card(card), "a.onnx") == card
    assert card.provenance == Provenance()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ('"scales":[2]', "the scales do not contain 1"),
        ('"resize":"letterbox","scales":[1,2]', "a letterboxed picture has one scale only"),
        ('"grouping":{"type":"paf","limbs":[[0,1]]}', "there are 19 fields for 1 limbs"),
    ],
)
def test_invalid_cards_are_refused(options: str, sentence: str) -> None:
    text = '{"kind":"pose-bottom-up","name":"a","picture":{"size":[64,64]},"grouping":{"type":"ae"},"skeleton":"coco17"'
    with pytest.raises(StanceError, match=sentence):
        read_card(f"{text},{options}}}", "a.onnx")
