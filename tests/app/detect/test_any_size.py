"""Detectors made to take any size: the same people in less of a picture, and nothing else is touched."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from app.card import METADATA_KEY, DetectorCard, Picture, write_card
from app.detect.any_size import SIDE_KEY, any_size
from app.detect.detector import Detector, open_detector
from app.detect.letterbox import letterbox
from app.detect.recognise import detector_card
from app.errors import StanceError
from app.estimate.crop import normalise
from app.estimate.estimator import open_estimator
from app.people import Frame, Image
from app.pipeline import Pipeline
from app.runtime import open_network
from app.settings import Settings
from app.sources import open_source
from app.track import iou
from app.zoo.cache import any_size_place, home, remove
from app.zoo.catalogue import find_entry, sha256_of
from tests.app.detect.test_detector import constant_model, photo, ultralytics_raw, ultralytics_rows
from tests.fuzz.targets import small_grids

THRESHOLD = 0.3


def as_it_is(path: Path) -> Detector:
    """The detector in ``path`` with every picture padded to its square."""
    network = open_network(path, "cpu", lambda network: [np.zeros(network.inputs[0].shape, np.float32)])  # type: ignore[arg-type]
    return Detector(network, detector_card(network))


def frame(clip: Path, at_s: float) -> Image:
    source = open_source(str(clip))
    source.seek(at_s)
    found = source.read()
    source.close()
    assert found is not None
    return found.image


def tall(picture: Image) -> Image:
    """A picture as tall as ``picture`` was wide, which stands small in its middle."""
    high, wide = picture.shape[:2]
    small = cv2.resize(picture, (high, round(high * high / wide)))
    turned = np.full((wide, high, 3), 90, np.uint8)
    turned[200 : 200 + len(small)] = small
    return turned


@pytest.mark.parametrize("turned", [False, True], ids=["wide", "tall"])
def test_without_its_padding_a_square_is_answered_alike(yolox_tiny: Path, demo: Path, turned: bool) -> None:
    """The padding's borders alone differ, so that boxes move by little; another place in a grid would be 8 pixels."""
    picture = tall(frame(demo, 1.0)) if turned else frame(demo, 1.0)
    old, new = as_it_is(yolox_tiny), open_detector(yolox_tiny, "cpu")
    canvas, _ = letterbox(picture, old.card)
    part = canvas[:, :256] if turned else canvas[:256]
    wanted, found = (
        network.run([normalise(pixels[None], old.card.picture).astype(np.float32)])
        for network, pixels in ((old.network, canvas), (new.network, part))
    )
    people = [dets[0][(labels[0] == 0) & (dets[0][:, 4] > THRESHOLD)] for dets, labels in (wanted, found)]
    assert len(people[0]) == len(people[1]) > 0
    np.testing.assert_allclose(people[1][:, :4], people[0][:, :4], atol=2)
    np.testing.assert_allclose(people[1][:, 4], people[0][:, 4], atol=0.08)


@pytest.mark.parametrize("turned", [False, True], ids=["wide", "tall"])
def test_people_are_found_in_little_more_than_half_of_the_square(yolox_tiny: Path, demo: Path, turned: bool) -> None:
    picture = tall(frame(demo, 1.0)) if turned else frame(demo, 1.0)
    detector = open_detector(yolox_tiny, "cpu")
    sizes: list[tuple[int, ...]] = []
    run = detector.network.run
    detector.network.run = lambda arrays: sizes.append(arrays[0].shape) or run(arrays)  # type: ignore[method-assign, func-returns-value]
    found, wanted = detector(picture, THRESHOLD, padded=False), detector(picture, THRESHOLD)
    assert sizes == [(1, 3, 416, 256) if turned else (1, 3, 256, 416), (1, 3, 416, 416)]
    assert len(found) == len(wanted) > 0
    assert all(iou(box[:4], found).max() > 0.9 for box in wanted)


class Noting:
    """A detector that notes whether it was to pad."""

    name = "noting"

    def __init__(self, detector: Detector) -> None:
        self.padded: list[bool] = []
        self._detector = detector

    def __call__(self, image: Image, threshold: float, padded: bool = True) -> NDArray[np.float32]:
        self.padded.append(padded)
        return self._detector(image, threshold, padded)


def test_a_film_is_looked_at_without_padding_while_nobody_is_missing(
    yolox_tiny: Path, rtmpose_s: Path, demo: Path
) -> None:
    noting = Noting(open_detector(yolox_tiny, "cpu"))
    pipeline = Pipeline(noting, open_estimator(rtmpose_s, "cpu"), Settings())
    source = open_source(str(demo))
    frames = [read for _ in range(22) if (read := source.read()) is not None]
    source.close()
    for one in frames:
        pipeline.process(one)
    assert noting.padded == [True, False, False, False]
    for number in range(3):  # the man is gone
        empty = np.full_like(one.image, 150)
        pipeline.process(Frame(one.index + 1 + number, one.time_s + (1 + number) / 30, empty))
    assert True in noting.padded[4:]
    pipeline.reset()
    pipeline.process(frames[0])
    assert noting.padded[-1]


@pytest.mark.parametrize("file", ["yolox_nano_416", "person_detector_192"])
def test_raw_heads_find_the_same_people(shared: Path, file: str) -> None:
    path = shared / "models" / f"{file}.onnx"
    for number in (885, 163257):
        picture, _ = photo(shared, number)
        found = open_detector(path, "cpu")(picture, THRESHOLD, padded=False)
        best = as_it_is(path)(picture, 0.5)
        assert all(iou(box[:4], found).max() > 0.85 for box in best)


