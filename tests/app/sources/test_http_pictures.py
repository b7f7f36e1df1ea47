"""Network cameras with snapshot URLs, and with MJPEG whose first part has no boundary before it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import cv2
import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame
from app.sources import SourceEvent, camera, http_pictures, open_source
from app.sources.http_pictures import HttpPictures
from app.sources.jpeg import jpeg_end
from tests.app.sources.clips import number_of, numbered
from tests.app.sources.test_images import with_orientation

Answer = Callable[["Handler", int], None]


class Handler(BaseHTTPRequestHandler):
    """Calls the server's ``answer`` with the sequence number of the request."""

    server: Server

    def do_GET(self) -> None:
        number = self.server.count_request()
        try:
            self.server.answer(self, number)
        except OSError:
            self.close_connection = True

    def start(self, kind: str, *more: tuple[str, str], code: int = 200) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write nothing to the console."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Answer = still
        self.requests = 0
        self._lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def count_request(self) -> int:
        with self._lock:
            self.requests += 1
            return self.requests

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/shot"


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server()
    yield served
    served.shutdown()
    served.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_pictures, "EVERY_S", 0.01)
    monkeypatch.setattr(http_pictures, "SELDOM_S", 0.05)
    monkeypatch.setattr(http_pictures, "RETRY_S", 0.01)
    monkeypatch.setattr(camera, "SILENCE_S", 60.0)  # a busy machine must not look like a lost camera


def jpeg(number: int) -> bytes:
    """Image ``number`` with a thumbnail in its EXIF data, as cameras write it."""
    data = cv2.imencode(".jpg", numbered(number, 128, 96))[1].tobytes()
    small = b"\xff\xe1" + (len(data) + 2).to_bytes(2) + data
    return data[:2] + small + data[2:]


def still(client: Handler, number: int) -> None:
    client.start("image/jpeg")
    client.wfile.write(jpeg(number))


def read(source: object, frames: int) -> list[Frame]:
    found = [source.read() for _ in range(frames)]  # type: ignore[attr-defined]
    assert None not in found
    return found


def test_snapshot_url_is_requested_repeatedly(server: Server) -> None:
    events: list[SourceEvent] = []
    source = open_source(server.address, notify=events.append)
    frames = read(source, 12)
    source.close()
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] >= 10
    assert source.live
    assert source.fps is None  # the rate of a snapshot URL is unknown
    assert events == []


@pytest.mark.parametrize("kind", ["length", "chunked", "octets", "multipart"])
def test_every_transfer_encoding_is_read(server: Server, kind: str) -> None:
    def answer(client: Handler, number: int) -> None:
        data = jpeg(number)
        client.protocol_version = "HTTP/1.1"
        if kind == "chunked":
            client.start("image/jpeg", ("Transfer-Encoding", "chunked"))
            for piece in (data[:700], data[700:], b""):
                client.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        elif kind == "multipart":
            body = b"--x\r\nContent-Type: image/jpeg\r\n\r\n" + data + b"\r\n--x--\r\n"
            client.start("multipart/x-mixed-replace; boundary=x", ("Content-Length", str(len(body))))
            client.wfile.write(body)
        else:
            mime = "application/octet-stream" if kind == "octets" else "image/jpeg"
            client.start(mime, ("Content-Length", str(len(data))))
            client.wfile.write(data)

    server.answer = answer
    source = open_source(server.address)
    assert number_of(read(source, 6)[-1].image) >= 5
    source.close()


def test_other_formats_and_orientations_are_read(server: Server) -> None:
    pixels = np.zeros((32, 64, 3), np.uint8)
    pixels[:16, :16] = 255
    turned = with_orientation(cv2.imencode(".jpg", pixels)[1].tobytes(), 6)
    for kind, data, corner in (
        ("image/png", cv2.imencode(".png", pixels)[1].tobytes(), (0, 0)),
        ("image/webp", cv2.imencode(".webp", pixels)[1].tobytes(), (0, 0)),
        ("image/jpeg", turned, (0, -1)),
    ):

        def answer(client: Handler, number: int, kind: str = kind, data: bytes = data) -> None:
            client.start(kind)
            client.wfile.write(data)

        server.answer = answer
        pictures = HttpPictures(server.address)
        assert pictures.opens()
        for image in (pictures.read(), pictures.read()):
            assert image is not None
            assert image[corner].min() > 200
        pictures.close()


