"""HTTP downloads that resume, with limits on size and on slow or silent hosts."""

from __future__ import annotations

import http.client
import re
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

from app.core.errors import ExplainedError
from app.core.message import Message, foreign
from app.zoo import Progress, Unavailable
from app.zoo.cache import report_disk_errors

TIMEOUT_S = 15.0
"""Timeout for connecting and for each read, in seconds."""
MIN_BYTES, MIN_BYTES_S = 32 * 1024, 30.0
"""Minimum transfer: a host that sends fewer bytes in this time (seconds) is given up."""
ATTEMPTS = 4
"""Maximum number of connections per download."""
CHUNK = 256 * 1024
"""Maximum bytes per read."""


class _BrokenOffError(ExplainedError):
    """The connection ended before the file was complete; the received part is kept."""


def download(url: str, part: Path, limit: int, progress: Progress | None = None) -> None:
    """Download ``url`` to the file ``part``, resuming after the bytes that it already contains.

    The content is not verified here.

    Args:
        url: The address.
        part: The file; after a failure it keeps what was received.
        limit: Maximum size in bytes.
        progress: Called with (bytes received, total or None).

    Raises:
        Unavailable: The host does not provide a file of at most ``limit`` bytes.
        StanceError: The file cannot be written.
    """
    for attempt in range(1, ATTEMPTS + 1):
        before = _size(part)
        try:
            _transfer(url, part, limit, progress)
        except _BrokenOffError as error:
            # Retry only while each connection makes progress.
            if attempt == ATTEMPTS or _size(part) <= before:
                raise Unavailable(error.message) from None
        else:
            return


def _transfer(url: str, part: Path, limit: int, progress: Progress | None) -> None:
    """One request for the bytes after the end of ``part``."""
    start = _size(part)
    response = _request(url, start)
    if response is None:
        return
    with response:
        if response.headers.get_content_type() == "text/html":
            raise Unavailable("it sent a web page")
        offset = _content_offset(response)
        if offset not in (0, start):
            raise Unavailable("it was asked to resume after {start} bytes, but sent something else", start=start)
        start = offset
        total = None if response.length is None else start + response.length
        if total is not None and total > limit:
            raise Unavailable("it offers {total} bytes, more than the expected {limit}", total=total, limit=limit)
        done = _receive(response, part, start, total, limit, progress)
    if total is not None and done < total:
        raise _BrokenOffError("the connection was lost after {done} of {total} bytes", done=done, total=total)


def _request(url: str, start: int) -> http.client.HTTPResponse | None:
    """The response to a request for the bytes from ``start`` on; None if the host says that there are no more."""
    headers = {"User-Agent": "Stance", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        if start and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return None
        raise Unavailable("it answered {code} {reason}", code=error.code, reason=foreign(error.reason)) from None
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(_reason(error)) from None
    if not isinstance(response, http.client.HTTPResponse):
        response.close()
        raise Unavailable("it redirects to an address that is not http or https")
    return response


def _content_offset(response: http.client.HTTPResponse) -> int:
    """Byte offset of the response in the file: 0 if the host does not resume, -1 if it does not say."""
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return 0
    stated = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(stated[1]) if stated else -1


def _receive(
    response: http.client.HTTPResponse, part: Path, start: int, total: int | None, limit: int, progress: Progress | None
) -> int:
    """Append the response to ``part`` after its first ``start`` bytes; returns the resulting size."""
    done, mark, mark_s = start, start, time.monotonic()
    with report_disk_errors():
        file = part.open("ab" if start else "wb", buffering=0)
    with file:
        while True:
            try:
                chunk = response.read1(CHUNK)
            except (OSError, http.client.HTTPException) as error:
                raise _BrokenOffError(
                    "the connection was lost after {done} bytes: {reason}", done=done, reason=_reason(error)
                ) from None
            if not chunk:
                break
            done += len(chunk)
            if done > limit:
                raise Unavailable("it sends more than the expected {limit} bytes", limit=limit)
            with report_disk_errors():
                left = memoryview(chunk)
                while left:
                    left = left[file.write(left) :]
            if progress is not None:
                progress(done, total)
            if time.monotonic() - mark_s > MIN_BYTES_S:
                if done - mark < MIN_BYTES:
                    raise Unavailable(
                        "it sent only {count} bytes in {seconds:.0f} s", count=done - mark, seconds=MIN_BYTES_S
                    )
                mark, mark_s = done, time.monotonic()
    return done


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _reason(error: Exception) -> Message:
    """The reason of a connection error in a few words."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, socket.gaierror):
        return Message("the host was not found, or there is no network connection")
    if isinstance(reason, TimeoutError):
        return Message("no data arrived for {seconds:.0f} s", seconds=TIMEOUT_S)
    if isinstance(reason, OSError) and reason.strerror:
        return foreign(reason.strerror)
    return foreign(str(reason) or type(reason).__name__)
