"""Top-down and one-stage networks take turns in mid-play: place, ids and names stay; the panel offers what works."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PyQt6.QtCore import QEvent
from PyQt6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.core.people import Floats, Image
from app.core.settings import Settings
from app.tracking import tracker
from app.tracking.tracker import iou
from app.window.dialogs.settings_dialog import SettingsDialog
from app.window.main_window import MainWindow
from app.window.models.models_dialog import ModelsDialog
from tests.app.pose import one_stage_networks as networks
from tests.app.sources.device import FakeDevice, plugged_in
from tests.app.window.test_main_window import PATIENCE

MODELS_MS = 60_000
KEYPOINTS = {"top-down": 26, "rtmo": 17, "detr": 16, "ultralytics": 17}
"""Each kind has another skeleton than the one before it, so that its people can be told apart."""
BOX_IN_CROP = np.array([0.51, 0.8], np.float32)
"""Size of the boxes relative to their crops, about."""
TURNS = ["rtmo", "top-down", "detr", "ultralytics", "top-down"]


def write_top_down(path: Path, keypoints: int) -> Path:
    """A top-down network that puts keypoints where the other networks do."""
    points = 0.5 + (networks.places(keypoints) - 0.5) * BOX_IN_CROP
    rows = np.concatenate([points, np.full((keypoints, 1), 0.9, np.float32)], axis=1)[None]
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Squeeze", ["nothing", "last"], ["flat"]),
        helper.make_node("Add", ["rows", "flat"], ["y"]),
    ]
    constants: dict[str, np.ndarray] = {"zero": np.array(0, np.float32), "last": np.array([3], np.int64), "rows": rows}
    graph = helper.make_graph(
        nodes,
        "crops",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 64, 48])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", keypoints, 3])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A network file of each kind, and a detector; all find the same two people."""
    return {
        "top-down": write_top_down(tmp_path / "top-down.onnx", KEYPOINTS["top-down"]),
        "rtmo": networks.write(tmp_path / "rtmo.onnx", networks.rtmo(KEYPOINTS["rtmo"])),
        "detr": networks.write(tmp_path / "detr.onnx", networks.detr(KEYPOINTS["detr"])),
        "ultralytics": networks.write(tmp_path / "raw.onnx", {"output0": networks.raw(KEYPOINTS["ultralytics"])}),
        "detector": networks.write_detector(tmp_path / "detector.onnx"),
    }


@pytest.fixture
def window(files: dict[str, Path], qtbot: QtBot) -> Iterator[MainWindow]:
    """The window with the top-down network; files named at the start are not asked about."""
    settings = Settings(pose=str(files["top-down"]), detector=str(files["detector"]), device="cpu")
    made = MainWindow(settings)
    made.loader._trusted |= set(files.values())
    made.resize(900, 600)
    made.show()
    qtbot.waitExposed(made)
    with qtbot.waitSignal(made.loader.loaded, timeout=MODELS_MS):
        made.load()
    yield made
    with qtbot.waitSignal(made.closed, timeout=MODELS_MS):
        made.close()


def use(window: MainWindow, file: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.loader.loaded, timeout=MODELS_MS):
        window.loader.request(replace(window.loader.settings, pose=str(file)))


def people_of(window: MainWindow, keypoints: int) -> dict[int, Floats]:
    """Boxes of the people with this number of keypoints in the shown frame, by id; people of a preview are left out."""
    current = window.player.current
    if current is None or current.preview:
        return {}
    return {person.id: person.box for person in current.poses.people if len(person.keypoints) == keypoints}


def names(window: MainWindow) -> list[str]:
    """What the two people are called."""
    analysis = window.player.analysis
    return [] if analysis is None else [analysis.name(number) for number in (1, 2)]


