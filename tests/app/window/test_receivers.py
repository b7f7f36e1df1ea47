"""A result is not delivered to a deleted receiver: each dialog, panel and task, deleted while its work is running."""

from __future__ import annotations

import ast
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.core.live_address import parse_live
from app.core.people import Frame, FramePoses
from app.core.scale_options import ScaleOptions
from app.core.settings import Settings
from app.engine import Result
from app.overlay import DrawStyle
from app.sinks.replay_buffer import ReplayBuffer
from app.window.cameras.camera_dialog import CameraDialog
from app.window.cameras.camera_menu import CameraMenu
from app.window.cameras.phone_dialog import PhoneDialog
from app.window.cameras.previews import Previews
from app.window.clip_queue import ClipQueueController
from app.window.compare import Compare
from app.window.core.action_specs import make_actions
from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner, nothing
from app.window.diagnostics import copy_diagnostics
from app.window.dialogs.export_dialog import ExportDialog
from app.window.dialogs.scale_dialog import ScaleDialog
from app.window.models.importer import Importer
from app.window.models.loader import ModelLoader
from app.window.models.model_memory import ModelMemory
from app.window.models.models_dialog import ModelsDialog
from app.window.panels.check_panel import CheckPanel
from app.window.panels.dock_area import DockArea
from app.window.panels.side_panel import SidePanel
from app.window.player.capture import CaptureController
from app.window.player.live_output import LiveOutput
from app.window.player.player import Player
from app.window.player.recorder import Recorder, Recording
from app.window.player.session import Session
from app.window.review.keypoint_corrections import KeypointCorrections, Spot
from app.window.review.mark_values import MarkValues
from app.window.review.measured_events import MeasuredEvents
from app.window.review.people_table import PeopleTable
from app.window.review.pinned_frame import PinnedFrame
from app.window.review.plot_panel import PlotPanel
from app.window.review.recording_checks import RecordingChecks
from app.window.review.undo import Undo
from app.window.video.heatmap_worker import HeatmapWorker
from app.window.video.video_view import VideoView
from app.window.welcome.recent_list import RecentList
from app.window.widgets.notification import Banner
from tests.app.engine.artificial import Film
from tests.app.window.seen import walkers
from tests.conftest import ROOT

PATIENCE = 60_000
FRAME = Frame(0, 0.0, np.zeros((8, 8, 3), np.uint8))
RESULT = Result(FRAME, FramePoses(0, 0.0, ()), 0.0, {})


