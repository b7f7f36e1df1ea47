"""Processes killed while they record a live source: all but the last second can be read."""

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

from app.sinks.jsonl_reader import read_recording
from app.sources.file import VideoFile
from tests.app.sources.clips import numbered
from tests.app.sources.mjpeg import NUMBERS, Mjpeg
from tests.conftest import ROOT
from tests.faults.runs import arguments, child, wait_for

FORMS = ("out.mp4", "out.mkv", "out.jsonl", "out.csv", "out.json", "out.mmpose.json", "out.trc")
LOST_S = 1.0
"""Most that a kill may lose, in seconds."""
RECORDED_S = 4.0

LOG_RECORDED_TIMES = """
import os, sys
from app.engine.writer import Writer
put, times = Writer.put, os.open(os.environ["TIMES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def logged(self, result, patient):
    accepted = bool(self._sinks) and put(self, result, patient)
    if accepted:
        os.write(times, f"{result.frame.time_s!r}\\n".encode())
    return accepted

Writer.put = logged
"""
"""Writes the timestamp of each frame that is handed to the writer to the file ``TIMES``."""

WINDOW = """
from pathlib import Path
from PyQt6.QtWidgets import QApplication
from app.core.settings import RunOptions, Settings
from app.window.main_window import MainWindow

application = QApplication([])
window = MainWindow(Settings(pose=sys.argv[1], detector="none", device="cpu"))
if sys.argv[2] == "clean":
    window.actions_by_name["record-clean"].setChecked(True)
window.show()
window.run(RunOptions(sys.argv[3], outputs=tuple(map(Path, sys.argv[4:]))))
application.exec()
"""


class Slow(Mjpeg):
    """Eight pictures per second, so that buffering a fixed number of frames delays the recording noticeably."""

    def send(self, client: BaseHTTPRequestHandler) -> None:
        for number in count(1):
            if self._unplugged.wait(1 / 8):
                return
            data = cv2.imencode(".jpg", numbered(number % NUMBERS, *self.size))[1].tobytes()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            client.wfile.write(head.encode() + data + b"\r\n")


@pytest.fixture
def camera() -> Iterator[str]:
    """Address of a network camera."""
    served = Slow()
    yield served.address
    served.unplug()


def handed_over(notes: Path) -> list[float]:
    """Timestamps of the frames handed to the writer so far, counted from the first one as in the files.

    On a busy machine the first one is not the camera's first.
    """
    times = [float(line) for line in notes.read_text().split("\n")[:-1]] if notes.exists() else []
    return [time_s - times[0] for time_s in times]


def killed_at(process: subprocess.Popen[str], notes: Path) -> list[float]:
    """Kill ``process`` after ``RECORDED_S`` seconds of recording; return the timestamps that it handed over."""

    def recorded() -> bool:
        times = handed_over(notes)
        return len(times) > 1 and times[-1] - times[0] > RECORDED_S

    wait_for(lambda: recorded() or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate(timeout=60)
    return handed_over(notes)


def assert_complete_but_last_second(read: Sequence[float], times: Sequence[float]) -> None:
    """Assert that ``read`` begins like ``times`` and lacks at most the last second and two frames."""
    frame_s = max(late - early for early, late in pairwise(times))
    assert read[-1] > times[-1] - LOST_S - 2 * frame_s
    assert list(read) == pytest.approx(times[: len(read)], abs=0.002)


def video_times(path: Path) -> list[float]:
    """Timestamps of a video's frames."""
    return [frame.time_s for frame in iter(VideoFile(path).read, None)]


def probed_times(path: Path) -> list[float]:
    """The same, read with ffprobe."""
    options = ["-v", "quiet", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "json"]
    output = subprocess.run(["ffprobe", *options, path], capture_output=True, check=True, timeout=60).stdout
    return [float(frame["pts_time"]) for frame in json.loads(output)["frames"]]


def assert_videos(paths: Sequence[Path], times: Sequence[float]) -> None:
    for path in paths:
        assert_complete_but_last_second(video_times(path), times)
        if shutil.which("ffprobe"):
            assert_complete_but_last_second(probed_times(path), times)


def table_times(path: Path) -> list[float]:
    """Timestamps in a person's table, without the last row, which a kill may cut."""
    return [float(line.split("\t")[1]) for line in path.read_text().split("\n")[6:-1] if line]


def test_killed_headless_recording_lacks_less_than_a_second(tmp_path: Path, made_pose: Path, camera: str) -> None:
    outputs = tuple(tmp_path / form for form in FORMS)
    notes = tmp_path / "notes"
    process = child(arguments(made_pose, camera, outputs), before=LOG_RECORDED_TIMES, environment={"TIMES": str(notes)})
    times = killed_at(process, notes)
    assert_videos(outputs[:2], times)
    recorded = read_recording(tmp_path / "out.jsonl").poses
    assert_complete_but_last_second([poses.time_s for poses in recorded], times)
    frames = json.loads((tmp_path / "out.mmpose.json").read_text())["instance_info"]
    assert_complete_but_last_second([frame["time_s"] for frame in frames], times)
    seen = [poses.time_s for poses in recorded if poses.people]
    assert seen[-1] == pytest.approx(recorded[-1].time_s, abs=0.5)
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = [float(row["time_s"]) for row in csv.DictReader(file) if None not in row.values()]
    assert rows[: len(seen)] == seen[: len(rows)]
    assert len(rows) == pytest.approx(len(seen), abs=1)
    assert len(json.loads((tmp_path / "out.json").read_text())) == pytest.approx(len(seen), abs=1)
    assert max(table_times(path)[-1] for path in tmp_path.glob("out*.trc")) == pytest.approx(seen[-1], abs=0.5)


@pytest.mark.parametrize("kind", [pytest.param("clean", marks=pytest.mark.slow), "annotated"])
def test_killed_window_recording_lacks_less_than_a_second(
    tmp_path: Path, made_pose: Path, camera: str, kind: str
) -> None:
    outputs = (tmp_path / "out.mp4", tmp_path / "out.jsonl")
    notes = tmp_path / "notes"
    process = subprocess.Popen(
        [sys.executable, "-c", LOG_RECORDED_TIMES + WINDOW, made_pose, kind, camera, *outputs],
        cwd=ROOT,
        env=os.environ | {"TIMES": str(notes), "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    times = killed_at(process, notes)
    assert_videos(outputs[:1], times)
    recorded = read_recording(outputs[1]).poses
    assert_complete_but_last_second([poses.time_s for poses in recorded], times)
    assert np.mean([len(poses.people) for poses in recorded]) > 0.5
