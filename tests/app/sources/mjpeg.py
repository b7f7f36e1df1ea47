"""A network camera built on the standard library: it can be unplugged, fall silent, and change its size."""

from __future__ import annotations

import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import cv2

from tests.app.sources.clips import numbered

FPS = 40.0
NUMBERS = 200


class Mjpeg:
    """Serves numbered images (1..200, repeating) as a Motion JPEG stream until unplugged; ``sent`` counts them.

    With a ``path`` there is nothing else, with a ``login`` (name:password) nothing without it; ``requests`` has the
    paths that were asked for. ``watching`` is the number of programs that get images now.
    """

    def __init__(self, port: int = 0, path: str = "", login: str = "") -> None:
        self.size = (128, 96)
        self.requests: list[str] = []
        wanted = f"Basic {b64encode(login.encode()).decode()}" if login else ""
        self.sent = self.watching = 0
        self.silent = threading.Event()
        self._unplugged = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.requests.append(self.path)
                if wanted and self.headers["Authorization"] != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="phone"')
                    self.end_headers()
                    return
                if path and self.path != path:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                camera.watching += 1
                try:
                    camera.send(self)
                except OSError:
                    self.close_connection = True
                finally:
                    camera.watching -= 1

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Write nothing to the console."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}/stream.mjpg"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def send(self, client: BaseHTTPRequestHandler) -> None:
        for number in count():
            if self._unplugged.wait(1 / FPS):
                return
            if self.silent.is_set():
                continue
            data = cv2.imencode(".jpg", numbered(number % NUMBERS + 1, *self.size))[1].tobytes()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            self.sent += 1
            client.wfile.write(head.encode() + data + b"\r\n")

    def unplug(self) -> None:
        self._unplugged.set()
        self._server.shutdown()
        self._server.server_close()
