"""Downloading over HTTP: resumed where it broke off, bounded in size, given up where the host is dead or too slow."""

from __future__ import annotations

import http.client
import re
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

from app.zoo import Progress, Unavailable
from app.zoo.cache import using

TIMEOUT_S = 15.0
"""Longest wait for a connection, and for anything at all to arrive over it."""
PACE_BYTES, PACE_S = 32 * 1024, 30.0
"""A host that sends fewer bytes than this in this time counts as dead."""
ATTEMPTS = 4
CHUNK = 256 * 1024


class _BrokenOffError(Exception):
    """The connection ended before the file did; what has come is kept."""


def download(url: str, part: Path, limit: int, progress: Progress | None = None) -> None:
    """Complete the file ``part`` from ``url``, going on after the bytes that it already holds.

    Raises Unavailable where the address does not give a file of at most ``limit`` bytes (what has come stays
    in ``part``, for another time), and StanceError where the disk refuses. What has come is not checked here.
    """
    for attempt in range(1, ATTEMPTS + 1):
        before = _size(part)
        try:
            _transfer(url, part, limit, progress)
        except _BrokenOffError as error:
            # A connection that brings something each time is worth another one.
            if attempt == ATTEMPTS or _size(part) <= before:
                raise Unavailable(str(error)) from None
        else:
            return


def _transfer(url: str, part: Path, limit: int, progress: Progress | None) -> None:
    """One request, from where ``part`` ends to the end of the file."""
    start = _size(part)
    response = _ask(url, start)
    if response is None:
        return
    with response:
        if response.headers.get_content_type() == "text/html":
            raise Unavailable("it answered with a web page")
        begins = _begins_at(response)
        if begins not in (0, start):
            raise Unavailable(f"it was asked for what follows {start} bytes, and sends something else")
        start = begins
        total = None if response.length is None else start + response.length
        if total is not None and total > limit:
            raise Unavailable(f"it offers {total} bytes where at most {limit} were wanted")
        done = _receive(response, part, start, total, limit, progress)
    if total is not None and done < total:
        raise _BrokenOffError(f"the connection broke off after {done} of {total} bytes")


def _ask(url: str, start: int) -> http.client.HTTPResponse | None:
    """The answer to a request for the bytes from ``start`` on; None where the host says that there are no more."""
    headers = {"User-Agent": "Stance", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        if start and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return None
        raise Unavailable(f"it answered {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(_why(error)) from None
    if not isinstance(response, http.client.HTTPResponse):
        response.close()
        raise Unavailable("it leads away from the web")
    return response


def _begins_at(response: http.client.HTTPResponse) -> int:
    """Where in the file the answer begins: 0 where the host does not resume, -1 where it does not say."""
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return 0
    stated = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(stated[1]) if stated else -1


def _receive(
    response: http.client.HTTPResponse, part: Path, start: int, total: int | None, limit: int, progress: Progress | None
) -> int:
    """Write what arrives behind the first ``start`` bytes of ``part``; returns how many it then holds."""
    done, mark, mark_s = start, start, time.monotonic()
    with using():
        file = part.open("ab" if start else "wb", buffering=0)
    with file:
        while True:
            try:
                chunk = response.read1(CHUNK)
            except (OSError, http.client.HTTPException) as error:
                raise _BrokenOffError(f"the connection broke off after {done} bytes: {_why(error)}") from None
            if not chunk:
                break
            done += len(chunk)
            if done > limit:
                raise Unavailable(f"it sends more than the {limit} bytes that were wanted")
            with using():
                left = memoryview(chunk)
                while left:
                    left = left[file.write(left) :]
            if progress is not None:
                progress(done, total)
            if time.monotonic() - mark_s > PACE_S:
                if done - mark < PACE_BYTES:
                    raise Unavailable(f"it sent only {done - mark} bytes in {PACE_S:.0f} s")
                mark, mark_s = done, time.monotonic()
    return done


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _why(error: Exception) -> str:
    """What went wrong on the way to a host, in a few words."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, socket.gaierror):
        return "no host of that name is found, or there is no network"
    if isinstance(reason, TimeoutError):
        return f"nothing came for {TIMEOUT_S:.0f} s"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return str(reason) or type(reason).__name__
