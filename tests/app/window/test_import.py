"""Checkpoints are converted and used: own ones, and those of the catalogue."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import onnx
import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QComboBox, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.detection.detector import Detector
from app.inference.model_card import METADATA_KEY
from app.window.main_window import MainWindow
from app.window.models.weights_dialog import WeightsDialog
from app.zoo.cache import converted_place
from app.zoo.catalogue import find_entry
from app.zoo.conversion import WeightSet, imported_place
from tests.untrained_detectors import save

PATIENCE = 60_000
CONVERSION_MS = 240_000
BY_HAND = "hrnet_w32_384x288"
FETCHED = "hrnet_w32_256x192_mmpose"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "my_net.pth.tar"
    path.write_bytes(b"weights")
    return path


def export_with(window: MainWindow, folder: Path, body: str) -> None:
    """Replace the exporter by a small program; ``wanted`` are its arguments."""
    script = folder / "exporter.py"
    script.write_text(f"import pathlib, shutil, sys, time\nwanted = sys.argv[1:]\n{body}", encoding="utf-8")
    window.loader.exporter = (sys.executable, str(script))


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    at, left = QPointF(100, 100), Qt.MouseButton.LeftButton
    event = QDropEvent(at, Qt.DropAction.CopyAction, data, left, Qt.KeyboardModifier.NoModifier)
    assert window.drag_drop.eventFilter(window, event)


def choose(box: QComboBox, value: str) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def click(window: MainWindow, text: str, qtbot: QtBot) -> None:
    button = next(b for b in window.findChildren(QPushButton) if b.text() == text and b.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def pose_file(window: MainWindow) -> str:
    assert window.loader.pipeline is not None
    return window.loader.pipeline.pose_model.network.path.name


def test_a_dropped_checkpoint_is_converted_and_used(
    own: MainWindow, checkpoint: Path, stance_home: Path, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    network, go = shared / "models" / "tinypose_256x192.onnx", tmp_path / "go"
    export_with(
        own,
        tmp_path,
        f"""
assert wanted[:2] == ["pose", {str(checkpoint)!r}]
print("HRNet, 17 maps", flush=True)
while not pathlib.Path({str(go)!r}).exists():
    time.sleep(0.02)
shutil.copy({str(network)!r}, wanted[3])
""",
    )
    drop(own, checkpoint)
    qtbot.waitUntil(lambda: "HRNet, 17 maps" in own.video_stack.doing, timeout=PATIENCE)
    assert "my_net.pth.tar" in own.video_stack.doing
    assert pose_file(own) == "tinypose_128x96.onnx"
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        go.touch()
    made = imported_place(checkpoint)
    assert own.loader.pipeline is not None
    assert own.loader.pipeline.pose_model.network.path == made
    assert own.panel.models.pose.currentData() == str(made)
    assert f"my_net.pth.tar is in use as {made.name}" in own.video_stack.banner.sentence
    assert own.video_stack.doing == ""

    own.video_stack.banner.hide()
    drop(own, checkpoint)  # already converted
    qtbot.waitUntil(lambda: own.video_stack.banner.isVisible(), timeout=PATIENCE)
    assert f"my_net.pth.tar is in use as {made.name}" in own.video_stack.banner.sentence


def choose_weights(window: MainWindow, row: int, names: list[str], qtbot: QtBot) -> None:
    """Check the ``names`` in the question about the sets of weights, and use the one in ``row``."""
    qtbot.waitUntil(lambda: bool(window.findChildren(WeightsDialog)), timeout=PATIENCE)
    (dialog,) = window.findChildren(WeightsDialog)
    qtbot.waitExposed(dialog)
    assert [option.text() for option in dialog.options] == names
    assert dialog.options[0].isChecked()
    dialog.options[row].click()
    with qtbot.waitSignals([dialog.destroyed, window.loader.loaded], timeout=CONVERSION_MS):
        qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torch") is None, reason="the exporter needs PyTorch")
@pytest.mark.parametrize("by", ["drop", "model box"])
def test_the_weights_of_a_checkpoint_with_several_sets_are_chosen_and_kept_apart(
    own: MainWindow, tmp_path: Path, by: str, qtbot: QtBot
) -> None:
    import torch

    from app.inference.model_card import read_card
    from tests.golden_weights import narrow_weights

    def import_it() -> None:
        if by == "drop":
            drop(own, path)
        else:
            own.panel.request(replace(own.panel.settings, pose=str(path)))

    path = tmp_path / "run 7.pth"
    sets = {"state_dict": narrow_weights("resnet18.k17"), "model_ema": narrow_weights("resnet18.k17", salt="other")}
    torch.save(sets, path)
    names = ["state_dict", "model_ema: moving average of the weights (EMA)"]
    files, numbers = [], []
    for row, name in enumerate(sets):
        import_it()
        choose_weights(own, row, names, qtbot)
        file = imported_place(path, WeightSet(name, bool(row)))
        assert pose_file(own) == file.name
        assert name in file.name
        model = onnx.load(file)
        card = read_card(next(one.value for one in model.metadata_props if one.key == METADATA_KEY), file.name)
        assert card.name == f"run 7 ({name})"
        files.append(file)
        numbers.append(onnx.numpy_helper.to_array(model.graph.initializer[0]))
    assert all(file.is_file() for file in files)
    assert (numbers[0] != numbers[1]).any()
    import_it()  # converted before
    choose_weights(own, 0, names, qtbot)
    assert pose_file(own) == files[0].name
    assert own.panel.models.pose.currentData() == str(files[0])


@pytest.mark.parametrize("by", ["drop", "model box"])
def test_no_network_is_imported_if_no_set_of_weights_is_chosen(
    own: MainWindow, tmp_path: Path, by: str, qtbot: QtBot
) -> None:
    path = tmp_path / "run.pth"
    path.write_bytes(b"weights")
    export_with(
        own,
        tmp_path,
        """
