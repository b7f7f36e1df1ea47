"""The window under random use, hundreds of rounds: the last part of ``python -m tests.stress``.

Each round does one action of a user: opens a clip or a missing file, plays, seeks, steps, changes a threshold or the
smoothing, shows or hides a panel, sets points, records, opens a dialog, closes the source. The window must respond
within five seconds. At the end it is closed while all this is in progress, and no thread may be left.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.stress import STEP_S, no_thread_lost

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

    from app.core.settings import Settings
    from app.engine import Engine
    from app.pipeline import Pipeline
    from app.window.main_window import MainWindow

LOAD_S = 120.0
CLOSE_S = 70.0
PANELS = ("plots", "people", "engine")
DIALOGS = ("models", "settings", "shortcuts", "export")


class WindowUser:
    """Uses a window at random, with the same choices in each run."""

    def __init__(self, window: MainWindow, application: QApplication, clips: list[Path], folder: Path) -> None:
        self._window = window
        self._application = application
        self._clips = clips
        self._folder = folder
        self._rng = random.Random(4)
        self._recordings = 0
        self.actions: list[Callable[[], None]] = [
            self.open_clip,
            self.open_missing,
            self.play_or_pause,
            self.jump,
            self.step,
            self.change_settings,
            self.toggle_panel,
            self.set_points,
            self.record,
            self.open_dialog,
            self.close_source,
            self.jump,
            self.change_settings,
        ]

    def round(self, number: int) -> None:
        """One random action, after which the window must respond."""
        action = self._rng.choice(self.actions)
        action()
        self.process_events(self._rng.choice([0.0, 0.01, 0.05, 0.2]))
        responded: list[bool] = []
        from PyQt6.QtCore import QTimer

        QTimer.singleShot(0, lambda: responded.append(True))
        self.wait_for(lambda: bool(responded), f"round {number}, {action.__name__}: a response of the window")

    def open_clip(self) -> None:
        """Open another clip; half of the time, wait for its first frame."""
        window, path = self._window, self._rng.choice(self._clips)
        window.open(str(path))
        if self._rng.random() < 0.5:
            self.wait_for(
                lambda: window.player.text == str(path) and window.player.current is not None, f"a frame of {path.name}"
            )

    def open_missing(self) -> None:
        """Open a missing file; the shown source stays."""
        self._window.open(str(self._folder / "missing.mp4"))

    def play_or_pause(self) -> None:
        """Press the space key."""
        self._window.actions_by_name["play"].trigger()

    def jump(self) -> None:
        """Click anywhere on the timeline."""
        source = self._window.player.source
        if source is not None and source.duration_s:
            self._window.controls.timeline.seek_requested.emit(self._rng.random() * source.duration_s)

    def step(self) -> None:
        """Next or previous frame."""
        self._window.actions_by_name[self._rng.choice(["step-back", "step-forward"])].trigger()

    def change_settings(self) -> None:
        """Change one detection setting."""
        panel, rng = self._window.panel, self._rng
        changed = rng.choice(
            [
                {"threshold": rng.choice([0.2, 0.3, 0.5])},
                {"person_threshold": rng.choice([0.1, 0.2, 0.4])},
                {"smooth": rng.choice(["one-euro", "kalman", "none"])},
                {"half_rate": rng.random() < 0.5},
                {"max_people": rng.choice([0, 1, 2])},
                {"detect_every": rng.choice([0.0, 0.2, 0.5])},
            ]
        )
        settings = replace(panel.settings, **changed)  # type: ignore[arg-type]
        panel.show_settings(settings)
        panel.changed.emit(settings)

    def toggle_panel(self) -> None:
        """Show or hide the plots, the people table or the engine panel."""
        dock = self._window.dock_area.dock_of(self._rng.choice(PANELS))
        dock.setVisible(not dock.isVisible())

    def set_points(self) -> None:
        """In and out points, loop, pinned frame."""
        self._window.actions_by_name[self._rng.choice(["mark-in", "mark-out", "unmark", "pin", "loop"])].trigger()

    def record(self) -> None:
        """Start or finish a recording."""
        window = self._window
        if window.capture.recording:
            window.capture.recorder.stop()
        elif window.player.source is not None and window.actions_by_name["record"].isEnabled():
            self._recordings += 1
            stem = self._folder / f"{self._recordings}"
            window.record_to([stem.with_suffix(".mp4"), stem.with_suffix(".jsonl")])

    def open_dialog(self) -> None:
        """Open a dialog and close it."""
        action = self._window.actions_by_name[self._rng.choice(DIALOGS)]
        if action.isEnabled():
            action.trigger()
            self.process_events(0.05)
            self._window.dialogs.close()

    def close_source(self) -> None:
        """Close the source, one time in four."""
        if self._rng.random() < 0.25:
            self._window.actions_by_name["close-source"].trigger()

    def process_events(self, seconds: float) -> None:
        """Process the window's events for ``seconds``."""
        end = time.monotonic() + seconds
        self._application.processEvents()
        while time.monotonic() < end:
            self._application.processEvents()
            time.sleep(0.002)

    def wait_for(self, condition: Callable[[], bool], what: str, timeout_s: float = STEP_S) -> None:
        """Process events until ``condition`` holds. Raises AssertionError after ``timeout_s`` seconds."""
        end = time.monotonic() + timeout_s
        while not condition():
            self._application.processEvents()
            time.sleep(0.002)
            assert time.monotonic() < end, f"{what} took more than {timeout_s} s"


