"""Child process that opens a clip whose analysis is kept, as a user would, and records when each part shows it.

A JSON argument gives the clip, the models and the panels; the measurements are printed as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QPaintEvent

from app.cli.main import leave, main
from app.core.settings import Settings
from app.window import main_window
from app.window.core.preferences import Preferences
from app.window.video.video_view import VideoView

if TYPE_CHECKING:
    from app.core.skeleton import Skeleton
    from app.engine import Result

TICK_MS = 2
"""Interval of the timer that observes the event loop, in milliseconds."""
TIMEOUT_S = 60.0
"""Longest wait for the models, and for all parts, in seconds."""
QUIET_S = 2.0
"""Time between the models being loaded and the clip being opened, in seconds."""


class Window(main_window.MainWindow):
    """A window that opens ``clip`` when its models are loaded, and closes when every part has shown it.

    ``reached`` are the times since then, in seconds, by part; ``ticks_s`` those when the event loop iterated.
    """

    clip = ""
    panels: tuple[str, ...] = ()
    reached: dict[str, float]
    ticks_s: list[float]
    cpu_s = 0.0
    frames = 0

    def __init__(self, settings: Settings, **how: Any) -> None:
        super().__init__(settings, **how | {"preferences": Preferences()})  # the user's panels stay as they are
        self._begun_s = time.perf_counter()
        self._ready_s = self._opened_s = 0.0
        self._first_cpu_s = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self.player.opened.connect(lambda: self.note("opened"))
        self._timer.start(TICK_MS)

    def note(self, part: str) -> None:
        """Note that ``part`` shows the clip, unless it did before."""
        if self._opened_s:
            Window.reached.setdefault(part, time.perf_counter() - self._opened_s)

    def _tick(self) -> None:
        now_s = time.perf_counter()
        if self._opened_s:
            Window.ticks_s.append(now_s - self._opened_s)
            self._look()
        elif self.loader.pipeline is not None and not self.loader.loading and not self._ready_s:
            self._ready_s = now_s
            for panel in self.panels:
                self.dock_area.dock_of(panel).show()
        elif self._ready_s and now_s - self._ready_s > QUIET_S:
            self._first_cpu_s, self._opened_s = time.process_time(), now_s
            self.open(self.clip)
        if now_s - self._begun_s > TIMEOUT_S:
            self._end()

    def _look(self) -> None:
        """Note which parts show the clip; ends when all do, and nothing is computed any more."""
        analysis = self.player.analysis
        if not analysis or self.player.clip_analysis.is_restoring:
            return
        measured = self.review.measures.measured
        shown: dict[str, Callable[[], object]] = {
            "timeline": lambda: self.controls.timeline.person_at(0.0),
            "people": lambda: self.people.tree.topLevelItemCount() and self.people.up_to_date,
            "plots": lambda: self.plots.plotted.analysis is analysis and self.plots.up_to_date,
            "measures": lambda: measured.measures is not None and measured.up_to_date,
        }
        waits = [part for part in shown if part == "timeline" or part in self.panels]
        for part in waits:
            if part not in Window.reached and shown[part]():
                self.note(part)
        is_pass_over = self.player.clip_analysis.current is None or not self.player.clip_analysis.running
        if "skeleton" in Window.reached and is_pass_over and all(part in Window.reached for part in waits):
            self.note("all")
            if time.perf_counter() - self._opened_s > Window.reached["all"] + QUIET_S:
                self._end()

    def _end(self) -> None:
        Window.cpu_s = time.process_time() - self._first_cpu_s
        Window.frames = len(self.player.analysis or ())
        self._timer.stop()
        self.close()


class View(VideoView):
    """A video view that notes when it has painted a frame with people."""

    _people = False

    def show_result(self, result: Result, skeleton: Skeleton | None) -> None:
        """Remember whether the frame shows people; see ``VideoView.show_result``."""
        self._people = skeleton is not None and bool(result.poses.people)
        super().show_result(result, skeleton)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint, then note it."""
        super().paintEvent(event)
        window = self.window()
        if self._people and isinstance(window, Window):
            window.note("skeleton")


def run_opening(what: dict[str, Any]) -> dict[str, Any]:
    """Open ``what["clip"]`` with ``what["panels"]`` in a window that was started with ``what["arguments"]``.

    Returns the measurements. If the program fails, this process ends with the same exit code.
    """
    Window.clip, Window.panels, Window.reached, Window.ticks_s = what["clip"], tuple(what["panels"]), {}, []
    main_window.MainWindow, main_window.VideoView = Window, View  # type: ignore[misc, attr-defined]
    if code := main(what["arguments"]):
        leave(code)
    return {"reached": Window.reached, "ticks_s": Window.ticks_s, "cpu_s": Window.cpu_s, "frames": Window.frames}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run_opening(json.loads(sys.argv[1]))) + "\n")
    sys.stdout.flush()
    leave(0)