class World:
    """The objects that parts of a window need; ``begun`` and ``answered`` list the names of the works."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.background = TaskRunner()
        self.window = QWidget()
        self.preferences = Preferences()
        self.may_end = threading.Event()
        self.begun: list[str] = []
        self.answered: list[str] = []
        run, queue = TaskRunner.run, TaskRunner.queue

        def held(begin: Callable[..., None], name: str, receiver: QObject) -> None:
            """Start the work without doing anything in it; success and failure are recorded alike."""
            self.begun.append(name)
            answer = lambda _: self.answered.append(name)  # noqa: E731
            begin(lambda: self.may_end.wait(20), answer, answer, receiver)

        def held_run(
            made: TaskRunner, name: str, work: Any, done: Any, failed: Any, receiver: QObject, *_: Any, **__: Any
        ) -> None:
            held(partial(run, made, name), name, receiver)

        def held_queue(made: TaskRunner, work: Any, done: Any, failed: Any, receiver: QObject, *_: Any) -> None:
            held(partial(queue, made), "row", receiver)

        patch.setattr(TaskRunner, "run", held_run)
        patch.setattr(TaskRunner, "queue", held_queue)

    def player(self) -> Player:
        """A player that seems to show a video of one frame."""
        player = Player(self.background, Settings(), "auto")
        engine: Any = SimpleNamespace(source=Film(1, live=True), alive=True, playing=False, add_sink=lambda sink: None)
        path = str(self.folder / "a.mp4")
        player._session = Session(text=path, film=path, source=engine.source, engine=engine)
        player.current = RESULT
        player.pipeline = SimpleNamespace(skeleton=None)  # type: ignore[assignment]
        return player

    def capture(self) -> CaptureController:
        picture = QImage(8, 8, QImage.Format.Format_RGB32)
        return CaptureController(
            self.background, self.player(), make_actions(self.window), DrawStyle, lambda: picture, self.window
        )


def export(world: World) -> QObject:
    dialog = ExportDialog(world.background, world.player(), DrawStyle, world.preferences)
    dialog.export()
    return dialog


def model(world: World) -> QObject:
    dialog = ModelsDialog(world.background, world.preferences, Settings())
    dialog._start("Waiting", lambda report, task: None, lambda _: None)
    return dialog


def camera_dialog(world: World) -> QObject:
    return CameraDialog(world.background)


def camera_menu(world: World) -> QObject:
    menu = CameraMenu(world.background, Preferences(), lambda text: None, world.window)
    menu.refresh()
    return menu


def phone(world: World) -> QObject:
    dialog = PhoneDialog(world.background, Preferences())
    dialog.address.setText("127.0.0.1:1")
    dialog.test.click()
    return dialog


def recent(world: World) -> QObject:
    (world.folder / "a.mp4").touch()
    world.preferences.add_recent(str(world.folder / "a.mp4"))
    return RecentList(world.preferences, world.background)


def pyqtgraph(world: World) -> QObject:
    panel = PlotPanel(world.background)
    panel.show()
    return panel


def plots(world: World) -> QObject:
    panel = PlotPanel(world.background)
    panel.chart = SimpleNamespace(show_time=lambda time_s: None, show=lambda *_, **__: None)  # type: ignore[assignment]
    panel.show()
    panel.plotted.analysis = walkers()
    panel.refresh()
    return panel


def table_of_plots(world: World) -> QObject:
    panel = PlotPanel(world.background)
    panel.export.write_csv(world.folder / "a.csv")
    return panel


def people(world: World) -> QObject:
    panel = PeopleTable(world.background)
    panel.show()
    panel.show_analysis(walkers())
    return panel


def checks(world: World) -> QObject:
    panel = CheckPanel()
    panel.show()
    player = Player(world.background, Settings(), "auto")
    made = RecordingChecks(world.background, player, Recorder(world.background), panel)
    made.refresh()
    return panel


def measures(world: World) -> QObject:
    measured = MeasuredEvents(world.background, world.window)
    measured.set_analysis(walkers())
    measured.refresh()
    return measured


def scale(world: World) -> QObject:
    player = world.player()
    player.analysis, player.scale = walkers(), ScaleOptions(height_m=1.8)
    player.pipeline = None
    return ScaleDialog(world.background, player, VideoView())


def marks(world: World) -> QObject:
    player = world.player()
    player.analysis, player.scale = walkers(), ScaleOptions(height_m=1.8)
    world.panel = panel = SidePanel(Settings())  # type: ignore[attr-defined]
    values = MarkValues(world.background, player, panel)
    values.refresh()
    return values


def heat(world: World) -> QObject:
    finder = HeatmapWorker(world.background)
    finder.choose(0)
    finder.show_result(RESULT, SimpleNamespace())
    return finder


def models(world: World) -> QObject:
    loader = ModelLoader(world.background, Settings())
    loader.request(Settings())
    return loader


def devices(world: World) -> QObject:
    loader, panel = ModelLoader(world.background, Settings()), SidePanel(Settings())
    world.panel, world.loader = panel, loader  # type: ignore[attr-defined]
    memory = ModelMemory(world.preferences, loader, panel, world.background)
    memory._probe_devices()
    return memory


def importing(world: World) -> QObject:
    (world.folder / "a.onnx").touch()
    loader, panel = ModelLoader(world.background, Settings()), SidePanel(Settings())
    world.panel = panel  # type: ignore[attr-defined]
    made = Importer(world.background, loader, panel, world.preferences, lambda notice: None)
    made.take(world.folder / "a.onnx")
    return made


def opening(world: World) -> QObject:
    player = Player(world.background, Settings(), "auto")
    player.open(str(world.folder / "a.mp4"))
    return player


def previews(world: World) -> QObject:
    made = Previews(world.background)
    made.start()
    return made


def record(world: World) -> QObject:
    recorder = Recorder(world.background)
    recorder.start([world.folder / "a.jsonl"], world.player(), DrawStyle())
    return recorder


def finish(world: World) -> QObject:
    recorder = Recorder(world.background)
    recorder.recording = Recording([], [], lambda _: None)
    recorder._engine = SimpleNamespace(remove_sink=lambda sink: None)  # type: ignore[assignment]
    recorder.stop()
    return recorder


def ring(world: World) -> QObject:
    capture = world.capture()
    last = capture.last_seconds
    last._buffer, last._engine = ReplayBuffer(1.0), capture._player.engine
    capture.save_last_to([world.folder / "a.jsonl"])
    return capture


def rename(world: World) -> QObject:
    capture = world.capture()
    capture._unnamed = world.folder / "b.jsonl"
    capture._recorded([world.folder / "a.jsonl"])
    return capture


def virtual_camera(world: World) -> QObject:
    capture = world.capture()
    capture.camera_output.set_on(True)
    return capture


def sending(world: World) -> QObject:
    output = LiveOutput(world.background, world.player(), DrawStyle, world.window)
    output._at = (parse_live("udp://127.0.0.1:9"),), None  # open for another source
    output.follow_source()
    return output


def window_parts(world: World) -> Any:
    """The parts of a window that features need."""
    player, actions, view = world.player(), make_actions(world.window), VideoView(world.window)
    return SimpleNamespace(
        window=world.window,
        background=world.background,
        preferences=world.preferences,
        actions=actions,
        player=player,
        view=view,
        loader=ModelLoader(world.background, Settings()),
        panel=SidePanel(Settings()),
        docks=DockArea(QWidget(), world.window),
        stack=SimpleNamespace(banner=Banner(world.window)),
        people=PeopleTable(world.background),
        plots=PlotPanel(world.background),
        review=SimpleNamespace(pin=PinnedFrame(player, actions["pin"])),
    )


def queue_controller(world: World) -> ClipQueueController:
    parts = window_parts(world)
    parts.loader.pipeline = SimpleNamespace()
    return ClipQueueController(parts)


def motion(world: World) -> QObject:
    compare = Compare(window_parts(world))
    compare.read(world.folder / "a.trc")
    return compare


def compared(world: World) -> QObject:
    parts = window_parts(world)
    compare = Compare(parts)
    parts.player.analysis = people = walkers()
    compare._read = "a.trc", people
    poses = people.get(30)
    assert poses is not None
    compare._follow(Result(FRAME, poses, 0.0, {}))
    return compare


def clips(world: World) -> QObject:
    controller = queue_controller(world)
    controller.take([world.folder])
    return controller


def queue(world: World) -> QObject:
    controller = queue_controller(world)
    controller.add([(world.folder / "a.mp4", [world.folder / "a.jsonl"])])
    return controller


def carry(world: World) -> QObject:
    player = world.player()
    player.analysis, player.pipeline = walkers(), None
    undo = Undo(make_actions(world.window), world.window)
    corrections = KeypointCorrections(world.background, player, undo)
    corrections.place(Spot(1, 13, 40), 5.0, 6.0)
    return corrections


def diagnostics(world: World) -> QObject:
    window = QWidget()
    actions, banner = make_actions(window), Banner(window)
    copy_diagnostics(world.background, Settings(), actions["diagnostics"], banner, window)
    return window


TASKS: dict[str, list[Callable[[World], QObject]]] = {
    "export": [export],
    "model": [model],
    "cameras": [camera_dialog, camera_menu],
    "phone": [phone],
    "recent": [recent],
    "pyqtgraph": [pyqtgraph],
    "plots": [plots],
    "row": [table_of_plots],
    "people": [people],
    "check": [checks],
    "measures": [measures],
    "scale": [scale],
    "marks": [marks],
    "heat": [heat],
    "models": [models],
    "devices": [devices],
    "import": [importing],
    "open": [opening],
    "previews": [previews],
    "record": [record],
    "finish": [finish],
    "ring": [ring],
    "rename": [rename],
    "virtual-camera": [virtual_camera],
    "send": [sending],
    "clips": [clips],
    "compare": [compared],
    "motion": [motion],
    "queue": [queue],
    "diagnostics": [diagnostics],
    "carry": [carry],
}
"""Functions that start each work of the window, by its name; each returns the receiver of the result."""


@pytest.fixture
def world(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("app.window.player.capture.pick_name", lambda *_: tmp_path / "b.jsonl")
    made = World(tmp_path, monkeypatch)
    yield made
    made.may_end.set()
    made.background.close(20)
    sip.delete(made.background)


CASES = [(name, begin) for name, begins in TASKS.items() for begin in begins]


@pytest.mark.parametrize(("name", "begin"), CASES, ids=[begin.__name__ for _, begin in CASES])
@pytest.mark.parametrize("gone", [True, False], ids=["gone", "here"])
def test_a_deleted_receiver_gets_no_result(
    world: World, name: str, begin: Callable[[World], QObject], gone: bool, qtbot: QtBot
) -> None:
    receiver = begin(world)
    qtbot.waitUntil(lambda: name in world.begun, timeout=PATIENCE)
    if gone:
        sip.delete(receiver)
    world.may_end.set()
    qtbot.waitUntil(lambda: not world.background.busy(*(set(TASKS) - {"row"})), timeout=PATIENCE)
    world.background.queue(lambda: None, nothing, nothing, world.background)
    queued = world.begun.count("row")
    qtbot.waitUntil(lambda: world.answered.count("row") >= (1 if gone else queued), timeout=PATIENCE)
    answers = list(world.answered)
    answers.remove("row")  # the one queued last
    assert (name in answers) != gone
    if not gone:
        sip.delete(receiver)


def name_of_work(call: ast.Call) -> ast.expr | None:
    """The argument that names background work: of ``TaskRunner.run`` the first, of ``PacedWork`` the second."""
    function = ast.unparse(call.func)
    return call.args[0] if function.endswith("background.run") else call.args[1] if function == "PacedWork" else None


def test_all_background_work_of_the_window_is_covered() -> None:
    named = {
        name.value
        for path in (ROOT / "app" / "window").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(name := name_of_work(node), ast.Constant)
    }
    assert named == set(TASKS) - {"row"}


def test_no_work_emits_a_signal_directly() -> None:
    """The signal's owner may have been deleted by then; ``TaskRunner.callback`` checks that."""
    emitting = [
        f"{path.name}:{node.lineno}"
        for path in (ROOT / "app" / "window").rglob("*.py")
        for work in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(work, ast.FunctionDef) and work.name == "work"
        for node in ast.walk(work)
        if isinstance(node, ast.Attribute) and node.attr == "emit"
    ]
    assert emitting == []
