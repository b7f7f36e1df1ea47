"""Processes that are killed while they record what is live: all but the last second can be read."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from itertools import count, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.sinks.recorded import read_recording
from app.sources.file import VideoFile
from tests.app.sources.clips import numbered
from tests.app.sources.mjpeg import NUMBERS, Mjpeg
from tests.conftest import ROOT
from tests.faults.runs import arguments, child, wait_for

FORMS = ("out.mp4", "out.mkv", "out.jsonl", "out.csv", "out.json", "out.mmpose.json", "out.trc")
LOST_S = 1.0
"""What a kill may take along."""
RECORDED_S = 4.0

NOTING = """
import os, sys
from app.engine.writer import Writer
put, notes = Writer.put, os.open(os.environ["NOTES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def noted(self, result, patient):
    taken = bool(self._sinks) and put(self, result, patient)
    if taken:
        os.write(notes, f"{result.frame.time_s!r}\\n".encode())
    return taken

Writer.put = noted
"""
"""Notes the time of every frame that the pipe gives away to be recorded, before it is known to be written."""

WINDOW = """
from pathlib import Path
from PyQt6.QtWidgets import QApplication
from app.settings import Job, Settings
from app.window.main_window import MainWindow

application = QApplication([])
window = MainWindow(Settings(pose=sys.argv[1], detector="none", device="cpu"))
if sys.argv[2] == "clean":
    window.deeds["record-clean"].setChecked(True)
window.show()
window.begin(Job(sys.argv[3], outputs=tuple(map(Path, sys.argv[4:]))))
application.exec()
"""


class Slow(Mjpeg):
    """Eight pictures a second: whatever waits for a number of them keeps back the more seconds."""

    def send(self, client: BaseHTTPRequestHandler) -> None:
        for number in count(1):
            if self._unplugged.wait(1 / 8):
                return
            data = cv2.imencode(".jpg", numbered(number % NUMBERS, *self.size))[1].tobytes()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            client.wfile.write(head.encode() + data + b"\r\n")


@pytest.fixture
def camera() -> Iterator[str]:
    """A camera on the network."""
    served = Slow()
    yield served.address
    served.unplug()


def handed(notes: Path) -> list[float]:
    """The times of the frames that were to be recorded so far, as far as they are written down."""
    return [float(line) for line in notes.read_text().split("\n")[:-1]] if notes.exists() else []


def killed_at(process: subprocess.Popen[str], notes: Path) -> list[float]:
    """Kill ``process`` after ``RECORDED_S`` seconds of recording; gives the times that it had handed over."""

    def recorded() -> bool:
        times = handed(notes)
        return len(times) > 1 and times[-1] - times[0] > RECORDED_S

    wait_for(lambda: recorded() or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate(timeout=60)
    return handed(notes)


def assert_hardly_less(read: Sequence[float], times: Sequence[float]) -> None:
    """Assert that ``read`` is ``times`` but for a second, and for the frame in hand and the one that it waited for."""
    frame_s = max(late - early for early, late in pairwise(times))
    assert read[-1] > times[-1] - LOST_S - 2 * frame_s
    assert list(read) == pytest.approx(times[: len(read)], abs=0.002)


def film_times(path: Path, zero_s: float) -> list[float]:
    """When the frames of a film were taken, of which the first was at ``zero_s``."""
    return [frame.time_s + zero_s for frame in iter(VideoFile(path).read, None)]


def probed_times(path: Path, zero_s: float) -> list[float]:
    """The same by a reader of others."""
    wanted = ["-v", "quiet", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "json"]
    told = subprocess.run(["ffprobe", *wanted, path], capture_output=True, check=True, timeout=60).stdout
    return [float(frame["pts_time"]) + zero_s for frame in json.loads(told)["frames"]]


def assert_films(paths: Sequence[Path], times: Sequence[float]) -> None:
    for path in paths:
        assert_hardly_less(film_times(path, times[0]), times)
        if shutil.which("ffprobe"):
            assert_hardly_less(probed_times(path, times[0]), times)


def table_times(path: Path) -> list[float]:
    """The times in a person's table; a kill may break off its last row."""
    return [float(line.split("\t")[1]) for line in path.read_text().split("\n")[6:-1] if line]


def test_a_kill_takes_less_than_a_second_of_a_stream_along(tmp_path: Path, made_pose: Path, camera: str) -> None:
    outputs = tuple(tmp_path / form for form in FORMS)
    notes = tmp_path / "notes"
    process = child(arguments(made_pose, camera, outputs), before=NOTING, environment={"NOTES": str(notes)})
    times = killed_at(process, notes)
    assert_films(outputs[:2], times)
    recorded = read_recording(tmp_path / "out.jsonl").poses
    assert_hardly_less([poses.time_s for poses in recorded], times)
    frames = json.loads((tmp_path / "out.mmpose.json").read_text())["instance_info"]
    assert_hardly_less([frame["time_s"] for frame in frames], times)
    seen = [poses.time_s for poses in recorded if poses.people]
    assert seen[-1] == pytest.approx(recorded[-1].time_s, abs=0.5)
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = [float(row["time_s"]) for row in csv.DictReader(file) if None not in row.values()]
    assert rows[: len(seen)] == seen[: len(rows)]
    assert len(rows) == pytest.approx(len(seen), abs=1)
    assert len(json.loads((tmp_path / "out.json").read_text())) == pytest.approx(len(seen), abs=1)
    assert max(table_times(path)[-1] for path in tmp_path.glob("out*.trc")) == pytest.approx(seen[-1], abs=0.5)


@pytest.mark.parametrize("kind", ["clean", "annotated"])
def test_a_kill_of_the_window_takes_less_than_a_second_along(
    tmp_path: Path, made_pose: Path, camera: str, kind: str
) -> None:
    outputs = (tmp_path / "out.mp4", tmp_path / "out.jsonl")
    notes = tmp_path / "notes"
    process = subprocess.Popen(
        [sys.executable, "-c", NOTING + WINDOW, made_pose, kind, camera, *outputs],
        cwd=ROOT,
        env=os.environ | {"NOTES": str(notes), "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    times = killed_at(process, notes)
    assert_films(outputs[:1], times)
    recorded = read_recording(outputs[1]).poses
    assert_hardly_less([poses.time_s for poses in recorded], times)
    assert np.mean([len(poses.people) for poses in recorded]) > 0.5
