"""Run in a process of its own: the program as ``main.py`` starts it, watched until it has played for a while.

JSON tells when it was started and with which arguments; JSON answers when something was first painted, and when the
event loop came round. Watching takes a timer of a few milliseconds, and a word at each paint.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QPaintEvent

from app.cli import leave, main
from app.settings import Settings
from app.window import main_window
from app.window.banner import Notice
from app.window.video_view import VideoView

if TYPE_CHECKING:
    from app.engine import Result
    from app.skeleton import Skeleton

TICK_MS = 2
PATIENCE_S = 60.0
"""A skeleton that has not come by then will not come."""


class Watch:
    """Seconds since the process was started, ``started_s`` by the clock of the day, at which things were noted.

    ``ticks_s`` are those at which the event loop came round, ``painted`` counts frames since the first skeleton,
    ``told`` is the last message that was shown.
    """

    def __init__(self, started_s: float, seconds: float) -> None:
        self._zero_s = time.perf_counter() - (time.time() - started_s)
        self._seconds = seconds
        self.window_s: float | None = None
        self.skeleton_s: float | None = None
        self.painted = 0
        self.ticks_s: list[float] = []
        self.told = ""

    @property
    def now_s(self) -> float:
        """Seconds since the process was started."""
        return time.perf_counter() - self._zero_s

    def paint(self, people: bool) -> None:
        """A frame was painted, perhaps with ``people`` on it."""
        if people and self.skeleton_s is None:
            self.skeleton_s = self.now_s
        self.painted += self.skeleton_s is not None

    def tick(self) -> bool:
        """The event loop came round; whether enough has been seen."""
        now = self.now_s
        self.ticks_s.append(now)
        return now > (PATIENCE_S if self.skeleton_s is None else self.skeleton_s + self._seconds)


class Window(main_window.MainWindow):
    """Is watched from its first paint on, and closes when enough has been seen, or all of it."""

    watch: Watch

    def __init__(self, settings: Settings, **how: Any) -> None:
        super().__init__(settings, **how)
        self._ticking = QTimer(self)
        self._ticking.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticking.timeout.connect(self._tick)
        self.player.ended.connect(self.close)

    def tell(self, notice: Notice) -> None:
        """See ``MainWindow``."""
        self.watch.told = notice.sentence
        super().tell(notice)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """What lies on the window is painted after it, and before the event loop comes round."""
        super().paintEvent(event)
        if self.watch.window_s is None and not self._ticking.isActive():
            self._ticking.start(TICK_MS)

    def _tick(self) -> None:
        if self.watch.window_s is None:
            self.watch.window_s = self.watch.now_s
        if self.watch.tick():
            self._ticking.stop()
            self.close()


class View(VideoView):
    """Tells when it has painted a frame."""

    _people = False

    def show_result(self, result: Result, skeleton: Skeleton | None) -> None:
        """See ``VideoView``."""
        self._people = skeleton is not None and bool(result.poses.people)
        super().show_result(result, skeleton)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """See ``VideoView``."""
        super().paintEvent(event)
        Window.watch.paint(self._people)


def watched(what: dict[str, Any]) -> dict[str, Any]:
    """Run the program with ``what["arguments"]`` until it has shown people for ``what["seconds"]``.

    Where it ends with an error, this process ends with the same.
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
        "told": watch.told,
        "modules": sorted(sys.modules),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(watched(json.loads(sys.argv[1]))) + "\n")
    sys.stdout.flush()
    leave(0)