assert wanted[-1] == "--one-set"
print('["one", false]\\n["two", true]', flush=True)
sys.exit(4)
""",
    )
    before = pose_file(own)
    if by == "drop":
        drop(own, path)
    else:
        own.panel.request(replace(own.panel.settings, pose=str(path)))
    qtbot.waitUntil(lambda: bool(own.findChildren(WeightsDialog)), timeout=PATIENCE)
    (dialog,) = own.findChildren(WeightsDialog)
    qtbot.waitExposed(dialog)
    with qtbot.waitSignal(dialog.destroyed, timeout=PATIENCE):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert pose_file(own) == before
    assert own.video_stack.doing == ""
    # The person who chose it in the model box is told why the box shows the previous network again.
    assert ("run.pth has several sets of weights" in own.video_stack.banner.sentence) == (by == "model box")
    assert own.panel.settings.pose == own.loader.settings.pose


def test_a_dropped_detector_is_converted_and_used(
    own: MainWindow, checkpoint: Path, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    export_with(
        own,
        tmp_path,
        f"""
if wanted[0] == "pose":
    print("it is a detector", file=sys.stderr)
    sys.exit(3)
print("opened by Ultralytics", flush=True)
shutil.copy({str(shared / "models" / "yolox_nano_416.onnx")!r}, wanted[3])
""",
    )
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        drop(own, checkpoint)
    made = imported_place(checkpoint)
    assert own.panel.models.detector.currentData() == str(made)
    assert pose_file(own) == "tinypose_128x96.onnx"
    assert f"my_net.pth.tar is in use as {made.name}" in own.video_stack.banner.sentence


@pytest.mark.slow
def test_an_ultralytics_detector_is_converted_by_its_exporter(own: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    for package in ("torch", "ultralytics"):
        if find_spec(package) is None:
            pytest.skip(f"the exporter needs {package}")
    save(tmp_path, "yolo11n")
    activities: list[str] = []
    own.importer.activity_changed.connect(activities.append)
    with qtbot.waitSignal(own.loader.loaded, timeout=5 * PATIENCE):
        drop(own, tmp_path / "yolo11n.pt")
    assert own.loader.pipeline is not None
    detector = own.loader.pipeline.proposer.detector
    assert isinstance(detector, Detector)
    assert detector.card.head == "ultralytics"
    assert detector.network.path == imported_place(tmp_path / "yolo11n.pt")
    assert any("Ultralytics" in text for text in activities)
    assert "yolo11n.pt is in use" in own.video_stack.banner.sentence


def test_a_cancelled_conversion_changes_no_file(
    own: MainWindow, checkpoint: Path, stance_home: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    before = own.panel.models.pose.currentData()
    export_with(own, tmp_path, "print('begun', flush=True)\nwhile True: time.sleep(1)")
    drop(own, checkpoint)
    qtbot.waitUntil(lambda: "begun" in own.video_stack.doing, timeout=PATIENCE)
    click(own, "Cancel", qtbot)
    assert own.video_stack.doing == ""
    assert own.panel.models.pose.currentData() == before
    assert pose_file(own) == "tinypose_128x96.onnx"
    qtbot.waitUntil(lambda: not list((stance_home / "imported").iterdir()), timeout=PATIENCE)
    assert own.video_stack.banner.sentence == ""


def test_a_refused_checkpoint_is_reported_and_the_models_stay(
    own: MainWindow, checkpoint: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    before = own.panel.models.pose.currentData()
    export_with(own, tmp_path, "print('my_net.pth.tar calls os.system: wanted weights.', file=sys.stderr); sys.exit(2)")
    drop(own, checkpoint)
    qtbot.waitUntil(lambda: own.video_stack.banner.sentence != "", timeout=PATIENCE)
    assert own.video_stack.banner.sentence == "my_net.pth.tar calls os.system: wanted weights."
    assert own.panel.models.pose.currentData() == before
    assert pose_file(own) == "tinypose_128x96.onnx"


def test_the_pose_models_offer_checkpoints(window: MainWindow, stance_home: Path) -> None:
    window.panel.show_settings(Settings())
    box = window.panel.models.pose
    rows = [(box.itemText(row), box.itemData(row)) for row in range(box.count())]
    first, by_hand = (
        rows.index(("Converted on first use", None)),
        rows.index(("Downloaded manually, then converted", None)),
    )
    assert first < rows.index((FETCHED, FETCHED)) < by_hand < rows.index((BY_HAND, BY_HAND))
    hint = box.itemData(box.findData(FETCHED), Qt.ItemDataRole.ToolTipRole)
    assert "AP 0.749" in hint
    assert "about 114 MB" in hint
    converted_place(find_entry(BY_HAND)).parent.mkdir(parents=True)
    converted_place(find_entry(BY_HAND)).touch()
    window.panel.show_settings(Settings())
    assert box.findData(BY_HAND) < box.findText("Converted on first use")


def test_a_catalogue_checkpoint_is_converted_when_chosen(
    own: MainWindow, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    place = converted_place(find_entry(FETCHED))
    export_with(
        own,
        tmp_path,
        f"""
