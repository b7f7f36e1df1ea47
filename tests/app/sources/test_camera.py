"""Cameras and network streams: newest frame, loss and reconnection, modes."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame
from app.sources import SourceEvent, camera, open_source
from app.sources.camera import Camera, CameraInfo, find_camera, list_cameras
from app.sources.camera_mode import Mode, split_mode
from tests.app.sources.clips import make_clip, number_of, steady
from tests.app.sources.device import FakeDevice, plugged_in
from tests.app.sources.mjpeg import Mjpeg


@pytest.fixture
def network() -> Iterator[Mjpeg]:
    served = Mjpeg()
    yield served
    served.unplug()


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "SILENCE_S", 0.6)
    monkeypatch.setattr(camera, "FROZEN_S", 0.6)
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))


class EventList(list[SourceEvent]):
    """The events of a source; ``states`` are their states."""

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


def test_stream_frames_are_in_order_with_their_time_of_arrival(network: Mjpeg) -> None:
    source = open_source(network.address)
    frames = [read(source) for _ in range(30)]
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers == sorted(set(numbers))
    assert (source.live, source.still, source.frames, source.duration_s) == (True, False, None, None)
    assert source.size == (128, 96)
    assert (frames[0].index, frames[0].time_s) == (0, 0.0)
    times = [frame.time_s for frame in frames]
    assert times == sorted(set(times))
    # The index counts frames that arrived, like the numbers in the frames.
    assert frames[-1].index - frames[0].index == numbers[-1] - numbers[0]
    source.close()


def test_slow_reader_gets_the_newest_frame(network: Mjpeg) -> None:
    source = open_source(network.address)
    first = read(source)
    time.sleep(1.0)
    late = read(source)
    assert number_of(late.image) - number_of(first.image) > 10
    assert late.index - first.index == number_of(late.image) - number_of(first.image)
    source.close()


@pytest.mark.usefixtures("short_timeouts")
def test_unplugged_stream_is_lost_and_comes_back(network: Mjpeg) -> None:
    events, frames, done = EventList(), list[Frame](), threading.Event()
    source = Camera(network.address, notify=events.append)
    thread = read_until(source, done, frames)
    wait_for(lambda: len(frames) > 5)
    network.unplug()
    wait_for(lambda: events.states == ["lost"])
    lost_at = len(frames)
    time.sleep(0.5)
    assert len(frames) == lost_at  # no frame is made up
    back = Mjpeg(network.port)
    wait_for(lambda: events.states == ["lost", "live"] and len(frames) > lost_at + 5)
    done.set()
    thread.join(10)
    source.close()
    back.unplug()
    indices = [frame.index for frame in frames]
    assert indices == sorted(set(indices))
    assert frames[lost_at].time_s - frames[lost_at - 1].time_s > 0.5  # the time includes the gap
    assert network.address in events[0].message
    assert "is back" in events[1].message


@pytest.mark.usefixtures("short_timeouts")
def test_silent_stream_is_lost_and_comes_back(network: Mjpeg) -> None:
    events, frames, done = EventList(), list[Frame](), threading.Event()
    source = Camera(network.address, notify=events.append)
    thread = read_until(source, done, frames)
    wait_for(lambda: len(frames) > 5)
    network.silent.set()
    wait_for(lambda: events.states == ["lost"])
    network.silent.clear()
    wait_for(lambda: events.states[:2] == ["lost", "live"])  # on a busy machine it may be lost again
    done.set()
    thread.join(10)
    source.close()


def test_stream_can_change_its_size(network: Mjpeg) -> None:
    source = open_source(network.address)
    assert read(source).image.shape == (96, 128, 3)
    network.unplug()
    bigger = Mjpeg(network.port)
    bigger.size = (256, 160)
    wait_for(lambda: read(source).image.shape == (160, 256, 3))
    assert source.size == (256, 160)
    source.close()
    bigger.unplug()


def test_close_ends_a_waiting_read(network: Mjpeg) -> None:
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


def test_forced_rotation_applies_to_streams(network: Mjpeg) -> None:
    source = open_source(network.address, rotate="90")
    assert source.size == (96, 128)
    assert read(source).image.shape == (128, 96, 3)
    source.close()


def test_unreachable_url_error_contains_no_password() -> None:
    free = Mjpeg()
    free.unplug()
    with pytest.raises(StanceError) as caught:
        open_source(f"http://user:secret@127.0.0.1:{free.port}/stream.mjpg")
    assert f"http://127.0.0.1:{free.port}/stream.mjpg" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> type[FakeDevice]:
    return plugged_in(monkeypatch)


@pytest.mark.usefixtures("short_timeouts")
def test_frozen_camera_is_lost_until_its_frames_change(device: type[FakeDevice]) -> None:
    events, frames, done = EventList(), list[Frame](), threading.Event()
    source = Camera("0", notify=events.append)
    assert source.fps == 60.0
    thread = read_until(source, done, frames)
    wait_for(lambda: len(frames) > 5)
    device.frozen.set()
    wait_for(lambda: events.states == ["lost"])
    lost_at = len(frames)
    time.sleep(1.5)  # long enough to reconnect and to receive the same frame again
    assert events.states == ["lost"]
    assert len(frames) == lost_at
    device.frozen.clear()
    wait_for(lambda: events.states == ["lost", "live"] and len(frames) > lost_at)
    assert not np.array_equal(frames[lost_at].image, frames[lost_at - 1].image)
    done.set()
    thread.join(10)
    source.close()


@pytest.mark.usefixtures("short_timeouts")
def test_unplugged_camera_is_lost_and_comes_back(device: type[FakeDevice]) -> None:
    events, frames, done = EventList(), list[Frame](), threading.Event()
    source = Camera("0", notify=events.append)
    thread = read_until(source, done, frames)
    wait_for(lambda: len(frames) > 5)
    device.unplugged.set()
    wait_for(lambda: events.states == ["lost"])
    device.unplugged.clear()
    wait_for(lambda: events.states == ["lost", "live"])
    done.set()
    thread.join(10)
    source.close()


def test_missing_camera_error_lists_the_available_ones(
    device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch
) -> None:
    device.unplugged.set()
    monkeypatch.setattr(camera, "list_cameras", list)
    with pytest.raises(StanceError, match="There is no camera 7: found none on this machine"):
        open_source("7")
    monkeypatch.setattr(camera, "list_cameras", lambda: [CameraInfo(2, "HD Webcam", "/dev/video2")])
    with pytest.raises(StanceError, match=r"There is no camera 7: found 2 \(HD Webcam\)"):
        open_source("7")
    with pytest.raises(StanceError, match="Camera 2 cannot be opened: another program seems to be using it"):
        open_source("2@1280x720")


def test_camera_without_frames_has_its_own_error(device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch) -> None:
    device.dark.set()
    monkeypatch.setattr(camera, "list_cameras", lambda: [CameraInfo(2, "HD Webcam", "/dev/video2")])
    with pytest.raises(StanceError, match=r"Camera 2 sends no video: .* switched on"):
        open_source("2")


@pytest.mark.skipif(sys.platform != "linux", reason="cameras are device files on Linux only")
@pytest.mark.usefixtures("device")
def test_missing_permission_is_named_in_the_error(device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch) -> None:
    device.unplugged.set()
    monkeypatch.setattr(os, "access", lambda path, mode: path != "/dev/null")
    monkeypatch.setattr(camera, "list_cameras", lambda: [CameraInfo(0, "HD Webcam", "/dev/null")])
    with pytest.raises(StanceError, match="Camera 0 cannot be used: wanted permission to read and write /dev/null"):
        open_source("0")


def test_requested_camera_mode_is_set_and_reported(device: type[FakeDevice]) -> None:
    source = open_source("0@1280x720@30")
    assert (source.size, source.fps, source.name) == ((1280, 720), 30.0, "0@1280x720@30")
    source.close()
    source = open_source("/dev/video0@30")
    assert (source.size, source.fps) == ((640, 480), 30.0)
    source.close()
    source = open_source("0@1900x1000@40")  # the camera sets the nearest mode that it has
    assert (source.size, source.fps) == ((1280, 720), 30.0)
    source.close()


def test_camera_that_is_being_released_opens(device: type[FakeDevice]) -> None:
    device.taken.add(0)
    threading.Timer(0.1, device.taken.clear).start()
    source = open_source("0")
    assert source.read() is not None
    source.close()


@pytest.mark.usefixtures("short_timeouts")
def test_camera_on_another_port_is_found_by_its_name(device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = [CameraInfo(0, "HD Webcam", "/dev/video0")]
    monkeypatch.setattr(camera, "list_cameras", lambda: list(cameras))
    events, frames, done = EventList(), list[Frame](), threading.Event()
    source = Camera("0", notify=events.append)
    thread = read_until(source, done, frames)
    wait_for(lambda: len(frames) > 2)
    device.unplugged.set()
    wait_for(lambda: events.states == ["lost"])
    cameras[:] = [CameraInfo(0, "Desk View", "/dev/video0"), CameraInfo(3, "HD Webcam", "/dev/video3")]
    device.taken.add(0)
    device.unplugged.clear()
    wait_for(lambda: events.states == ["lost", "live"])
    done.set()
    thread.join(10)
    source.close()
    assert device.opened[-1] == 3


@pytest.mark.usefixtures("short_timeouts")
def test_camera_mode_is_requested_again_after_a_loss(device: type[FakeDevice]) -> None:
    events, frames, done = EventList(), list[Frame](), threading.Event()
    source = Camera("0@1280x720", notify=events.append)
    thread = read_until(source, done, frames)
    wait_for(lambda: len(frames) > 2)
    device.unplugged.set()
    wait_for(lambda: events.states == ["lost"])
    lost_at = len(frames)
    device.unplugged.clear()
    wait_for(lambda: events.states == ["lost", "live"] and len(frames) > lost_at)
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
def test_camera_mode_is_parsed_and_formatted_alike(text: str, device: str, mode: Mode) -> None:
    assert split_mode(text) == (device, mode)
    assert f"{device}{mode}" == text


@pytest.mark.usefixtures("device")
def test_camera_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_cameras_are_listed_on_any_computer() -> None:
    assert all(isinstance(found, CameraInfo) for found in list_cameras())


def test_recording_on_the_network_plays_at_its_frame_rate(tmp_path_factory: pytest.TempPathFactory) -> None:
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Write nothing to the console."""

    folder = tmp_path_factory.mktemp("served")
    make_clip(folder / "clip.mp4", steady(100), options={"movflags": "faststart"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    source = open_source(f"http://127.0.0.1:{server.server_address[1]}/clip.mp4")
    frames = [read(source) for _ in range(20)]
    assert frames[-1].time_s - frames[0].time_s > 0.5  # without pacing it would take hundredths of a second
    source.close()
    server.shutdown()
    server.server_close()
