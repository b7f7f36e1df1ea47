"""A camera on the network that misbehaves, recorded all the way: no frame is invented, and the recording goes on."""

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

from app.people import Frame
from app.sources import camera
from app.sources.file import VideoFile
from tests.app.sources.clips import number_of, numbered
from tests.app.sources.device import plugged_in
from tests.app.sources.mjpeg import FPS, NUMBERS, Mjpeg
from tests.faults.runs import Headless, lines, wait_for

SHOWN = ("--threshold", "1")  # nothing is drawn on the numbers


class Odd(Mjpeg):
    """Sends what ``spoil`` makes of each picture's JPEG, and counts; ``resize`` tells the size of each."""

    def __init__(self, port: int = 0) -> None:
        self.sent = 0
        self.spoil: Callable[[int, bytes], bytes] = lambda number, data: data
        self.resize: Callable[[int], tuple[int, int]] = lambda number: (128, 96)
        super().__init__(port)

    def send(self, client: BaseHTTPRequestHandler) -> None:
        for number in count():
            if self._unplugged.wait(1 / FPS):
                return
            image = numbered(number % NUMBERS + 1, *self.resize(number))
            data = self.spoil(number, cv2.imencode(".jpg", image)[1].tobytes())
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            client.wfile.write(head.encode() + data + b"\r\n")
            self.sent += 1


def recorded(folder: Path) -> list[Frame]:
    """The pictures of the film; the lines beside it tell of as many."""
    frames = list(iter(VideoFile(folder / "out.mkv").read, None))
    assert len(frames) == len(lines(folder / "out.jsonl")) - 1
    return frames


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
def test_damaged_pictures_are_passed_over(
    tmp_path: Path, headless: Headless, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))
    odd = Odd()
    odd.spoil = lambda number, data: spoil(data) if number % 40 in range(20, 26) else data
    headless(odd.address, *outputs(tmp_path), more=("--limit", "50", *SHOWN)).played(50)
    odd.unplug()
    frames = recorded(tmp_path)
    assert len(frames) == 50 <= odd.sent
    times = [line["time_s"] for line in lines(tmp_path / "out.jsonl")[1:]]
    assert times == sorted(set(times))


def test_the_same_picture_for_a_while_is_as_many_frames_as_were_sent(tmp_path: Path, headless: Headless) -> None:
    """A still scene behind an encoder may be the same to the bit: a stream that goes on sending is not lost at once."""
    still = cv2.imencode(".jpg", numbered(77, 128, 96))[1].tobytes()
    odd = Odd()
    odd.spoil = lambda number, data: still
    done = headless(odd.address, *outputs(tmp_path), more=("--limit", "60", *SHOWN))
    odd.unplug()
    done.played(60)
    assert "lost" not in done.err
    assert {number_of(frame.image) for frame in recorded(tmp_path)} == {77}
    assert odd.sent >= 60


def test_a_stream_that_sends_the_same_picture_for_ever_is_lost_until_it_sends_another(
    tmp_path: Path, headless: Headless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "STREAM_FROZEN_S", 1.0)
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))
    still = cv2.imencode(".jpg", numbered(77, 128, 96))[1].tobytes()
    odd = Odd()
    moving = threading.Event()
    begun = time.monotonic()

    def spoil(number: int, data: bytes) -> bytes:
        if time.monotonic() - begun > 6:
            moving.set()
        return data if moving.is_set() else still

    odd.spoil = spoil
    done = headless(odd.address, *outputs(tmp_path), more=("--limit", "100", *SHOWN))
    odd.unplug()
    done.played(100)
    told = [line for line in done.err.splitlines() if "The stream" in line]
    assert ["lost (the same picture for 1 s)" in line for line in told] == [True, False]
    frames = recorded(tmp_path)
    shown = [number_of(frame.image) for frame in frames]
    before = shown.index(next(number for number in shown if number != 77))
    assert 15 <= before <= 60  # a second of it, and none of what came again after every connection
    assert np.diff([frame.time_s for frame in frames])[before - 1] > 2


def test_another_size_goes_on_in_the_same_recording(tmp_path: Path, headless: Headless) -> None:
    odd = Odd()
    odd.resize = lambda number: (128, 96) if number < 30 else (320, 240)
    headless(odd.address, *outputs(tmp_path), more=("--limit", "60", *SHOWN)).played(60)
    odd.unplug()
    frames = recorded(tmp_path)
    assert {frame.image.shape for frame in frames} == {(96, 128, 3)}
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers == sorted(numbers)


def test_what_was_lost_comes_back_into_the_same_recording(
    tmp_path: Path, headless: Headless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "SILENCE_S", 0.6)
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))
    network = Odd()
    back: list[Odd] = []

    def pull_and_plug() -> None:
        while network.sent < 30:
            time.sleep(0.01)
        network.unplug()
        time.sleep(1.0)
        back.append(Odd(network.port))

    hand = threading.Thread(target=pull_and_plug)
    hand.start()
    done = headless(network.address, *outputs(tmp_path), more=("--limit", "50", *SHOWN))
    hand.join()
    back[0].unplug()
    done.played(50)
    assert done.err.index("is lost") < done.err.index("is back")
    frames = recorded(tmp_path)
    assert len(frames) <= network.sent + back[0].sent
    gaps = np.diff([frame.time_s for frame in frames])
    assert (gaps > 0).all()
    assert gaps.max() > 0.9  # nothing was shown meanwhile


def test_a_camera_that_freezes_and_one_that_is_unplugged_come_back_into_the_same_recording(
    tmp_path: Path, headless: Headless, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = plugged_in(monkeypatch)
    monkeypatch.setattr(camera, "list_cameras", lambda: [camera.CameraInfo(0, "one", "")])
    monkeypatch.setattr(camera, "FROZEN_S", 0.5)
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))

    def written(wanted: int) -> bool:
        return (tmp_path / "out.jsonl").exists() and len(lines(tmp_path / "out.jsonl")) > wanted

    def hand() -> None:
        for number, state in ((20, device.frozen), (60, device.unplugged)):
            wait_for(partial(written, number))
            state.set()
            time.sleep(1.2)
            state.clear()

    doing = threading.Thread(target=hand)
    doing.start()
    done = headless("0", *outputs(tmp_path), more=("--limit", "100", *SHOWN))
    doing.join()
    done.played(100)
    told = [line for line in done.err.splitlines() if "Camera 0 is" in line]
    assert ["lost" in line for line in told] == [True, False, True, False]
    assert "the same picture" in told[0]
    frames = recorded(tmp_path)
    gaps = np.diff([frame.time_s for frame in frames])
    assert (gaps > 0).all()
    assert sum(gap > 0.4 for gap in gaps) >= 2  # nothing was shown meanwhile
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers[0] != numbers[-1]
