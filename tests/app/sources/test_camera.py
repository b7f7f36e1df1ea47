from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from app.errors import StanceError
from app.people import Frame
from app.sources import SourceEvent, camera, open_source
from app.sources.camera import Camera, CameraInfo, find_camera, list_cameras
from app.sources.mode import Mode, split_mode
from tests.app.sources.clips import make_clip, number_of, steady
from tests.app.sources.device import FakeDevice, plugged_in
from tests.app.sources.mjpeg import Mjpeg


@pytest.fixture
def network() -> Iterator[Mjpeg]:
    served = Mjpeg()
    yield served
    served.unplug()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "SILENCE_S", 0.6)
    monkeypatch.setattr(camera, "FROZEN_S", 0.6)
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))


class Heard(list[SourceEvent]):
    """The events of a source, as the states they tell."""

    @property
    def states(self) -> list[str]:
        return [event.state for event in self]


def read(source: object) -> Frame:
    frame = source.read()  # type: ignore[attr-defined]
    assert isinstance(frame, Frame)
    return frame


def read_until(source: Camera, done: threading.Event, frames: list[Frame]) -> threading.Thread:
    def work() -> None:
        while not done.is_set() and (frame := source.read()) is not None:
            frames.append(frame)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def wait_for(condition: object, timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_stream_gives_its_pictures_in_order_with_the_time_of_arrival(network: Mjpeg) -> None:
    source = open_source(network.address)
    frames = [read(source) for _ in range(30)]
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers == sorted(set(numbers))
    assert (source.live, source.still, source.frames, source.duration_s) == (True, False, None, None)
    assert source.size == (128, 96)
    assert (frames[0].index, frames[0].time_s) == (0, 0.0)
    times = [frame.time_s for frame in frames]
    assert times == sorted(set(times))
    # The index counts what arrived, as the stream's own numbers do.
    assert frames[-1].index - frames[0].index == numbers[-1] - numbers[0]
    source.close()


def test_a_slow_reader_gets_the_newest_picture(network: Mjpeg) -> None:
    source = open_source(network.address)
    first = read(source)
    time.sleep(1.0)
    late = read(source)
    assert number_of(late.image) - number_of(first.image) > 10
    assert late.index - first.index == number_of(late.image) - number_of(first.image)
    source.close()


@pytest.mark.usefixtures("impatient")
def test_an_unplugged_stream_is_lost_and_comes_back(network: Mjpeg) -> None:
    heard, frames, done = Heard(), list[Frame](), threading.Event()
    source = Camera(network.address, notify=heard.append)
    thread = read_until(source, done, frames)
    wait_for(lambda: len(frames) > 5)
    network.unplug()
    wait_for(lambda: heard.states == ["lost"])
    lost_at = len(frames)
    time.sleep(0.5)
    assert len(frames) == lost_at  # nothing is invented
    back = Mjpeg(network.port)
    wait_for(lambda: heard.states == ["lost", "live"] and len(frames) > lost_at + 5)
    done.set()
    thread.join(10)
    source.close()
    back.unplug()
    indices = [frame.index for frame in frames]
    assert indices == sorted(set(indices))
    assert frames[lost_at].time_s - frames[lost_at - 1].time_s > 0.5  # the clock went on
    assert network.address in heard[0].message
    assert "is back" in heard[1].message


@pytest.mark.usefixtures("impatient")
def test_a_silent_stream_is_lost_and_comes_back(network: Mjpeg) -> None:
    heard, frames, done = Heard(), list[Frame](), threading.Event()
    source = Camera(network.address, notify=heard.append)
    thread = read_until(source, done, frames)
    wait_for(lambda: len(frames) > 5)
    network.silent.set()
    wait_for(lambda: heard.states == ["lost"])
    network.silent.clear()
    wait_for(lambda: heard.states == ["lost", "live"])
    done.set()
    thread.join(10)
    source.close()


def test_a_stream_may_change_its_size(network: Mjpeg) -> None:
    source = open_source(network.address)
    assert read(source).image.shape == (96, 128, 3)
    network.unplug()
    bigger = Mjpeg(network.port)
    bigger.size = (256, 160)
    wait_for(lambda: read(source).image.shape == (160, 256, 3))
    assert source.size == (256, 160)
    source.close()
    bigger.unplug()


def test_close_wakes_a_waiting_reader(network: Mjpeg) -> None:
    source = Camera(network.address)
    network.silent.set()
    frames: list[Frame] = []
    thread = read_until(source, threading.Event(), frames)
    time.sleep(0.3)
    source.close()
    source.close()
    thread.join(5)
    assert not thread.is_alive()
    assert source.read() is None


def test_a_forced_rotation_turns_the_stream(network: Mjpeg) -> None:
    source = open_source(network.address, rotate="90")
    assert source.size == (96, 128)
    assert read(source).image.shape == (128, 96, 3)
    source.close()


def test_an_address_that_nobody_serves_is_one_sentence_without_the_password() -> None:
    free = Mjpeg()
    free.unplug()
    with pytest.raises(StanceError) as caught:
        open_source(f"http://user:secret@127.0.0.1:{free.port}/stream.mjpg")
    assert f"http://127.0.0.1:{free.port}/stream.mjpg" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> type[FakeDevice]:
    return plugged_in(monkeypatch)


@pytest.mark.usefixtures("impatient")
def test_a_frozen_camera_is_lost_until_its_picture_changes(device: type[FakeDevice]) -> None:
    heard, frames, done = Heard(), list[Frame](), threading.Event()
    source = Camera("0", notify=heard.append)
    assert source.fps == 60.0
    thread = read_until(source, done, frames)
    wait_for(lambda: len(frames) > 5)
    device.frozen.set()
    wait_for(lambda: heard.states == ["lost"])
    lost_at = len(frames)
    time.sleep(1.5)  # long enough to be opened again, and to show the same picture again
    assert heard.states == ["lost"]
    assert len(frames) == lost_at
    device.frozen.clear()
    wait_for(lambda: heard.states == ["lost", "live"] and len(frames) > lost_at)
    assert not np.array_equal(frames[lost_at].image, frames[lost_at - 1].image)
    done.set()
    thread.join(10)
    source.close()


@pytest.mark.usefixtures("impatient")
def test_an_unplugged_camera_is_lost_and_comes_back(device: type[FakeDevice]) -> None:
    heard, frames, done = Heard(), list[Frame](), threading.Event()
    source = Camera("0", notify=heard.append)
    thread = read_until(source, done, frames)
    wait_for(lambda: len(frames) > 5)
    device.unplugged.set()
    wait_for(lambda: heard.states == ["lost"])
    device.unplugged.clear()
    wait_for(lambda: heard.states == ["lost", "live"])
    done.set()
    thread.join(10)
    source.close()


def test_an_absent_camera_is_named_with_those_that_are_there(
    device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch
) -> None:
    device.unplugged.set()
    monkeypatch.setattr(camera, "list_cameras", list)
    with pytest.raises(StanceError, match="There is no camera 7: found none on this machine"):
        open_source("7")
    monkeypatch.setattr(camera, "list_cameras", lambda: [CameraInfo(2, "HD Webcam", "/dev/video2")])
    with pytest.raises(StanceError, match=r"There is no camera 7: found 2 \(HD Webcam\)"):
        open_source("7")
    with pytest.raises(StanceError, match="Camera 2 does not open: another program seems to be using it"):
        open_source("2@1280x720")


def test_a_camera_that_opens_and_shows_nothing_is_told_from_one_that_does_not_open(
    device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch
) -> None:
    device.dark.set()
    monkeypatch.setattr(camera, "list_cameras", lambda: [CameraInfo(2, "HD Webcam", "/dev/video2")])
    with pytest.raises(StanceError, match=r"Camera 2 gives no picture: .* awake"):
        open_source("2")


@pytest.mark.skipif(sys.platform != "linux", reason="only there a camera is a file with rights")
@pytest.mark.usefixtures("device")
def test_a_camera_that_may_not_be_used_names_the_right_that_is_wanted(
    device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch
) -> None:
    device.unplugged.set()
    monkeypatch.setattr(os, "access", lambda path, mode: path != "/dev/null")
    monkeypatch.setattr(camera, "list_cameras", lambda: [CameraInfo(0, "HD Webcam", "/dev/null")])
    with pytest.raises(StanceError, match="Camera 0 may not be used: wanted the right to read and write /dev/null"):
        open_source("0")


def test_a_camera_is_asked_for_a_size_and_a_rate_and_tells_what_it_gives(device: type[FakeDevice]) -> None:
    source = open_source("0@1280x720@30")
    assert (source.size, source.fps, source.name) == ((1280, 720), 30.0, "0@1280x720@30")
    source.close()
    source = open_source("/dev/video0@30")
    assert (source.size, source.fps) == ((640, 480), 30.0)
    source.close()
    source = open_source("0@1900x1000@40")  # it takes the nearest that it has
    assert (source.size, source.fps) == ((1280, 720), 30.0)
    source.close()


def test_a_camera_that_somebody_lets_go_of_this_moment_opens(device: type[FakeDevice]) -> None:
    device.taken.add(0)
    threading.Timer(0.1, device.taken.clear).start()
    source = open_source("0")
    assert source.read() is not None
    source.close()


@pytest.mark.usefixtures("impatient")
def test_a_camera_that_is_back_is_asked_again(device: type[FakeDevice]) -> None:
    heard, frames, done = Heard(), list[Frame](), threading.Event()
    source = Camera("0@1280x720", notify=heard.append)
    thread = read_until(source, done, frames)
    wait_for(lambda: len(frames) > 2)
    device.unplugged.set()
    wait_for(lambda: heard.states == ["lost"])
    lost_at = len(frames)
    device.unplugged.clear()
    wait_for(lambda: heard.states == ["lost", "live"] and len(frames) > lost_at)
    done.set()
    thread.join(10)
    source.close()
    assert frames[-1].image.shape == (720, 1280, 3)


@pytest.mark.parametrize(
    ("text", "device", "mode"),
    [
        ("0", "0", Mode()),
        ("0@640x480", "0", Mode((640, 480))),
        ("HD Webcam@60", "HD Webcam", Mode(None, 60.0)),
        ("/dev/video2@1920x1080@30", "/dev/video2", Mode((1920, 1080), 30.0)),
        ("cam@home", "cam@home", Mode()),
        ("rtsp://me:pw@host/1@30", "rtsp://me:pw@host/1@30", Mode()),
        ("0@0x0@0", "0@0x0@0", Mode()),
    ],
)
def test_what_a_camera_is_asked_for_is_read_and_written_alike(text: str, device: str, mode: Mode) -> None:
    assert split_mode(text) == (device, mode)
    assert f"{device}{mode}" == text


@pytest.mark.usefixtures("device")
def test_a_camera_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = [CameraInfo(0, "HD Webcam", "/dev/video0"), CameraInfo(4, "HD Webcam Pro", "/dev/video4")]
    monkeypatch.setattr(camera, "list_cameras", lambda: cameras)
    assert find_camera("hd webcam") == cameras[0]
    assert find_camera("PRO") == cameras[1]
    assert find_camera("depth") is None
    with pytest.raises(StanceError, match=r"Several cameras .* 0 \(HD Webcam\), 4 \(HD Webcam Pro\)"):
        find_camera("webcam")
    source = open_source("pro")
    assert source.name == "pro"
    assert source.read() is not None
    source.close()
    source = open_source("pro@1280x720")
    assert source.size == (1280, 720)
    source.close()


def test_listing_cameras_works_on_any_machine() -> None:
    assert all(isinstance(found, CameraInfo) for found in list_cameras())


def test_a_recording_on_the_network_plays_at_its_own_pace(tmp_path_factory: pytest.TempPathFactory) -> None:
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep the console clean."""

    folder = tmp_path_factory.mktemp("served")
    make_clip(folder / "clip.mp4", steady(100), options={"movflags": "faststart"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    source = open_source(f"http://127.0.0.1:{server.server_address[1]}/clip.mp4")
    frames = [read(source) for _ in range(20)]
    assert frames[-1].time_s - frames[0].time_s > 0.5  # as fast as it can be read, it would be hundredths
    source.close()
    server.shutdown()
    server.server_close()
