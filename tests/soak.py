"""The window on a live stream for a long time: ``python -m tests.soak [--minutes 60]``, off screen.

The stream is the demo clip, served by this process and cut off from time to time. Meanwhile recordings begin and end,
the detector is switched and the window resized. At the end of each minute the initial state is restored for some
seconds, and memory, threads, open files and the age of the shown frames are printed.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from app.system.heap import memory_mb, trim_heap

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

    from app.window.main_window import MainWindow

FPS = 30.0
WIDTH = 960
ACTIONS, ACTION_S = 6, 7.0
REST_S, MEASURE_S = 10.0, 8.0
"""Each minute: ``ACTIONS`` random actions ``ACTION_S`` seconds apart, a rest, then the measurement."""
SIZE = (1200, 800)
PANELS = ("plots", "people", "engine")
STEADY_MINUTE = 5
"""Minute after which nothing may grow."""


class Stream:
    """Serves the demo clip as motion JPEG in a loop; ``cut`` closes all connections for some seconds."""

    def __init__(self, clip: Path) -> None:
        self._pictures = _pictures(clip)
        self._down_until = 0.0
        stream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if stream.down:
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    stream.send(self)
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep the console clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/stream.mjpg"
        threading.Thread(target=self._server.serve_forever, name="soak-server", daemon=True).start()

    @property
    def down(self) -> bool:
        return time.monotonic() < self._down_until

    def cut(self, seconds: float) -> None:
        self._down_until = time.monotonic() + seconds

    def send(self, client: BaseHTTPRequestHandler) -> None:
        begun = time.monotonic()
        for number in count():
            time.sleep(max(begun + number / FPS - time.monotonic(), 0))
            if self.down:
                return
            data = self._pictures[number % len(self._pictures)]
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            client.wfile.write(head.encode() + data + b"\r\n")


def _pictures(clip: Path) -> list[bytes]:
    with av.open(str(clip)) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    high = round(frames[0].shape[0] * WIDTH / frames[0].shape[1])
    return [cv2.imencode(".jpg", cv2.resize(frame, (WIDTH, high)))[1].tobytes() for frame in frames]


def main() -> int:
    """Run the test; return 1 if memory, threads, files or age grew, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    minutes = parser.parse_args().minutes
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PyQt6 import sip
    from PyQt6.QtWidgets import QApplication

    from app.core.settings import Settings
    from app.window.main_window import MainWindow
    from app.zoo.fetch import locate

    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    stream = Stream(locate("demo"))
    window = MainWindow(Settings())
    window.show()
    window.load()
    window.open(stream.address)
    chance = random.Random(3)
    rows: list[tuple[float, int, int, float]] = []
    with TemporaryDirectory() as folder:
        for minute in range(1, round(minutes) + 1):
            for _ in range(ACTIONS):
                do_something(window, stream, Path(folder), chance)
                _process_events(application, ACTION_S)
            rest(window, stream)
            _process_events(application, REST_S)
            ages: list[float] = []
            _process_events(application, MEASURE_S, lambda: ages.append(window.view.age_ms))  # noqa: B023
            rows.append((memory_mb(), threading.active_count(), _files(), statistics.median(ages)))
            print("minute {}: {:.0f} MB, {} threads, {} files, age {:.0f} ms".format(minute, *rows[-1]), flush=True)
        closed: list[bool] = []
        window.closed.connect(lambda: closed.append(True))
        window.close()
        while not closed:
            application.processEvents()
            time.sleep(0.01)
        sip.delete(window)  # see ``run_window``
    return _exit_code(rows)


def do_something(window: MainWindow, stream: Stream, folder: Path, chance: random.Random) -> None:
    """One random action."""
    match chance.randrange(5):
        case 0:
            stream.cut(chance.uniform(0.5, 4))
        case 1 if window.capture.recording:
            window.capture.recorder.stop()
        case 1:
            for old in folder.iterdir():
                old.unlink()
            window.record_to([folder / f"{time.monotonic():.0f}.mp4", folder / f"{time.monotonic():.0f}.jsonl"])
        case 2 if not window.capture.recording:
            other = "none" if window.panel.settings.detector != "none" else "yolox-tiny"
            window.panel.changed.emit(replace(window.panel.settings, detector=other))
        case 3:
            window.resize(chance.randrange(700, 1600), chance.randrange(500, 1000))
        case _:
            dock = window.dock_area.dock_of(chance.choice(PANELS))
            dock.setVisible(not dock.isVisible())


def rest(window: MainWindow, stream: Stream) -> None:
    """Restore the initial state: stream on, default detector, no recording, no panel."""
    from app.core.settings import Settings

    stream.cut(0)
    if window.capture.recording:
        window.capture.recorder.stop()
    if window.panel.settings.detector != Settings().detector:
        window.panel.changed.emit(replace(window.panel.settings, detector=Settings().detector))
    window.resize(*SIZE)
    for panel in PANELS:
        window.dock_area.dock_of(panel).setVisible(False)


def _process_events(application: QApplication, seconds: float, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Process the window's events for ``seconds``, calling ``meanwhile`` after each step."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        application.processEvents()
        time.sleep(0.005)
        meanwhile()


def _exit_code(rows: list[tuple[float, int, int, float]]) -> int:
    if len(rows) <= STEADY_MINUTE:
        return 0
    later = np.array(rows[STEADY_MINUTE:])
    half = max(len(later) // 2, 1)
    first, last = np.median(later[:half], axis=0), np.median(later[-half:], axis=0)
    growth = (last / first - 1) * 100
    print(
        "from the first half to the second: memory {:+.1f} %, threads {:+.1f} %, files {:+.1f} %, age {:+.1f} %".format(
            *growth
        )
    )
    return int(growth[0] > 5 or last[1] > first[1] + 3 or last[2] > first[2] + 5 or growth[3] > 20)


def _files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


if __name__ == "__main__":
    with trim_heap():
        sys.exit(main())