def test_unchanged_snapshot_is_no_loss_and_requested_less_often(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "STREAM_FROZEN_S", 0.2)
    monkeypatch.setattr(http_pictures, "SELDOM_S", 0.15)
    server.answer = lambda client, number: still(client, 7)
    events: list[SourceEvent] = []
    source = open_source(server.address, notify=events.append)
    frames = read(source, 12)
    source.close()
    assert events == []
    assert {number_of(frame.image) for frame in frames} == {7}
    gaps = np.diff([frame.time_s for frame in frames])
    assert np.median(gaps[-5:]) >= 0.1
    assert frames[-1].time_s > 0.6


def test_mjpeg_without_first_boundary_is_read(server: Server) -> None:
    def answer(client: Handler, number: int) -> None:
        client.start("multipart/x-mixed-replace; boundary=frame")
        for shown in count(1):
            head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg(shown))}\r\n\r\n"
            client.wfile.write(head.encode() + jpeg(shown) + b"\r\n--frame\r\n")

    server.answer = answer
    source = open_source(server.address)
    numbers = [number_of(frame.image) for frame in read(source, 10)]
    source.close()
    assert numbers == sorted(set(numbers))
    assert numbers[0] >= 1


def test_one_failed_request_is_no_loss(server: Server) -> None:
    def answer(client: Handler, number: int) -> None:
        if number % 4 == 0:
            client.start("text/plain", code=503)
        else:
            still(client, number)

    server.answer = answer
    events: list[SourceEvent] = []
    source = open_source(server.address, notify=events.append)
    assert number_of(read(source, 12)[-1].image) >= 12
    source.close()
    assert events == []


def test_unavailable_snapshot_url_is_lost_and_comes_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "PAUSES_S", (0.05,))
    gone, events, lost = threading.Event(), list[SourceEvent](), threading.Event()

    def answer(client: Handler, number: int) -> None:
        if gone.is_set():
            client.start("text/plain", code=503)
        else:
            still(client, number)

    def notify(event: SourceEvent) -> None:
        events.append(event)
        lost.set()
        gone.clear()

    server.answer = answer
    source = open_source(server.address, notify=notify)
    read(source, 3)
    gone.set()
    while not lost.is_set():
        read(source, 1)
    read(source, 3)
    source.close()
    assert [event.state for event in events] == ["lost", "live"]


@pytest.mark.parametrize("scheme", ["Basic", "Digest"])
def test_login_in_the_url_is_used(server: Server, scheme: str) -> None:
    wanted = "Basic " + base64.b64encode(b"anna:se/c@ret").decode()

    def answer(client: Handler, number: int) -> None:
        given = client.headers.get("Authorization", "")
        if given == wanted or (scheme == "Digest" and given.startswith('Digest username="anna"')):
            still(client, number)
        else:
            more = 'realm="cam"' + (', nonce="1", qop="auth"' if scheme == "Digest" else "")
            client.start("text/plain", ("WWW-Authenticate", f"{scheme} {more}"), code=401)

    server.answer = answer
    pictures = HttpPictures(server.address.replace("://", "://anna:se/c%40ret@"))
    assert pictures.opens()
    assert pictures.read() is not None
    assert pictures.read() is not None
    pictures.close()
    assert not HttpPictures(server.address).opens()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("text/html", b"<html>a page</html>"),
        ("image/jpeg", b""),
        ("image/jpeg", b"\xff\xd8\xff" + bytes(90)),
        ("a/b", b"x"),
    ],
)
def test_url_without_images_is_an_error(server: Server, kind: str, data: bytes) -> None:
    def answer(client: Handler, number: int) -> None:
        client.start(kind)
        client.wfile.write(data)

    server.answer = answer
    with pytest.raises(StanceError, match=r"is no video that can be played: wanted a video"):
        open_source(server.address)
    assert server.requests < 10


def test_end_of_a_jpeg_is_not_that_of_its_thumbnail() -> None:
    data = jpeg(5)
    assert jpeg_end(data) == len(data)
    assert jpeg_end(b"12" + data + b"34", 2) == len(data) + 2
    assert [end for end in range(len(data)) if jpeg_end(data[:end]) is not None] == []
