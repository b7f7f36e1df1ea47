"""Processes a clip on a computer that does not see the batch's folders: gets it, and gives the results back."""

from __future__ import annotations

import errno
import http.client
import os
import secrets
import socket
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import msgspec

from app.batch.clip_list import Clip
from app.batch.clip_run import NO_SPACE, Cancelled, Job, Outcome, Record, run_clip
from app.batch.clip_server import CHANGED, CHUNK_BYTES, IDLE_S
from app.core.errors import StanceError
from app.core.message import Message

TRIES, PAUSE_S = 3, 1.0
"""Number of attempts at a request, and the pause between them in seconds."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Where the driver serves a clip: ``path`` on the server at ``host`` and ``port``."""

    host: str
    port: int
    path: str


def run_copy(job: Job, clip: Clip, offer: Offer, cancelled: Cancelled) -> Outcome:
    """Process a copy of ``clip`` in a temporary folder; the driver puts the results into the folder of ``job``.

    The files are those of ``run_clip``, byte for byte.
    """
    with tempfile.TemporaryDirectory(prefix="stance-clip-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder, "clip", clip.path.name)
        here = replace(job, folder=Path(folder, "results"))
        try:
            copy.parent.mkdir()
            _fetch(offer, copy)
            outcome = run_clip(here, clip, cancelled, copy)
            if (record := outcome.record) is None:
                if any(reason in outcome.problem for reason in NO_SPACE):
                    return Outcome(clip, problem=_no_room(clip, folder))
                return replace(outcome, problem=_named(outcome.problem, job, clip, here, copy))
            warnings = [_named(warning, job, clip, here, copy) for warning in record.warnings]
            record = msgspec.structs.replace(record, warnings=warnings)
            _give(offer, here.folder, record)
            return Outcome(clip, record)
        except StanceError as error:
            return Outcome(clip, problem=str(error))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                return Outcome(clip, problem=_no_room(clip, folder))
            return Outcome(clip, problem=f"{clip.path} cannot be copied to {folder}: {error.strerror or error}.")


def _no_room(clip: Clip, folder: str) -> str:
    """The sentence for a node whose own disk is full, which is not the driver's."""
    return str(
        Message(
            "Node {node} has no room for a copy of {clip} and its results: wanted free space in {folder}, or a shared "
            "folder.",
            node=socket.gethostname(),
            clip=clip.path,
            folder=Path(folder).parent,
        )
    )


def _named(text: str, job: Job, clip: Clip, here: Job, copy: Path) -> str:
    """``text`` with the paths of the driver in place of those of the copies."""
    return text.replace(str(copy), str(clip.path)).replace(str(here.folder), str(job.folder))


def _fetch(offer: Offer, copy: Path) -> None:
    """Get the clip as the file ``copy``, with its time of change."""
    with copy.open("wb") as file:
        changed_ns = int(_request(offer, "GET", offer.path, into=file))
    os.utime(copy, ns=(changed_ns, changed_ns))


def _give(offer: Offer, folder: Path, record: Record) -> None:
    """Give all files of ``record`` to the driver, and the record, which puts them in place."""
    attempt = f"{offer.path}/{secrets.token_hex(8)}"
    for name in record.files:
        with (folder / name).open("rb") as file:
            _request(offer, "PUT", f"{attempt}/{quote(Path(name).name, safe='')}", file)
    _request(offer, "POST", attempt, msgspec.json.encode(record))


def _request(
    offer: Offer, method: str, path: str, body: BinaryIO | bytes | None = None, into: BinaryIO | None = None
) -> str:
    """Do a request, several times if the connection fails; the answer goes to ``into``.

    Returns the time of change in the answer. Raises StanceError if the driver refuses, or cannot be reached.
    """
    reason = ""
    for attempt in range(TRIES):
        for file in (body, into):
            if file is not None and not isinstance(file, bytes):
                file.seek(0)
        try:
            return _request_once(offer, method, path, body, into)
        except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            if attempt + 1 < TRIES:
                time.sleep(PAUSE_S)
    raise StanceError(
        "The driver of the batch cannot be reached at {host}, port {port}: {reason}.",
        host=offer.host,
        port=offer.port,
        reason=reason,
    )


def _request_once(offer: Offer, method: str, path: str, body: BinaryIO | bytes | None, into: BinaryIO | None) -> str:
    with closing(http.client.HTTPConnection(offer.host, offer.port, timeout=IDLE_S, blocksize=CHUNK_BYTES)) as driver:
        size = {} if body is None else {"Content-Length": str(_size_of(body))}
        try:
            driver.connect()
        except OSError as error:
            raise ConnectionError(error.strerror or str(error)) from None
        driver.request(method, path, body, size)
        answer = driver.getresponse()
        if answer.status == HTTPStatus.CONFLICT:
            raise StanceError("{sentence}", sentence=answer.read().decode("utf-8", "replace"))
        if answer.status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
            raise StanceError("The driver of the batch does not know this clip any longer.")
        while into is not None and (chunk := answer.read(CHUNK_BYTES)):
            into.write(chunk)
        if into is not None and into.tell() != int(answer.headers["Content-Length"]):
            raise ConnectionError("The connection has ended too early.")
        return str(answer.headers.get(CHANGED, ""))


def _size_of(body: BinaryIO | bytes) -> int:
    return len(body) if isinstance(body, bytes) else os.fstat(body.fileno()).st_size
