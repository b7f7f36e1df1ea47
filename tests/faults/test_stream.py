"""Recordings of a faulty network camera: no frame is invented, and the recording continues."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.people import Frame
from app.sources import camera
from app.sources.file import VideoFile
from tests.app.sources.clips import number_of, numbered
from tests.app.sources.device import plugged_in
from tests.app.sources.mjpeg import FPS, NUMBERS, Mjpeg
from tests.faults.runs import Headless, lines, wait_for

NOT_DRAWN = ("--threshold", "1")  # no keypoint reaches the threshold, so the numbers stay readable


class Odd(Mjpeg):
    """Sends each picture as ``spoil`` changes its JPEG, in the size that ``resize`` gives; counts its connections."""

    def __init__(self, port: int = 0) -> None:
        self.connections = 0
        self.spoil: Callable[[int, bytes], bytes] = lambda number, data: data
        self.resize: Callable[[int], tuple[int, int]] = lambda number: (128, 96)
        super().__init__(port)

    def send(self, client: BaseHTTPRequestHandler) -> None:
        self.connections += 1
        for number in count():
            if self._unplugged.wait(1 / FPS):
                return
            image = numbered(number % NUMBERS + 1, *self.resize(number))
            data = self.spoil(number, cv2.imencode(".jpg", image)[1].tobytes())
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            self.sent += 1
            client.wfile.write(head.encode() + data + b"\r\n")


def recorded(folder: Path) -> list[Frame]:
    """The frames of the recorded video; the JSON lines beside it have the same number."""
    frames = list(iter(VideoFile(folder / "out.mkv").read, None))
    assert len(frames) == len(lines(folder / "out.jsonl")) - 1
    return frames


def written(folder: Path) -> int:
    """Number of JSON lines so far, the header included."""
    path = folder / "out.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def outputs(folder: Path) -> tuple[Path, ...]:
    return folder / "out.mkv", folder / "out.jsonl"


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def noise(data: bytes) -> bytes:
    spoilt = np.frombuffer(data, np.uint8).copy()
    spoilt[len(data) // 3 :: 5] ^= 85
    return spoilt.tobytes()


def words(data: bytes) -> bytes:
    return b"no picture at all"


@pytest.mark.parametrize("spoil", [cut, noise, words])
def test_damaged_pictures_are_skipped(
    tmp_path: Path, headless: Headless, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))
    odd = Odd()
    odd.spoil = lambda number, data: spoil(data) if number % 40 in range(20, 26) else data
    done = headless(odd.address, *outputs(tmp_path), more=("--limit", "50", *NOT_DRAWN))
    odd.unplug()
    done.played(50)
    frames = recorded(tmp_path)
    assert len(frames) + done.unrecorded == 50 <= odd.sent
    times = [line["time_s"] for line in lines(tmp_path / "out.jsonl")[1:]]
    assert times == sorted(set(times))


def test_equal_pictures_are_recorded_as_frames(tmp_path: Path, headless: Headless) -> None:
    """A still scene may give identical pictures: a stream that keeps sending is not lost at once."""
    still = cv2.imencode(".jpg", numbered(77, 128, 96))[1].tobytes()
    odd = Odd()
    odd.spoil = lambda number, data: still
    done = headless(odd.address, *outputs(tmp_path), more=("--limit", "60", *NOT_DRAWN))
    odd.unplug()
    done.played(60)
    assert "lost" not in done.err
    assert {number_of(frame.image) for frame in recorded(tmp_path)} == {77}
    assert odd.sent >= 60


def test_frozen_stream_is_lost_until_its_picture_changes(
    tmp_path: Path, headless: Headless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "STREAM_FROZEN_S", 1.0)
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))
    still = cv2.imencode(".jpg", numbered(255, 128, 96))[1].tobytes()  # the number is in no other picture
    odd = Odd()
    before_freeze: list[int] = []  # the number of connections
    reconnected_s: list[float] = []

    def spoil(number: int, data: bytes) -> bytes:
        if not before_freeze and written(tmp_path) > 20:
            before_freeze.append(odd.connections)
        if not before_freeze:
            return data
        if not reconnected_s and odd.connections > before_freeze[0]:
            reconnected_s.append(time.monotonic())
        # Until it has reconnected twice, which on a busy machine may take less than the second that is asserted.
        over = odd.connections >= before_freeze[0] + 2 and time.monotonic() > reconnected_s[0] + 1.0
        return data if over else still

    odd.spoil = spoil
    done = headless(odd.address, *outputs(tmp_path), more=("--limit", "100", *NOT_DRAWN))
    odd.unplug()
    done.played(100)
    messages = [line for line in done.err.splitlines() if "The stream" in line]
    assert ["lost (the same frame for 1 s)" in line for line in messages] == [True, False]
    frames = recorded(tmp_path)
    times = [line["time_s"] for line in lines(tmp_path / "out.jsonl")[1:]]
    frozen = [index for index, frame in enumerate(frames) if number_of(frame.image) == 255]
    first, last = frozen[0], frozen[-1]
    assert frozen == list(range(first, last + 1))
    assert times[last] - times[first] < 1.0  # one second of the frozen picture, and nothing from the reconnections
    assert times[last + 1] - times[last] > 1.0


def test_change_of_size_continues_in_the_same_recording(tmp_path: Path, headless: Headless) -> None:
    odd = Odd()
    changed = threading.Event()

    def resize(number: int) -> tuple[int, int]:
        if written(tmp_path) > 30:
            changed.set()
        return (320, 240) if changed.is_set() else (128, 96)

    odd.resize = resize
    headless(odd.address, *outputs(tmp_path), more=("--limit", "60", *NOT_DRAWN)).played(60)
    odd.unplug()
    assert changed.is_set()
    frames = recorded(tmp_path)
    assert {frame.image.shape for frame in frames} == {(96, 128, 3)}
    steps = np.diff([number_of(frame.image) for frame in frames]) % NUMBERS
    assert (steps == np.diff([line["frame"] for line in lines(tmp_path / "out.jsonl")[1:]])).all()


def test_lost_stream_continues_in_the_same_recording(
    tmp_path: Path, headless: Headless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "SILENCE_S", 0.6)
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))
    network = Odd()
    back: list[Odd] = []

    def disconnect_and_reconnect() -> None:
        wait_for(lambda: written(tmp_path) > 20)
        network.unplug()
        time.sleep(2.0)
        back.append(Odd(network.port))

    thread = threading.Thread(target=disconnect_and_reconnect)
    thread.start()
    done = headless(network.address, *outputs(tmp_path), more=("--limit", "50", *NOT_DRAWN))
    thread.join()
    back[0].unplug()
    done.played(50)
    assert done.err.index("is lost") < done.err.index("is back")
    frames = recorded(tmp_path)
    assert len(frames) <= network.sent + back[0].sent
    gaps = np.diff([frame.time_s for frame in frames])
    assert (gaps > 0).all()
    assert gaps.max() > 1.0  # no frame was recorded meanwhile


def test_frozen_and_unplugged_camera_continues_in_the_same_recording(
    tmp_path: Path, headless: Headless, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = plugged_in(monkeypatch)
    monkeypatch.setattr(camera, "list_cameras", lambda: [camera.CameraInfo(0, "one", "")])
    monkeypatch.setattr(camera, "FROZEN_S", 0.5)
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))

    def freeze_and_unplug() -> None:
        for number, state in ((20, device.frozen), (60, device.unplugged)):
            wait_for(partial(lambda number: written(tmp_path) > number, number))
            tries = len(device.tried)
            state.set()
            wait_for(partial(lambda tries: len(device.tried) > tries, tries))  # the loss was noticed
            time.sleep(0.5)
            state.clear()

    thread = threading.Thread(target=freeze_and_unplug)
    thread.start()
    # Lines reach the file about once a second, so that many more frames come than are waited for.
    done = headless("0", *outputs(tmp_path), more=("--limit", "200", *NOT_DRAWN))
    thread.join()
    done.played(200)
    messages = [line for line in done.err.splitlines() if "Camera 0 is" in line]
    assert ["lost" in line for line in messages] == [True, False, True, False]
    assert "the same frame" in messages[0]
    frames = recorded(tmp_path)
    gaps = np.diff([frame.time_s for frame in frames])
    assert (gaps > 0).all()
    assert sum(gap > 0.4 for gap in gaps) >= 2  # no frame was recorded meanwhile
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers[0] != numbers[-1]