def test_a_square_is_answered_as_before(yolox_tiny: Path, demo: Path) -> None:
    picture = frame(demo, 2.0)
    square = np.ascontiguousarray(picture[:, : picture.shape[0]])
    wanted = as_it_is(yolox_tiny)(square, 0.1)
    for padded in (False, True):
        found = open_detector(yolox_tiny, "cpu")(square, 0.1, padded)
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (5, 900), (900, 5), (33, 65), (416, 416), (31, 16000)])
def test_every_shape_of_picture_is_taken(yolox_tiny: Path, size: tuple[int, int]) -> None:
    found = open_detector(yolox_tiny, "cpu")(np.full((*size, 3), 128, np.uint8), 0.5, padded=False)
    assert found.shape == (0, 5)


@pytest.mark.parametrize("answer", [ultralytics_raw(4, 0), ultralytics_rows(0)], ids=["raw", "rows"])
def test_a_network_whose_answer_stays_is_left_alone(
    tmp_path: Path, stance_home: Path, answer: NDArray[np.float32]
) -> None:
    path = constant_model(tmp_path / "yolo.onnx", answer, {})
    assert any_size(path) is None
    kept = any_size_place(sha256_of(path))
    assert kept.stat().st_size == 0
    before = kept.stat().st_mtime_ns
    assert any_size(path) is None  # it is not tried once more
    assert kept.stat().st_mtime_ns == before


def test_a_network_whose_answer_has_a_row_for_each_cell_is_made(tmp_path: Path, stance_home: Path) -> None:
    path = tmp_path / "grids.onnx"
    path.write_bytes(small_grids())
    detector = open_detector(path, "cpu")
    assert detector.card.picture.size == (64, 64)
    (answer,) = detector.network.run([np.zeros((1, 3, 32, 64), np.float32)])
    assert answer.shape == (1, 8 * 4 + 4 * 2 + 2, 6)


def test_no_file_beside_a_network_is_read(tmp_path: Path, stance_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A constant may say that its numbers lie in another file, of anybody's choice."""
    model = onnx.load_from_string(small_grids())
    outside = onnx.TensorProto(data_type=onnx.TensorProto.FLOAT, dims=(84, 6), data_location=onnx.TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="weights.bin")
    (tmp_path / "weights.bin").write_bytes(bytes(84 * 6 * 4))
    model.graph.node.append(onnx.helper.make_node("Constant", [], ["unused"], value=outside))
    path = tmp_path / "grids.onnx"
    path.write_bytes(model.SerializeToString())
    monkeypatch.chdir(tmp_path)
    with watching_files() as opened:
        any_size(path)
    assert str(path) in opened
    assert not [name for name in opened if name.isdigit() or name.endswith("weights.bin")]  # onnx opens it by number


@contextmanager
def watching_files() -> Iterator[list[str]]:
    """What Python opens meanwhile."""
    opened: list[str] = []
    going = [True]
    sys.addaudithook(lambda event, given: opened.append(str(given[0])) if going and event == "open" else None)
    yield opened
    going.clear()


@pytest.mark.parametrize("data", [b"", b"no network at all", b"\x0a\xff\xff\xff\xff\x0f"])
def test_what_is_no_network_is_left_to_those_who_tell_of_it(tmp_path: Path, stance_home: Path, data: bytes) -> None:
    path = tmp_path / "odd.onnx"
    path.write_bytes(data)
    assert any_size(path) is None
    with pytest.raises(StanceError, match="not a network"):
        open_detector(path, "cpu")
    assert any_size(tmp_path / "nowhere.onnx") is None


def test_it_is_made_once_and_goes_with_the_file(
    yolox_tiny: Path, stance_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = any_size(yolox_tiny)
    assert made is not None
    assert made.is_relative_to(home())
    assert onnx.load(made).graph.input[0].type.tensor_type.shape.dim[2].dim_param == "height"
    with monkeypatch.context() as patch:
        patch.setattr("onnx.load", None)
        assert any_size(yolox_tiny) == made
    assert [place.name for place in made.parent.iterdir()] == [made.name]
    size = made.stat().st_size
    assert remove(find_entry("yolox-tiny")) == size
    assert not made.exists()


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(
    yolox_tiny: Path, stance_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stance_home.mkdir()
    (stance_home / "any-size").write_text("a file where the folder should be")
    detector = open_detector(yolox_tiny, "cpu")
    assert detector.network.inputs[0].shape == (1, 3, 416, 416)
    assert "stays at its own size" in caplog.text


def test_a_card_that_lies_about_the_size_is_still_refused(yolox_tiny: Path, tmp_path: Path, stance_home: Path) -> None:
    model = onnx.load(yolox_tiny)
    model.metadata_props.add(
        key=METADATA_KEY, value=write_card(DetectorCard("d", Picture((64, 64), color="bgr"), "dets"))
    )
    lying = tmp_path / "lying.onnx"
    onnx.save(model, lying)
    with pytest.raises(StanceError, match="416x416, but its card says 64x64"):
        open_detector(lying, "cpu")


@pytest.mark.parametrize("side", ["", "-5", "many", "9" * 40, "٣"])
def test_strangers_may_write_what_they_like_about_the_side(tmp_path: Path, stance_home: Path, side: str) -> None:
    path = constant_model(tmp_path / "x.onnx", np.zeros((1, 336, 6), np.float32), {SIDE_KEY: side})
    assert open_detector(path, "cpu").card.picture.size == (128, 128)
