"""A local web server with faults, and processes that fetch from it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from app.zoo.catalogue import Address, Entry, Web

ROOT = Path(__file__).resolve().parents[3]
CONTENT = bytes(range(256)) * 4096
"""One megabyte of test data."""
HALF = len(CONTENT) // 2


class Host:
    """A local web server: ``files`` and injected ``faults`` by path; ``requests`` logs the requests (path, range)."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, str] = {}
        self.requests: list[tuple[str, str]] = []
        self.release = threading.Event()
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requested_range = self.headers.get("Range", "")
                host.requests.append((self.path, requested_range))
                host.answer(self, host.faults.get(self.path, ""), requested_range)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """Ignored: some tests close the connection early."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def answer(self, handler: BaseHTTPRequestHandler, fault: str, requested_range: str) -> None:
        content = self.files.get(handler.path)
        if content is None:
            handler.send_error(404)
            return
        if fault == "silent":
            self.release.wait(10)
            return
        start = int(requested_range[6:-1]) if requested_range and fault not in ("no range", "range from 0") else 0
        if start >= len(content):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(content)}")
            handler.end_headers()
            return
        handler.send_response(206 if start or fault == "range from 0" else 200)
        if start or fault == "range from 0":
            first_byte = 1 if fault == "other range" else start
            handler.send_header("Content-Range", f"bytes {first_byte}-{len(content) - 1}/{len(content)}")
        handler.send_header("Content-Type", "text/html" if fault == "html" else "application/octet-stream")
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        if fault == "cut" and start < HALF:
            handler.wfile.write(content[start:HALF])
        elif fault == "stall" and start < HALF:
            handler.wfile.write(content[start:HALF])
            self.release.wait(30)
        elif fault == "drip":
            for byte in content[start:]:
                if self.release.wait(0.05):
                    return
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()
        else:
            handler.wfile.write(content[start:])

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Fetcher:
    """Fetches entries with one web address, each in its own process."""

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[str]] = []

    def start(self, entry: Entry, before: str = "") -> subprocess.Popen[str]:
        """Start fetching ``entry`` after running the code ``before``; each progress call prints a line."""
        (address,) = entry.addresses
        assert isinstance(address, Web)
        code = (
            "from app.zoo.catalogue import Entry, Web; from app.zoo.fetch import fetch\n"
            f"entry = Entry('thing', 'A thing', 'clip', 'video', 'thing.mp4', 'MIT', sha256={entry.sha256!r}, "
            f"bytes={entry.bytes!r}, addresses=(Web({address.url!r}),))\n"
            f"{before}\n"
            "fetch(entry, lambda done, total: print(done, total, flush=True))\n"
        )
        pipe = subprocess.PIPE
        child = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
        self.children.append(child)
        return child


def make_entry(*addresses: Address, content: bytes = CONTENT, **more: Any) -> Entry:
    facts: dict[str, Any] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)} | more
    return Entry("thing", "A thing", "clip", "video", "thing.mp4", "MIT", addresses=addresses, **facts)
