"""Gives clips to nodes that do not see the driver's folders, and takes their results, by HTTP.

The addresses begin with a random key that only the tasks of the batch know:
``GET /KEY/NUMBER`` is a clip; ``PUT /KEY/NUMBER/ATTEMPT/FILE`` is one of its results; ``POST /KEY/NUMBER/ATTEMPT`` is
its record, with which the results are moved into place.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import shutil
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from urllib.parse import unquote

import msgspec

from app.batch.clip_list import Clip
from app.batch.clip_run import Job, Record, publish, write_record
from app.core.errors import StanceError
from app.sinks import writing

ATTEMPT = re.compile(r"[0-9a-f]{1,32}")
CHANGED = "Stance-Changed-Ns"
"""Header with the time at which a clip was changed, in nanoseconds."""
CHUNK_BYTES = 2**20
IDLE_S = 60.0
"""Time after which a connection that brings nothing is closed, in seconds."""
MAX_RECORD_BYTES = 2**20


class ClipServer:
    """Serves the clips that are offered, on a free port of the network interface ``host``; owns its threads.

    Results of unfinished clips are in the hidden folder. Raises StanceError if nothing can listen there.
    """

    def __init__(self, job: Job, host: str) -> None:
        self._job = job
        self._folder = job.hidden("received")
        self._clips: dict[int, Clip] = {}
        self._last = 0
        self._publishing = threading.Lock()
        self._key = secrets.token_urlsafe()
        shutil.rmtree(self._folder, ignore_errors=True)
        try:
            self._server = _Server((host, 0), self)
        except OSError as error:
            raise StanceError(
                "The nodes cannot get clips from {host}: {reason}; wanted an address of this computer.",
                host=host,
                reason=error.strerror or str(error),
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="stance-clips", daemon=True)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def offer(self, clip: Clip) -> tuple[int, str]:
        """Serve ``clip``; returns its number, and its path on this server."""
        self._last += 1
        self._clips[self._last] = clip
        return self._last, f"/{self._key}/{self._last}"

    def withdraw(self, number: int) -> None:
        """Serve the clip ``number`` no longer, and delete what has come of it and was not moved into place."""
        self._clips.pop(number, None)
        shutil.rmtree(self._folder / str(number), ignore_errors=True)

    def close(self) -> None:
        """Stop listening; idempotent."""
        self._clips.clear()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def clip_at(self, parts: list[str]) -> tuple[int, Clip] | None:
        """The number and clip of the path ``parts``; None if the key is wrong, or the clip is not served."""
        if len(parts) < 2 or not hmac.compare_digest(parts[0].encode(), self._key.encode()):
            return None
        number = int(parts[1]) if parts[1].isascii() and parts[1].isdigit() else 0
        clip = self._clips.get(number)
        return None if clip is None else (number, clip)

    def receive(self, number: int, attempt: str, name: str, file: BufferedIOBase, size: int) -> None:
        """Keep the result ``name`` of a clip: ``size`` bytes of ``file``, which are read in any case.

        Raises StanceError if it cannot be written, _EndedError if less comes.
        """
        path = self._folder / str(number) / attempt / name
        chunks = _chunks(file, size)
        try:
            with writing(self._job.folder / name):
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as part:
                    part.writelines(chunks)
        except StanceError:
            with suppress(OSError):
                path.unlink()
            deque(chunks, 0)  # a node that is still sending would not hear why
            raise

    def finish(self, number: int, attempt: str, record: Record) -> None:
        """Move all results of an attempt into place, then write the ``record``.

        Raises StanceError if a result is missing, or cannot be put in its place.
        """
        clip = self._clips[number]
        received = self._folder / str(number) / attempt
        came = {path.name: path.stat().st_size for path in received.iterdir()} if received.is_dir() else {}
        if came != {Path(name).name: size for name, size in record.files.items()}:
            raise StanceError("The results of {clip} have not come completely: wanted all.", clip=clip.path)
        with self._publishing:
            publish(self._job, clip, received)
            write_record(self._job.record(clip), record)


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, place: tuple[str, int], clips: ClipServer) -> None:
        self.address_family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        self.clips = clips
        super().__init__(place, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that ends early is the node's fault, which tells it, or its end."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = IDLE_S

    def do_GET(self) -> None:
        """Send a clip."""
        found = self.server.clips.clip_at(self._parts())
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            file = found[1].path.open("rb")
        except OSError as error:
            self._refuse(f"{found[1].path} cannot be read: {error.strerror or error}.")
            return
        with file:
            state = os.fstat(file.fileno())
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Length", str(state.st_size))
            self.send_header(CHANGED, str(state.st_mtime_ns))
            self.end_headers()
            shutil.copyfileobj(file, self.wfile, CHUNK_BYTES)

    def do_PUT(self) -> None:
        """Take one result."""
        parts = self._parts()
        found = self.server.clips.clip_at(parts)
        if found is None or len(parts) != 4 or not ATTEMPT.fullmatch(parts[2]) or not _is_plain(parts[3]):
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            self.server.clips.receive(found[0], parts[2], parts[3], self.rfile, self._size())
        except StanceError as error:
            self._refuse(str(error))
        else:
            self._agree()

    def do_POST(self) -> None:
        """Take the record of a clip whose results have come."""
        parts = self._parts()
        found = self.server.clips.clip_at(parts)
        if found is None or len(parts) != 3 or not ATTEMPT.fullmatch(parts[2]) or self._size() > MAX_RECORD_BYTES:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            record = msgspec.json.decode(self.rfile.read(self._size()), type=Record)
            self.server.clips.finish(found[0], parts[2], record)
        except (StanceError, msgspec.MsgspecError) as error:
            self._refuse(str(error))
        except KeyError:  # it was withdrawn meanwhile
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._agree()

    def _parts(self) -> list[str]:
        return [unquote(part) for part in self.path.removeprefix("/").split("/")]

    def _size(self) -> int:
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isascii() and text.isdigit() else 0

    def _agree(self) -> None:
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    def _refuse(self, sentence: str) -> None:
        """Answer with a sentence for the table of errors."""
        data = sentence.encode("utf-8", "replace")
        self.send_response(HTTPStatus.CONFLICT)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Requests are not told."""


def _chunks(file: BufferedIOBase, size: int) -> Iterator[bytes]:
    """The next ``size`` bytes of ``file``. Raises _EndedError if there are less."""
    while size:
        chunk = file.read(min(size, CHUNK_BYTES))
        if not chunk:
            raise _EndedError
        size -= len(chunk)
        yield chunk


class _EndedError(Exception):
    """A node has ended the connection too early."""


def _is_plain(name: str) -> bool:
    """Whether ``name`` is that of a file without a folder, and not a hidden one."""
    return bool(name) and name[0] != "." and "/" not in name and "\\" not in name and "\0" not in name
