"""Networks without a card: which outputs contain keypoints, and the crop size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from app.core.errors import StanceError
from app.core.people import Floats
from app.inference.infer_card import Outputs, first_reading
from app.inference.model_card import DecodedKeypoints, Heatmap, Regression, SimCC
from app.inference.registry import POSE_RULES
from app.pose.outputs import InferredOutputs, Output
from app.pose.top_down import Estimator, open_estimator
from tests.faults import made

WIDTH, HEIGHT = made.SIZE
BOX = np.array([[0, 0, 480, 640]], np.float32)
PICTURE = np.zeros((640, 480, 3), np.uint8)

X, Y = (1, 17, 2 * WIDTH), (1, 17, 2 * HEIGHT)


def infer_outputs(shapes: Sequence[tuple[int, ...]], names: list[str], size: tuple[int, int]) -> InferredOutputs | None:
    """How outputs of these ``shapes`` and ``names`` are read, for one crop of ``size`` (width, height)."""
    return first_reading(POSE_RULES, Outputs(Path("net.onnx"), names, size, lambda: shapes))


@pytest.mark.parametrize(
    ("shapes", "wanted"),
    [
        ([X, Y], (SimCC(2.0), [0, 1])),
        ([Y, X], (SimCC(2.0), [1, 0])),
        ([X, Y, (1, 17, 1)], (SimCC(2.0), [0, 1])),
        ([(1, 17, 2), Y, X], (SimCC(2.0), [2, 1])),
        ([X, Y, X], (SimCC(2.0), [0, 1])),
        ([(1, 17, 16, 12)], (Heatmap(), [0])),
        ([(1, 1), (1, 17, 16, 12), (1, 17, 3)], (Heatmap(), [1])),
        ([(1, 17, 2)], (Regression(), [0])),
        ([(1, 17, 3)], (Regression(), [0])),
        ([(1, 17, 4)], (Regression(), [0])),
        ([(1, 17, 2), (1, 17)], (Regression(), [0, 1])),
        ([(1, 17, 1), (1, 17, 2)], (Regression(), [1, 0])),
        ([(1, 17, 3), (1, 17)], (Regression(), [0])),
        ([(1, 1, 17, 3)], (Regression(), [0])),
        ([(1, 51)], (Regression(), [0])),
        ([(1, 34)], (Regression(), [0])),
        ([(1, 1000)], None),
        ([(1, 17, 100), (1, 17, 128)], None),  # as long as no crop of this shape is wide and high
        ([(1, 17, 16, 12), (1, 17, 16, 12)], None),
        ([(1, 17, 3), (1, 16, 3)], None),
        ([(1, 17, 5)], None),
        ([], None),
    ],
)
def test_outputs_are_recognized_by_their_shapes(
    shapes: list[tuple[int, ...]], wanted: tuple[object, list[int]] | None
) -> None:
    answer = infer_outputs(shapes, [str(place) for place in range(len(shapes))], made.SIZE)
    if wanted is None:
        assert answer is None
    else:
        assert answer is not None
        assert (answer.codec, [output.position for output in answer.outputs]) == wanted
        assert answer.keypoints == 17


def test_names_distinguish_the_vectors_of_a_square_crop() -> None:
    shapes = [(1, 17, 128), (1, 17, 128)]
    for names, wanted in ((["simcc_y", "simcc_x"], [1, 0]), (["simcc_x", "simcc_y"], [0, 1]), (["a", "b"], [0, 1])):
        answer = infer_outputs(shapes, names, (64, 64))
        assert answer is not None
        assert [output.position for output in answer.outputs] == wanted


def vectors() -> tuple[Floats, Floats]:
    """SimCC's vectors (1, 17, bins) that put every keypoint at a quarter of the width and half of the height."""
    x, y = np.zeros(X, np.float32), np.zeros(Y, np.float32)
    x[..., WIDTH // 2], y[..., HEIGHT] = 0.9, 0.8
    return x, y


@pytest.mark.parametrize("order", [[0, 1], [1, 0], [0, 1, 2], [2, 1, 0]])
@pytest.mark.parametrize("carded", [True, False])
def test_vectors_in_any_order_give_the_same_keypoints(tmp_path: Path, order: list[int], carded: bool) -> None:
    outputs = [*vectors(), np.full((1, 17, 1), 0.3, np.float32)]
    card = made.pose_card(codec=SimCC()) if carded else None
    path = made.network(tmp_path / "made.onnx", [outputs[place] for place in order], made.SIZE, card)
    (pose,) = open_estimator(path, "cpu")(PICTURE, BOX)
    assert pose[:, 0] == pytest.approx(90, abs=3)  # a quarter of the crop, which is 1.25 times as wide as the box
    assert pose[:, 1] == pytest.approx(320, abs=3)
    assert pose[:, 2] == pytest.approx(0.8)


def coordinates(columns: int) -> Floats:
    values = np.full((1, 17, columns), 0.01, np.float32)
    values[..., 0], values[..., 1] = 0.25, 0.5
    return values


ASKED: dict[str, tuple[list[Floats], float]] = {
    "x y": ([coordinates(2)], 1.0),
    "x y score": ([coordinates(3)], 0.01),
    "x y and deviations": ([coordinates(4)], 0.99),
    "in one row": ([coordinates(3).reshape(1, 51)], 0.01),
    "one more side": ([coordinates(3)[:, None]], 0.01),
    "scores beside": ([coordinates(2), np.full((1, 17), 0.01, np.float32)], 0.01),
    "scores before": ([np.full((1, 17, 1), 0.01, np.float32), coordinates(2)], 0.01),
    "other weights beside": ([coordinates(3), np.zeros((1, 7), np.float32)], 0.01),
}


@pytest.mark.parametrize(("outputs", "score"), ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("carded", [True, False])
def test_coordinates_keep_their_score(tmp_path: Path, outputs: list[Floats], score: float, carded: bool) -> None:
    card = made.pose_card(codec=Regression()) if carded else None
    estimator = open_estimator(made.network(tmp_path / "made.onnx", outputs, made.SIZE, card), "cpu")
    for flip_test in (False, True):
        poses = estimator(PICTURE, np.repeat(BOX, 3, axis=0), flip_test)
        assert poses.shape == (3, 17, 3)
        assert poses[..., 2] == pytest.approx(score, abs=1e-6)
    assert estimator(PICTURE, BOX)[0, :, :2] == pytest.approx(np.tile([90, 320], (17, 1)), abs=1)
    if not carded:  # only the number of columns shows it
        third = any(output.size == 51 for output in outputs)
        assert ("score" in estimator.card.provenance.assumed) == third


def changed(path: Path, change: Callable[[onnx.ModelProto], None]) -> Path:
    model = onnx.load(path)
    change(model)
    onnx.save(model, path)
    return path


def test_a_batch_along_the_second_axis_is_read(tmp_path: Path) -> None:
    """(1, N, K, 3), as some exporters write it: each person keeps their own keypoints."""

    def unsqueeze(model: onnx.ModelProto) -> None:
        name = model.graph.output[0].name
        axes = onnx.numpy_helper.from_array(np.array([0], np.int64), "axes")
        model.graph.initializer.append(axes)
        model.graph.node.append(helper.make_node("Unsqueeze", [name, "axes"], ["all"]))
        del model.graph.output[:]
        model.graph.output.append(helper.make_tensor_value_info("all", onnx.TensorProto.FLOAT, [1, "n", 17, 3]))

    path = changed(made.network(tmp_path / "made.onnx", [coordinates(3)], made.SIZE), unsqueeze)
    poses = open_estimator(path, "cpu")(PICTURE, np.repeat(BOX, 5, axis=0))
    assert poses.shape == (5, 17, 3)
    assert poses[..., 2] == pytest.approx(0.01)


def test_a_fixed_batch_of_one_is_read(tmp_path: Path) -> None:
    def fix(model: onnx.ModelProto) -> None:
        for tensor in (*model.graph.input, *model.graph.output):
            tensor.type.tensor_type.shape.dim[0].dim_value = 1

    path = changed(made.network(tmp_path / "made.onnx", [coordinates(3).reshape(1, 51)], made.SIZE), fix)
    assert open_estimator(path, "cpu")(PICTURE, np.repeat(BOX, 3, axis=0))[..., 2] == pytest.approx(0.01)


def size_of(estimator: Estimator) -> tuple[int, int]:
    return estimator.card.picture.size


def test_the_crop_size_can_be_chosen_if_the_network_takes_any(tmp_path: Path) -> None:
    path = made.network(tmp_path / "made.onnx", [made.heatmaps()], made.SIZE, free=True)
    usual, said = open_estimator(path, "cpu"), open_estimator(path, "cpu", crop=(96, 128))
    assert size_of(usual) == (192, 256)
    assert "size" in usual.card.provenance.assumed
    assert size_of(said) == (96, 128)
    assert "size" not in said.card.provenance.assumed
    assert said.card.provenance.chosen == ("size",)
    assert said(PICTURE, BOX).shape == (1, 17, 3)


def test_the_crop_size_is_inferred_from_the_lengths_of_vectors(tmp_path: Path) -> None:
    """The first common size that the outputs fit is used: 384 and 384 bins do not fit 192x256."""
    square = np.zeros((1, 17, 384), np.float32)
    path = made.network(tmp_path / "made.onnx", [square, square], made.SIZE, free=True)
    assert size_of(open_estimator(path, "cpu")) == (256, 256)


def test_a_crop_size_that_fits_no_output_is_refused(tmp_path: Path) -> None:
    """The lengths fit none of the common sizes, so that the user has to give the size."""
    x, y = np.zeros((1, 17, 320), np.float32), np.zeros((1, 17, 160), np.float32)
    path = made.network(tmp_path / "made.onnx", [x, y], made.SIZE, free=True)
    with pytest.raises(StanceError, match=r"made\.onnx does not state its input size.*--crop"):
        open_estimator(path, "cpu")
    assert size_of(open_estimator(path, "cpu", crop=(160, 80))) == (160, 80)


@pytest.mark.parametrize("free", [True, False])
def test_an_image_of_the_size_of_the_input_is_not_heatmaps(tmp_path: Path, free: bool) -> None:
    width, height = (192, 256) if free else made.SIZE
    path = made.network(tmp_path / "made.onnx", [np.zeros((1, 3, height, width), np.float32)], made.SIZE, free=free)
    with pytest.raises(StanceError, match=r"made\.onnx is not a pose model: it outputs an image of the size of its"):
        open_estimator(path, "cpu")


@pytest.mark.parametrize("carded", [True, False])
def test_a_crop_size_that_contradicts_the_network_is_refused(tmp_path: Path, carded: bool) -> None:
    card = made.pose_card() if carded else None
    path = made.network(tmp_path / "made.onnx", [made.heatmaps()], made.SIZE, card)
    assert size_of(open_estimator(path, "cpu", crop=made.SIZE)) == made.SIZE
    with pytest.raises(StanceError, match=r"The crop size of made\.onnx is 48x64, but 64x48 was requested"):
        open_estimator(path, "cpu", crop=(64, 48))


def test_further_outputs_of_a_network_with_a_card_are_ignored(tmp_path: Path) -> None:
    extra = np.zeros((1, 3, 9, 9), np.float32)
    maps = made.heatmaps()
    plain = open_estimator(made.pose(tmp_path / "plain.onnx"), "cpu")
    path = made.network(tmp_path / "more.onnx", [extra, maps], made.SIZE, made.pose_card())
    np.testing.assert_array_equal(open_estimator(path, "cpu")(PICTURE, BOX), plain(PICTURE, BOX))
    decoded = made.network(
        tmp_path / "decoded.onnx", [extra, coordinates(3)], made.SIZE, made.pose_card(codec=DecodedKeypoints())
    )
    assert open_estimator(decoded, "cpu")(PICTURE, BOX)[..., 2] == pytest.approx(0.01)


def test_only_outputs_of_another_shape_are_reshaped() -> None:
    answer = infer_outputs([(1, 51), (1, 9)], ["a", "b"], made.SIZE)
    assert answer is not None
    assert answer.outputs == (Output(0, (17, 3)),)
