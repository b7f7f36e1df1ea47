"""Checks what is played and what is recorded, and shows what limits the accuracy."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

from app.core.errors import StanceError
from app.core.message import Message
from app.window.core.paced_work import PacedWork
from app.window.core.tasks import TaskRunner, nothing
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.panels.check_panel import CheckPanel, CheckSection
from app.window.player.player import Player
from app.window.player.recorder import Recorder

if TYPE_CHECKING:  # these bring OpenCV along, which the window does not wait for
    from app.analysis.recording_check import Finding, RecordingCheck
    from app.core.people import Frame, FramePoses
    from app.core.skeleton import Skeleton
    from app.engine import Engine

REFRESH_MS = 1000
PAUSE_FACTOR = 20.0
"""Minimum pause between two computations of the findings, as a multiple of the last one's duration."""
LIVE_S = 10.0
"""Of a live source, this many seconds are checked: what was put right before does not count."""


class LiveCheck:
    """A sink that checks the last seconds of a live source, and all that is recorded of it."""

    name = Message("The recording check")
    is_passing = True
    """A frame that is missing here is missing from no recording."""

    def __init__(self, skeleton: Skeleton, threshold: float) -> None:
        self.begin(skeleton, threshold)

    @property
    def paths(self) -> list[Path]:
        """Always empty: no file is written."""
        return []

    def begin(self, skeleton: Skeleton, threshold: float) -> None:
        """Check people with another skeleton from now on."""
        from app.analysis.recording_check import RecordingCheck

        self._threshold = threshold
        self.recorded: RecordingCheck | None = None
        self.latest = RecordingCheck(skeleton, threshold, LIVE_S)

    def begin_recording(self) -> None:
        """Check all that comes from now on, too."""
        from app.analysis.recording_check import RecordingCheck

        self.recorded = RecordingCheck(self.latest.skeleton, self._threshold)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Look at one frame; its people may still be those of the previous network, and are left out then."""
        for check in (self.latest, self.recorded):
            if check is not None and all(len(one.keypoints) == len(check.skeleton.names) for one in poses.people):
                check.add(frame, poses)

    def close(self) -> None:
        """Release the last frame."""
        for check in (self.latest, self.recorded):
            if check is not None:
                check.release()


class RecordingChecks(QObject):
    """Shows in ``panel`` the findings about the clip or the live source of ``player``, and about a recording of it."""

    def __init__(self, background: TaskRunner, player: Player, recorder: Recorder, panel: CheckPanel) -> None:
        super().__init__(panel)
        self._player = player
        self._panel = panel
        self._work = PacedWork(background, "check", self, pause_factor=PAUSE_FACTOR)
        self._engine: Engine | None = None
        self._live: LiveCheck | None = None
        self._is_recording = False
        recorder.started.connect(lambda: self._record(True))
        recorder.finished.connect(lambda paths: self._record(False))
        recorder.failed.connect(lambda error: self._record(False))
        player.opened.connect(self._work.skip_pause)
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()

    def refresh(self) -> None:
        """Follow the player's source, and show the findings so far if the panel is visible."""
        self._follow()
        if not self._panel.isVisible() or not self._work.ready:
            return
        checks = self._checks()
        names = self._player.analysis.names() if self._player.analysis is not None else {}

        def name(number: int) -> str:
            return names.get(number) or Message("Person {number}", number=number)

        def work() -> list[tuple[str, bool, tuple[Finding, ...]]]:
            return [(title, check.is_judged, check.findings(name)) for title, check in checks]

        self._work.run(work, self._show, nothing)

    def _checks(self) -> list[tuple[str, RecordingCheck]]:
        """What is to be shown: titles, and the checks."""
        if self._live is not None and self._engine is self._player.engine:
            recorded = self._live.recorded
            title = tr("Being recorded") if self._is_recording else tr("Last recording")
            return [(tr("Now"), self._live.latest), *([] if recorded is None else [(title, recorded)])]
        check = self._player.clip_analysis.check
        return [] if check is None else [(tr("This clip"), check)]

    def _show(self, found: list[tuple[str, bool, tuple[Finding, ...]]]) -> None:
        good, short = tr("Nothing was found that limits the accuracy."), tr("Too short to be judged.")
        self._panel.show_sections(
            [
                CheckSection(title, tuple(translate(one.message) for one in findings), good if judged else short)
                for title, judged, findings in found
            ]
        )

    def _follow(self) -> None:
        """Check a live source that is shown, from its opening on, and again from a change of the skeleton on."""
        engine, pipeline = self._player.engine, self._player.pipeline
        if engine is None or pipeline is None or not engine.source.live or not engine.alive:
            return
        settings = pipeline.settings
        if engine is not self._engine or self._live is None:
            self._engine, self._live = engine, LiveCheck(pipeline.skeleton, settings.threshold)
            with suppress(StanceError):  # the engine has ended meanwhile
                engine.add_sink(self._live)
        elif self._live.latest.skeleton is not pipeline.skeleton:
            self._live.begin(pipeline.skeleton, settings.threshold)
        else:
            return
        if self._is_recording:
            self._live.begin_recording()

    def _record(self, on: bool) -> None:
        self._is_recording = on
        if on and self._live is not None and self._engine is self._player.engine:
            self._live.begin_recording()
