"""On a camera, every kind of network continues with the people of the kind before; late pictures are told."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.core.people import Floats, Image
from app.core.settings import Settings
from app.core.skeleton import plain_skeleton
from app.inference.bottom_up_card import AssociativeEmbedding, BottomUpCard
from app.inference.model_card import METADATA_KEY, InputSpec, ModelCard, PoseCard, Regression, write_card
from app.inference.temporal_card import TemporalCard
from app.tracking import tracker
from app.tracking.tracker import iou
from app.window.main_window import MainWindow
from app.window.models import cost_meter
from app.window.panels.two_part_items import NOTE
from tests.app.pose import one_stage_networks as networks
from tests.app.sources.device import FakeDevice, plugged_in
from tests.app.window.test_main_window import PATIENCE

MODELS_MS = 60_000
PEOPLE = np.array([[8, 4, 20, 60, 0.9], [44, 6, 56, 58, 0.7], [9, 4, 20, 60, 0.6], [30, 2, 34, 9, 0.05]], np.float32)
"""As those of the one-stage networks, but so narrow that a crop shows one person."""
CROP = InputSpec((48, 64))
KEYPOINTS = {"top-down": 26, "rtmo": 17, "ultralytics": 16, "bottom-up": 21, "temporal": 26}
KINDS = ["rtmo", "top-down", "bottom-up", "top-down", "ultralytics", "bottom-up", "temporal", "rtmo", "temporal"]


def people_picture() -> Image:
    """A black picture (64, 64, 3) with a red rectangle for each person."""
    image = np.zeros((networks.SIDE, networks.SIDE, 3), np.uint8)
    for x0, y0, x1, y1 in PEOPLE[:2, :4].astype(int):
        image[y0:y1, x0:x1] = (0, 20, 250)
    return image


def write_seeing(path: Path, keypoints: int, card: ModelCard, crops: int = 1) -> Path:
    """A network that measures the red rectangle in its (first) crop, and puts the keypoints into it."""
    width, height = CROP.size
    places = 2 * networks.places(keypoints)[None] - 1
    constants: dict[str, Any] = {
        "all": np.array([1, 2, 3], np.int64),
        "first": np.array([0], np.int64),
        "half": np.array(127, np.float32),
        "least": np.array(1e-3, np.float32),
        "three": np.array(3, np.float32),
        "0_axis": ((np.arange(width) + 0.5) / width).astype(np.float32).reshape(1, 1, 1, -1),
        "1_axis": ((np.arange(height) + 0.5) / height).astype(np.float32).reshape(1, 1, -1, 1),
        "0_places": places[..., :1],
        "1_places": places[..., 1:],
        "last": np.array([3], np.int64),
        "score": np.full((1, keypoints, 1), 0.9, np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["x", "first"], ["red"], axis=1),
        helper.make_node("Greater", ["red", "half"], ["is_red"]),
        helper.make_node("Cast", ["is_red"], ["weight"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["weight", "all"], ["count"], keepdims=1),
        helper.make_node("Add", ["count", "least"], ["total"]),
    ]
    for axis in "01":
        for power, grid in (("1", f"{axis}_axis"), ("2", f"{axis}_square")):
            if power == "2":
                nodes.append(helper.make_node("Mul", [f"{axis}_axis"] * 2, [grid]))
            nodes += [
                helper.make_node("Mul", ["weight", grid], [f"{axis}_on{power}"]),
                helper.make_node("ReduceSum", [f"{axis}_on{power}", "all"], [f"{axis}_sum{power}"], keepdims=1),
                helper.make_node("Div", [f"{axis}_sum{power}", "total"], [f"{axis}_mean{power}"]),
            ]
        nodes += [
            helper.make_node("Mul", [f"{axis}_mean1"] * 2, [f"{axis}_mean_squared"]),
            helper.make_node("Sub", [f"{axis}_mean2", f"{axis}_mean_squared"], [f"{axis}_difference"]),
            helper.make_node("Relu", [f"{axis}_difference"], [f"{axis}_variance"]),
            helper.make_node("Mul", [f"{axis}_variance", "three"], [f"{axis}_half_squared"]),
            helper.make_node("Sqrt", [f"{axis}_half_squared"], [f"{axis}_half4"]),
            helper.make_node("Squeeze", [f"{axis}_half4", "last"], [f"{axis}_half"]),
            helper.make_node("Squeeze", [f"{axis}_mean1", "last"], [f"{axis}_middle"]),
            helper.make_node("Mul", [f"{axis}_places", f"{axis}_half"], [f"{axis}_from_middle"]),
            helper.make_node("Add", [f"{axis}_from_middle", f"{axis}_middle"], [f"{axis}_value"]),
        ]
    nodes += [
        helper.make_node("Sub", ["0_value", "0_value"], ["zeros"]),
        helper.make_node("Add", ["zeros", "score"], ["scores"]),
        helper.make_node("Concat", ["0_value", "1_value", "scores"], ["y"], axis=2),
    ]
    graph = helper.make_graph(
        nodes,
        "seeing",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3 * crops, height, width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", keypoints, 3])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {METADATA_KEY: write_card(card)})
    onnx.save(model, str(path))
    return path


def write_bottom_up(path: Path, keypoints: int) -> Path:
    """A network with the outputs of HigherHRNet, which finds the two people in every picture."""
    poses = networks.poses_in(PEOPLE[:2], keypoints)
    outputs: dict[str, Floats] = {}
    for name, stride in (("coarse", 4), ("fine", 2)):
        cells = (np.arange(networks.SIDE // stride) + 0.5) * stride - 0.5
        maps = np.zeros((keypoints, len(cells), len(cells)), np.float32)
        for pose in poses:
            for number, (x, y, _) in enumerate(pose):
                near = np.exp(-((cells[None] - x) ** 2 + (cells[:, None] - y) ** 2) / (2 * 2.5**2))
                maps[number] = np.maximum(maps[number], 0.9 * near)
        outputs[name] = maps[None]
    left = np.arange(outputs["coarse"].shape[-1]) < outputs["coarse"].shape[-1] / 2
    tags = np.where(left, 0.0, 5.0).astype(np.float32)
    outputs["coarse"] = np.concatenate([outputs["coarse"], np.broadcast_to(tags, outputs["coarse"].shape)], axis=1)
    skeleton = plain_skeleton(keypoints)
    card = BottomUpCard(
        "tags", InputSpec((networks.SIDE, networks.SIDE)), AssociativeEmbedding(), skeleton, resize="letterbox"
    )
    return networks.write(path, outputs, metadata={METADATA_KEY: write_card(card)})


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A network file of each kind, and a detector; all find the same two people."""
    monkeypatch.setattr(networks, "PEOPLE", PEOPLE)
    count, skeleton = KEYPOINTS["top-down"], plain_skeleton(KEYPOINTS["top-down"])
    crops, frames = (
        PoseCard("crops", CROP, Regression(), skeleton),
        TemporalCard("frames", CROP, Regression(), skeleton),
    )
    return {
        "top-down": write_seeing(tmp_path / "top-down.onnx", count, crops),
        "temporal": write_seeing(tmp_path / "temporal.onnx", count, frames, crops=3),
        "rtmo": networks.write(tmp_path / "rtmo.onnx", networks.rtmo(KEYPOINTS["rtmo"])),
        "ultralytics": networks.write(tmp_path / "raw.onnx", {"output0": networks.raw(KEYPOINTS["ultralytics"])}),
        "bottom-up": write_bottom_up(tmp_path / "bottom-up.onnx", KEYPOINTS["bottom-up"]),
        "detector": networks.write_detector(tmp_path / "detector.onnx"),
    }