def test_people_of_a_camera_keep_ids_and_names(
    window: MainWindow, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    picture: Image = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    shades = itertools.cycle(range(100, 200))

    class Street(FakeDevice):
        def read(self) -> tuple[bool, Image | None]:
            time.sleep(1 / 15)
            image = picture.copy()
            image[:2, :2] = next(shades)  # a camera whose pictures are all equal counts as frozen
            return self.open, image if self.open else None

    plugged_in(monkeypatch)
    monkeypatch.setattr(cv2, "VideoCapture", Street)
    monkeypatch.setattr(tracker, "MAX_OCCLUSION_S", 60.0)  # the machine may be busy while a network is loaded
    # Not the top-down one: its crops follow its keypoints, which follow its crops, for as long as a camera runs.
    use(window, files["rtmo"], qtbot)
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.open("0")
    qtbot.waitUntil(lambda: set(people_of(window, KEYPOINTS["rtmo"])) == {1, 2}, timeout=MODELS_MS)
    boxes = people_of(window, KEYPOINTS["rtmo"])
    qtbot.waitUntil(lambda: window.people.steps.analysis is window.player.analysis, timeout=PATIENCE)
    window.people.tree.renamed.emit(1, "Ada")
    window.people.tree.renamed.emit(2, "Bo")
    for kind in ("detr", "ultralytics", "detr", "rtmo"):
        use(window, files[kind], qtbot)
        qtbot.waitUntil(lambda kind=kind: set(people_of(window, KEYPOINTS[kind])) == {1, 2}, timeout=MODELS_MS)  # type: ignore[misc]
        for number, box in people_of(window, KEYPOINTS[kind]).items():
            assert iou(box, boxes[number][None])[0] > 0.4, (kind, number)
        assert names(window) == ["Ada", "Bo"]


def test_a_paused_clip_keeps_its_place_ids_and_names(
    window: MainWindow, files: dict[str, Path], clip: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.player.open(str(clip), paused=True)
    window.player.seek(0.5)

    def is_at_its_place(kind: str) -> bool:
        current = window.player.current
        return current is not None and current.frame.index == 10 and set(people_of(window, KEYPOINTS[kind])) == {1, 2}

    qtbot.waitUntil(lambda: is_at_its_place("top-down"), timeout=MODELS_MS)
    qtbot.waitUntil(lambda: window.people.steps.analysis is window.player.analysis, timeout=PATIENCE)
    window.people.tree.renamed.emit(2, "Bo")
    for kind in TURNS:
        use(window, files[kind], qtbot)
        qtbot.waitUntil(lambda kind=kind: is_at_its_place(kind), timeout=MODELS_MS)  # type: ignore[misc]
        assert not window.player.playing
        qtbot.waitUntil(lambda: names(window) == ["1", "Bo"], timeout=PATIENCE)


def test_what_a_one_stage_network_cannot_do_is_disabled_with_the_reason(
    window: MainWindow, files: dict[str, Path], qtbot: QtBot
) -> None:
    panel = window.panel
    controls = [panel.models.detector, panel.detection.detect_every, panel.detection.flip_test]
    usual = [control.toolTip() for control in controls]
    titles = {label.text(): label for label in panel.findChildren(QLabel) if label.buddy() in controls}
    assert set(titles) == {"Detector", "Detect people"}
    assert all(control.isEnabled() for control in [*controls, *titles.values()])
    use(window, files["rtmo"], qtbot)
    no_detector = "rtmo finds people itself: no detector runs."
    assert [control.isEnabled() for control in controls] == [False] * 3
    assert [control.toolTip() for control in controls] == [no_detector, no_detector, "rtmo has no flip test."]
    assert not any(title.isEnabled() for title in titles.values())
    assert not panel.display.heatmap.isEnabled()
    assert panel.display.heatmap_reason.text() == "This model outputs coordinates only"
    assert window.status.no_detector.isVisible()
    assert window.status.no_detector.toolTip() == no_detector
    window.update_enabled()
    assert not panel.models.detector.isEnabled()
    assert panel.detection.half_rate.isEnabled()
    assert panel.detection.max_people.isEnabled()
    window.actions_by_name["settings"].trigger()
    dialog = window.dialogs.shown["settings"]
    assert isinstance(dialog, SettingsDialog)
    assert not dialog.detect_every.isEnabled()
    assert (dialog.flip_test.isEnabled(), dialog.flip_test.toolTip()) == (False, "rtmo has no flip test.")
    use(window, files["top-down"], qtbot)
    assert all(control.isEnabled() for control in [*controls, *titles.values()])
    assert dialog.detect_every.isEnabled()
    assert (dialog.flip_test.isEnabled(), dialog.flip_test.toolTip()) == (True, "")
    dialog.close()
    assert [control.toolTip() for control in controls] == usual
    assert not window.status.no_detector.isVisible()


def test_models_change_after_the_dialogs_were_closed(window: MainWindow, files: dict[str, Path], qtbot: QtBot) -> None:
    for name in ("models", "settings"):
        window.actions_by_name[name].trigger()
        window.dialogs.shown[name].close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    use(window, files["rtmo"], qtbot)
    window.actions_by_name["models"].trigger()
    dialog = window.dialogs.shown["models"]
    assert isinstance(dialog, ModelsDialog)
    use(window, files["top-down"], qtbot)
    assert dialog.list.models.uses([entry.name for entry in dialog.list.models.entries].index(str(files["top-down"])))
    dialog.close()


def test_an_unknown_one_stage_file_is_asked_about(window: MainWindow, files: dict[str, Path], qtbot: QtBot) -> None:
    window.loader._trusted.clear()
    with qtbot.waitSignal(window.loader.guessed, timeout=MODELS_MS) as asked:
        window.importer.take(files["rtmo"])
    guess = asked.args[0]
    from app.window.models.inspection import facts

    shown = {fact.title: (fact.value, fact.assumed) for fact in facts(guess.card)}
    assert guess.what == "pose model"
    assert shown["Output"] == ("people in rtmo format", False)
    assert shown["Keypoints"] == ("17, as in coco17", True)
    assert shown["Colors"] == ("BGR", True)
    assert shown["Person"] == ("class 0", False)
    with qtbot.waitSignal(window.loader.loaded, timeout=MODELS_MS):
        window.loader.accept("")
    assert window.loader.settings.pose == str(files["rtmo"])