assert wanted == ["fetch", {FETCHED!r}]
shutil.copy({str(shared / "models" / "tinypose_256x192.onnx")!r}, {str(place)!r})
""",
    )
    own.panel.show_settings(own.panel.settings)  # the cache is empty now
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        choose(own.panel.models.pose, FETCHED)
        click(own, "Download", qtbot)
    assert pose_file(own) == place.name
    assert own.panel.models.pose.currentData() == FETCHED


def test_a_checkpoint_downloaded_by_hand_is_chosen_by_the_user(
    own: MainWindow, checkpoint: Path, shared: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, before = converted_place(find_entry(BY_HAND)), own.panel.models.pose.currentData()
    export_with(
        own,
        tmp_path,
        f"""
assert wanted == ["fetch", {BY_HAND!r}, "--file", {str(checkpoint)!r}]
shutil.copy({str(shared / "models" / "tinypose_256x192.onnx")!r}, {str(place)!r})
""",
    )
    own.panel.show_settings(own.panel.settings)
    with qtbot.waitSignal(own.loader.failed, timeout=PATIENCE):
        choose(own.panel.models.pose, BY_HAND)
    assert "pose_hrnet_w32_384x288.pth" in own.video_stack.banner.sentence
    assert "https://" in own.video_stack.banner.sentence
    assert own.panel.models.pose.currentData() == before
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(checkpoint), ""))
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        click(own, "Locate file…", qtbot)
    assert pose_file(own) == place.name
    assert own.panel.models.pose.currentData() == BY_HAND


def test_the_shortcut_imports_the_chosen_file(
    own: MainWindow, shared: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = str(shared / "models" / "tinypose_256x192.onnx")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (network, ""))
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        qtbot.keyClick(own, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert own.panel.models.pose.currentData() == network


@pytest.mark.parametrize("by", ["drop", "model box"])
def test_a_network_stays_listed_if_another_is_imported_before_it_is_loaded(
    own: MainWindow, shared: Path, tmp_path: Path, by: str, qtbot: QtBot
) -> None:
    first, second = tmp_path / "first.onnx", tmp_path / "second.onnx"
    for path in (first, second):
        shutil.copy(shared / "models" / "tinypose_128x96.onnx", path)
        if by == "drop":
            drop(own, path)
        else:
            own.panel.request(replace(own.panel.settings, pose=str(path)))
    qtbot.waitUntil(lambda: pose_file(own) == "second.onnx", timeout=PATIENCE)
    box = own.panel.models.pose
    qtbot.waitUntil(lambda: box.findData(str(first)) >= 0, timeout=PATIENCE)
    assert box.currentData() == str(second)
    assert {(str(first), "pose"), (str(second), "pose")} <= set(own.preferences.networks)
    qtbot.waitUntil(lambda: not own.background.busy("import", "models"), timeout=PATIENCE)
    assert pose_file(own) == "second.onnx"


def test_a_file_given_by_another_path_is_the_same_model(
    own: MainWindow, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "mine.onnx"
    shutil.copy(shared / "models" / "tinypose_128x96.onnx", path)
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        own.panel.request(replace(own.panel.settings, pose=f"{tmp_path}/elsewhere/../mine.onnx"))
    box = own.panel.models.pose
    checked = qtbot.waitSignal(own.importer.activity_changed, timeout=PATIENCE, check_params_cb=lambda text: not text)
    with checked:
        own.importer.take(Path("/nowhere/.." + str(path)))
    assert [box.itemText(row) for row in range(box.count())].count("mine.onnx") == 1
    assert box.currentData() == own.loader.settings.pose == str(path)


def test_imports_are_refused_while_recording(
    own: MainWindow, checkpoint: Path, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(own.player.opened, timeout=PATIENCE):
        own.open(str(next((shared / "data" / "coco-val-dev").rglob("*.jpg")).parent))
    with qtbot.waitSignal(own.capture.recorder.started, timeout=PATIENCE):
        own.record_to([tmp_path / "people.jsonl"])
    drop(own, checkpoint)
    assert "my_net.pth.tar was not imported" in own.video_stack.banner.sentence
    assert not own.actions_by_name["import"].isEnabled()
    assert not own.loader.loading
