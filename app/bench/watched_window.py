"""Child process that runs the program as ``main.py`` does and records when it paints and iterates its event loop.

A JSON argument gives the start time and the arguments; the measurements are printed as JSON. Measuring costs a timer of
a few milliseconds and a call for each paint.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QPaintEvent

from app.cli.main import leave, main
from app.core.settings import Settings
from app.window import main_window
from app.window.video.video_view import VideoView
from app.window.widgets.notification import Notice

if TYPE_CHECKING:
    from app.core.skeleton import Skeleton
    from app.engine import Result

TICK_MS = 2
"""Interval of the timer that observes the event loop, in milliseconds."""
TIMEOUT_S = 60.0
"""Longest wait for the first skeleton, in seconds."""


class Watch:
    """Measurements of the window; times are in seconds since the process was started.

    Attributes:
        window_s: When the window was first painted.
        skeleton_s: When a skeleton was first painted.
        painted: Number of frames painted since then.
        ticks_s: When the event loop iterated.
        reported: The last message shown.
    """

    def __init__(self, started_s: float, seconds: float) -> None:
        self._zero_s = time.perf_counter() - (time.time() - started_s)
        self._seconds = seconds
        self.window_s: float | None = None
        self.skeleton_s: float | None = None
        self.painted = 0
        self.ticks_s: list[float] = []
        self.reported = ""

    @property
    def now_s(self) -> float:
        """Current time in seconds since the process was started."""
        return time.perf_counter() - self._zero_s

    def paint(self, people: bool) -> None:
        """Record that a frame was painted, with or without ``people``."""
        if people and self.skeleton_s is None:
            self.skeleton_s = self.now_s
        self.painted += self.skeleton_s is not None

    def tick(self) -> bool:
        """Record an iteration of the event loop; returns whether the measurement is complete."""
        now = self.now_s
        self.ticks_s.append(now)
        return now > (TIMEOUT_S if self.skeleton_s is None else self.skeleton_s + self._seconds)


class Window(main_window.MainWindow):
    """A window that is measured from its first paint on, and closes when the measurement or the clip is complete."""

    watch: Watch

    def __init__(self, settings: Settings, **how: Any) -> None:
        super().__init__(settings, **how)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self.player.ended.connect(self.close)

    def notify(self, notice: Notice) -> None:
        """Record the message and show it; see ``MainWindow.notify``."""
        self.watch.reported = notice.sentence
        super().notify(notice)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Start the timer at the first paint; child widgets are painted before its first tick."""
        super().paintEvent(event)
        if self.watch.window_s is None and not self._timer.isActive():
            self._timer.start(TICK_MS)

    def _tick(self) -> None:
        if self.watch.window_s is None:
            self.watch.window_s = self.watch.now_s
        if self.watch.tick():
            self._timer.stop()
            self.close()


class View(VideoView):
    """A video view that records when it has painted a frame."""

    _people = False

    def show_result(self, result: Result, skeleton: Skeleton | None) -> None:
        """Remember whether the frame shows people; see ``VideoView.show_result``."""
        self._people = skeleton is not None and bool(result.poses.people)
        super().show_result(result, skeleton)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint, then record it."""
        super().paintEvent(event)
        Window.watch.paint(self._people)


def run_watched(what: dict[str, Any]) -> dict[str, Any]:
    """Run the program with ``what["arguments"]`` until it has shown people for ``what["seconds"]``.

    Returns the measurements. If the program fails, this process ends with the same exit code.
    """
    watch = Window.watch = Watch(what["started_s"], what["seconds"])
    main_window.MainWindow, main_window.VideoView = Window, View  # type: ignore[misc, attr-defined]
    if code := main(what["arguments"]):
        leave(code)
    return {
        "window_s": watch.window_s,
        "skeleton_s": watch.skeleton_s,
        "ticks_s": watch.ticks_s,
        "painted": watch.painted,
        "reported": watch.reported,
        "modules": sorted(sys.modules),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run_watched(json.loads(sys.argv[1]))) + "\n")
    sys.stdout.flush()
    leave(0)
