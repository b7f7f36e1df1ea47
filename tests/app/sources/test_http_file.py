"""Video files on a web server: with the index at the beginning or the end, from servers that send parts or do not."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.sources import open_source
from tests.app.sources.clips import make_clip, steady

Serve = Callable[[type[SimpleHTTPRequestHandler]], str]


class Whole(SimpleHTTPRequestHandler):
    """Sends files as a whole, as ``python -m http.server`` does."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write nothing to the console."""

    def handle(self) -> None:
        """Answer, though the client may have left."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True


class Parts(Whole):
    """Sends the parts of files that are asked for."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data, wanted = path.read_bytes(), re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted else 0
        end = min(int(wanted[2]) + 1 if wanted and wanted[2] else len(data), len(data))
        self.send_response(206 if wanted else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.end_headers()
        self.wfile.write(data[start:end])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("served")
    make_clip(made / "begin.mp4", steady(30), container="mp4", options={"movflags": "faststart"})
    make_clip(made / "end.mp4", steady(30), container="mp4")
    make_clip(made / "turned.mp4", steady(30), container="mp4", rotation=90)
    make_clip(made / "single.mp4", steady(1), container="mp4", options={"movflags": "faststart"})
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    noisy = {"codec": "mjpeg", "pix_fmt": "yuvj420p", "container": "mp4", "size": (320, 240), "image": noise}
    make_clip(made / "large.mp4", steady(30), **noisy)  # type: ignore[arg-type]
    assert (made / "large.mp4").stat().st_size > 500_000  # more than FFmpeg keeps of what it has read
    (made / "text.mp4").write_text("no video")
    assert (made / "end.mp4").read_bytes().index(b"moov") > (made / "end.mp4").read_bytes().index(b"mdat")
    return made


@pytest.fixture
def serve(folder: Path) -> Iterator[Serve]:
    servers = []

    def start(handler: type[SimpleHTTPRequestHandler]) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", ["begin.mp4", "end.mp4", "large.mp4", "single.mp4"])
def test_a_file_plays_from_a_server_that_sends_parts(serve: Serve, name: str) -> None:
    source = open_source(f"{serve(Parts)}/{name}")
    frame = source.read()
    assert frame is not None
    assert frame.size == source.size == ((320, 240) if name == "large.mp4" else (64, 48))
    source.close()


def test_a_file_is_upright_however_it_is_opened(serve: Serve) -> None:
    address = serve(Parts)
    for rotate, size in (("auto", (48, 64)), ("0", (64, 48))):
        source = open_source(f"{address}/turned.mp4", rotate=rotate)  # type: ignore[arg-type]
        assert source.size == size
        source.close()


@pytest.mark.parametrize("name", ["begin.mp4", "single.mp4"])
def test_an_index_at_the_beginning_plays_from_any_server(serve: Serve, name: str) -> None:
    source = open_source(f"{serve(Whole)}/{name}")
    assert source.read() is not None
    source.close()


def test_an_index_at_the_end_is_named_where_the_server_sends_files_as_a_whole(serve: Serve) -> None:
    with pytest.raises(StanceError, match=r"large\.mp4 is a video file with its index at the end, and the server does"):
        open_source(f"{serve(Whole)}/large.mp4")


@pytest.mark.parametrize("handler", [Whole, Parts])
def test_what_is_missing_or_no_video_is_named(serve: Serve, handler: type[SimpleHTTPRequestHandler]) -> None:
    address = serve(handler)
    with pytest.raises(StanceError, match=r"none\.mp4 is answered with 404 .*: wanted the address of a video"):
        open_source(f"{address}/none.mp4")
    with pytest.raises(StanceError, match=r"text\.mp4 is no video that can be played: wanted a video"):
        open_source(f"{address}/text.mp4")
