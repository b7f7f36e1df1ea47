"""Small videos and streams to be damaged, and functions that read them as Stance does."""

from __future__ import annotations

import socket
import tempfile
import threading
from functools import cache
from itertools import islice
from pathlib import Path

import cv2
from hypothesis import strategies as st

from app.core.people import Frame
from tests.app.sources.clips import make_clip, numbered, steady
from tests.fuzz.bytes import damaged

MOST_FRAMES = 40
SHAPES = {"a.mp4": "libx264", "a.mkv": "libx264", "b.mkv": "ffv1", "a.avi": "mpeg4", "a.ts": "libx264"}
MULTIPART = b"multipart/x-mixed-replace; boundary=frame"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: " + MULTIPART + b"\r\n\r\n"


@cache
def small_films() -> tuple[bytes, ...]:
    with tempfile.TemporaryDirectory() as folder:
        films = [
            make_clip(Path(folder) / name, steady(12), codec=codec, options={"g": "4"}).read_bytes()
            for name, codec in SHAPES.items()
        ]
        rotated = make_clip(Path(folder) / "rotated.mp4", [0, 0.04, 0.5, 0.52], rotation=90, sound="aac", sound_s=0.5)
        return (*films, rotated.read_bytes())


def films() -> st.SearchStrategy[bytes]:
    return damaged(*small_films())


def play(path: Path) -> int:
    """Read frames from the start, seek to the middle and read more, in order; return the number read at first."""
    from app.sources.file import VideoFile

    source = VideoFile(path)
    try:
        count = _in_order(list(islice(iter(source.read, None), MOST_FRAMES)))
        source.seek((source.duration_s or 1.0) / 2)
        _in_order(list(islice(iter(source.read, None), 4)))
        return count
    finally:
        source.close()


@cache
def small_streams() -> tuple[bytes, ...]:
    """Complete HTTP responses of network cameras."""
    parts = []
    for number in range(1, 9):
        data = cv2.imencode(".jpg", numbered(number))[1].tobytes()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
        parts.append(head.encode() + data + b"\r\n")
    return HEAD + b"".join(parts), HEAD.replace(MULTIPART, b"video/x-matroska") + small_films()[1]


def streams() -> st.SearchStrategy[bytes]:
    return damaged(*small_streams())


def watch(path: Path) -> int:
    """Read a camera that sends the bytes of ``path`` and disconnects until it is lost twice; return the frame count."""
    from app.sources import SourceEvent, camera

    camera.OPEN_S, camera.SILENCE_S, camera.PAUSES_S = 2.0, 1.0, (0.01,) * 6
    lost = 0

    def notify(event: SourceEvent) -> None:
        nonlocal lost
        lost += event.state == "lost"
        if lost > 1:
            source.close()

    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_send, args=(server, path.read_bytes()), daemon=True).start()
    try:
        source = camera.Camera(f"http://127.0.0.1:{server.getsockname()[1]}/stream", notify=notify)
        ended = threading.Timer(4.0, source.close)
        ended.start()
        try:
            return _in_order(list(islice(iter(source.read, None), MOST_FRAMES)))
        finally:
            ended.cancel()
            source.close()
    finally:
        server.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a connection
        server.close()


def _send(server: socket.socket, data: bytes) -> None:
    """Send ``data`` to each client until ``server`` is closed."""
    while True:
        try:
            client, _ = server.accept()
            with client:
                client.recv(4096)
                client.sendall(data)
        except ConnectionError:
            continue
        except OSError:
            return


def _in_order(frames: list[Frame]) -> int:
    for frame in frames:
        assert frame.image.ndim == 3
        assert frame.image.size
    times = [frame.time_s for frame in frames]
    assert times == sorted(set(times))
    return len(frames)