@pytest.fixture
def window(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window with the top-down network and a camera in front of two people."""
    shades = itertools.cycle(range(100, 200))

    class Street(FakeDevice):
        def read(self) -> tuple[bool, Image | None]:
            time.sleep(1 / 15)
            image = people_picture()
            image[:2, :2, 0] = next(shades)  # a camera whose pictures are all equal counts as frozen
            return self.open, image if self.open else None

    plugged_in(monkeypatch)
    monkeypatch.setattr(cv2, "VideoCapture", Street)
    monkeypatch.setattr(tracker, "MAX_OCCLUSION_S", 60.0)  # the machine may be busy while a network is loaded
    made = MainWindow(Settings(pose=str(files["top-down"]), detector=str(files["detector"]), device="cpu"))
    made.loader._trusted |= set(files.values())
    made.resize(1100, 700)
    made.show()
    qtbot.waitExposed(made)
    with qtbot.waitSignal(made.loader.loaded, timeout=MODELS_MS):
        made.load()
    with qtbot.waitSignal(made.player.opened, timeout=PATIENCE):
        made.open("0")
    yield made
    with qtbot.waitSignal(made.closed, timeout=MODELS_MS):
        made.close()


def use(window: MainWindow, file: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.loader.loaded, timeout=MODELS_MS):
        window.loader.request(replace(window.loader.settings, pose=str(file)))


def boxes(window: MainWindow, kind: str) -> dict[int, Floats]:
    """Boxes of the people in the shown frame, by id; empty while they are those of another kind."""
    current = window.player.current
    people = current.poses.people if current is not None else ()
    return {one.id: one.box for one in people if len(one.keypoints) == KEYPOINTS[kind]}


def test_people_of_a_camera_keep_ids_and_names_with_every_kind(
    window: MainWindow, files: dict[str, Path], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: set(boxes(window, "top-down")) == {1, 2}, timeout=MODELS_MS)
    first = boxes(window, "top-down")
    qtbot.waitUntil(lambda: window.people.steps.analysis is window.player.analysis, timeout=PATIENCE)
    window.people.tree.renamed.emit(1, "Ada")
    window.people.tree.renamed.emit(2, "Bo")
    for kind in KINDS:
        use(window, files[kind], qtbot)
        seen: list[set[int]] = []

        def found(kind: str = kind, seen: list[set[int]] = seen) -> bool:
            seen.append(set(boxes(window, kind)))
            return seen[-5:] == [{1, 2}] * 5

        qtbot.waitUntil(found, timeout=MODELS_MS)
        assert all(ids <= {1, 2} for ids in seen), (kind, seen)
        for number, box in boxes(window, kind).items():
            assert iou(box, first[number][None])[0] > 0.4, (kind, number, box, first)
        analysis = window.player.analysis
        assert analysis is not None
        assert [analysis.name(number) for number in analysis.ids()] == ["Ada", "Bo"], kind


def test_a_network_that_needs_the_next_frame_shows_a_camera_late_and_says_so(
    window: MainWindow, files: dict[str, Path], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: set(boxes(window, "top-down")) == {1, 2}, timeout=MODELS_MS)
    assert not window.status.late.isVisible()
    notices: list[tuple[str, str]] = []
    window.player.notified.connect(lambda kind, sentence: notices.append((kind, sentence)))
    use(window, files["temporal"], qtbot)
    qtbot.waitUntil(lambda: set(boxes(window, "temporal")) == {1, 2}, timeout=MODELS_MS)
    qtbot.waitUntil(window.status.late.isVisible, timeout=PATIENCE)
    assert window.status.late.text() == "1 frame late"
    assert "frames also needs later frames" in window.status.late.toolTip()
    sentence = "frames also needs later frames (1): live pictures are shown that much later."
    qtbot.waitUntil(lambda: notices == [("late", sentence)], timeout=PATIENCE)
    use(window, files["rtmo"], qtbot)
    qtbot.waitUntil(lambda: not window.status.late.isVisible(), timeout=PATIENCE)
    assert sentence not in window.video_stack.banner.sentence


def test_kind_and_cost_of_the_models_in_use_are_shown(
    window: MainWindow, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(cost_meter, "SAMPLES", 5)
    models, preferences = window.panel.models, window.preferences
    detector = str(files["detector"])
    qtbot.waitUntil(lambda: preferences.speed(detector) is not None, timeout=MODELS_MS)
    window.dock_area.dock_of("engine").show()
    qtbot.waitUntil(lambda: "detect" in window.engine_panel.stages.latest, timeout=PATIENCE)
    assert models.detector_facts.text().endswith("ms per detection")
    for kind, title, what in (
        ("top-down", "Top-down", "per person"),
        ("temporal", "Top-down, several frames", "per person"),
        ("rtmo", "One-stage: one network, no detector", "per frame"),
        ("bottom-up", "Bottom-up: one network, no detector", "per frame"),
    ):
        use(window, files[kind], qtbot) if kind != "top-down" else None
        path = str(files[kind])
        qtbot.waitUntil(lambda path=path: preferences.speed(path) is not None, timeout=MODELS_MS)  # type: ignore[misc]
        speed, facts = preferences.speed(path), preferences.facts(path)
        assert speed is not None
        assert facts is not None
        assert (speed.in_use, speed.device, facts.size) == (
            True,
            "cpu",
            CROP.size if what == "per person" else (64, 64),
        )
        shown = models.pose_facts.text()
        assert shown.startswith(title)
        assert shown.endswith(f"ms {what}")
        row = models.pose.findData(path)
        assert models.pose.itemText(row) == files[kind].name
        assert models.pose.itemData(row, NOTE).startswith(title.split(":")[0])
        assert "Measured in use" in models.pose.itemData(row, Qt.ItemDataRole.ToolTipRole)
        shows_detector = kind in ("top-down", "temporal")
        assert models.detector_facts.isVisible() == shows_detector
        qtbot.waitUntil(
            lambda wanted=shows_detector: ("detect " in window.status.stages.text()) == wanted,  # type: ignore[misc]
            timeout=PATIENCE,
        )
    qtbot.waitUntil(lambda: "detect" not in window.engine_panel.stages.latest, timeout=PATIENCE)