def use_window(clips: list[Path], folder: Path, settings: Settings, rounds: int) -> None:
    """Use one window at random for ``rounds`` with the networks of ``settings``, then close it."""
    from PyQt6 import sip
    from PyQt6.QtWidgets import QApplication

    from app.window.main_window import MainWindow

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    with no_thread_lost():
        window = MainWindow(settings)
        window.show()
        user = WindowUser(window, application, clips, folder)
        loaded: list[object] = []
        window.loader.loaded.connect(loaded.append)
        window.load()
        user.wait_for(lambda: bool(loaded), "loading the networks", LOAD_S)
        for number in range(rounds):
            user.round(number)
        closed: list[bool] = []
        window.closed.connect(lambda: closed.append(True))
        window.close()
        user.wait_for(lambda: bool(closed), "closing the window", CLOSE_S)
        sip.delete(window)  # see ``run_window``
    left = [path.name for path in folder.iterdir() if path.suffix not in (".mp4", ".jsonl") or not path.stat().st_size]
    assert not left, f"incomplete files: {', '.join(left)}"


def open_switch_fail_close(clips: list[Path], broken: list[Path], pipeline: Pipeline, rounds: int) -> None:
    """Use one player for ``rounds`` rounds: open a clip, switch to another, be refused a ``broken`` file, close.

    Every engine must end, every pipeline be released, every clip that was opened be shown, and no thread be left.
    """
    from PyQt6 import sip
    from PyQt6.QtWidgets import QApplication

    from app.core.settings import Settings
    from app.engine import owner
    from app.window.core.tasks import TaskRunner, nothing
    from app.window.player.player import Player

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    chance = random.Random(5)

    def wait_for(condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + STEP_S
        while not condition():
            application.processEvents()
            time.sleep(0.001)
            assert time.monotonic() < end, f"{what} took more than {STEP_S} s"

    with no_thread_lost():
        background = TaskRunner()
        player = Player(background, Settings(), "auto")
        engines: list[Engine] = []
        errors: list[Exception] = []
        player.opened.connect(lambda: engines.extend([player.engine] if player.engine else []))
        player.failed.connect(lambda error, again: errors.append(error))
        player.set_pipeline(pipeline, pipeline.settings)
        for number in range(rounds):
            first, second = chance.sample(clips, 2)
            player.open(str(first))
            if chance.random() < 0.5:
                wait_for(lambda: player.current is not None, f"round {number}: a frame of {first.name}")
            player.open(str(second))
            wait_for(lambda second=second: player.text == str(second), f"round {number}: opening {second.name}")  # type: ignore[misc]
            if chance.random() < 0.5:
                wait_for(lambda: player.current is not None, f"round {number}: a frame of {second.name}")
            refused = len(errors)
            player.open(str(chance.choice(broken)))
            if chance.random() < 0.5:
                wait_for(lambda refused=refused: len(errors) > refused, f"round {number}: the refusal")  # type: ignore[misc]
                assert player.text == str(second)
            background.queue(player.close(STEP_S), nothing, errors.append, player)
            assert player.source is None
        wait_for(lambda: all(engine.state in ("ended", "failed") for engine in engines), "ending all engines")
        assert len(engines) >= rounds
        assert {engine.state for engine in engines} == {"ended"}
        background.close(STEP_S)
        assert not any(lock.locked() for lock in owner._locks.values())
        sip.delete(player)
        sip.delete(background)
