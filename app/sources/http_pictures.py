"""Images from HTTP URLs that FFmpeg cannot stream: snapshot URLs, and MJPEG without its first boundary."""

from __future__ import annotations

import ssl
import time
import urllib.request
from http.client import PARTIAL_CONTENT, HTTPException
from typing import Any, Protocol, cast
from urllib.parse import unquote

import cv2
import numpy as np

from app.core.address import LOGIN
from app.core.errors import StanceError
from app.core.people import Image
from app.sources import check_size
from app.sources.jpeg import BEGIN, jpeg_end
from app.sources.picture_format import HEAD_BYTES, picture_format

TIMEOUT_S = 8.0
EVERY_S, SELDOM_S = 0.2, 1.0
"""Request interval of a snapshot URL in seconds: the minimum, and the maximum while the image does not change."""
TRIES, RETRY_S = 3, 0.5
"""Number of attempts, and the pause between them in seconds."""
MAX_BYTES = 2**26
"""Maximum size of an image, in bytes."""
CHUNK_BYTES = 2**16
UNREACHABLE = (OSError, HTTPException, ValueError)


class Capture(Protocol):
    """The part of ``cv2.VideoCapture`` that is used here."""

    def isOpened(self) -> bool:
        """Whether frames can be read."""
        ...

    def get(self, property: int) -> float:  # noqa: A002 - OpenCV's name
        """The value of an OpenCV property."""
        ...

    def read(self) -> tuple[bool, Any]:
        """Return (True, frame (H, W, 3) BGR), or (False, None) at the end."""
        ...

    def release(self) -> None:
        """Close the capture."""
        ...


class HttpCapture:
    """Reads the stream at ``address`` by ``capture``, or image by image if ``capture`` delivers no more than one.

    ``asks_again`` means that ``address`` is a snapshot URL, which is requested repeatedly: the same image for a long
    time does not mean that it is lost. With ``oriented`` images follow their EXIF orientation.
    """

    def __init__(self, capture: Capture, address: str, oriented: bool) -> None:
        self._capture = capture
        self._address = address
        self._oriented = oriented
        self._delivered = 0
        self._images: HttpPictures | None = None

    @property
    def asks_again(self) -> bool:
        """Whether the address is a snapshot URL."""
        return self._images is not None and self._images.asks_again

    def isOpened(self) -> bool:
        """Whether images can be read in either way."""
        return self._capture.isOpened() or self._switch_to_images() or self._switch_to_file()

    def get(self, property: int) -> float:  # noqa: A002 - OpenCV's name
        """OpenCV's value of ``property``; 0 when reading image by image."""
        return self._capture.get(property) if self._images is None else 0.0

    def read(self) -> tuple[bool, Image | None]:
        """Return (True, image (H, W, 3) BGR), or (False, None) at the end."""
        if self._images is None:
            got, image = self._capture.read()
            if got:
                self._delivered += 1
                return True, image
            if self._delivered > 1 or not self._switch_to_images():
                # A file of one frame gives none to OpenCV, which waits for the next one.
                return self._capture.read() if not self._delivered and self._switch_to_file() else (False, None)
        assert self._images is not None
        image = self._images.read()
        return image is not None, image

    def release(self) -> None:
        """Close the connection."""
        self._capture.release()
        if self._images is not None:
            self._images.close()

    def _switch_to_file(self) -> bool:
        from app.sources.http_file import HttpFile  # it imports PyAV, which other streams do without

        file = HttpFile(self._address, self._oriented)
        if isinstance(self._capture, HttpFile) or not file.opens():
            return False
        self._capture.release()
        self._capture = file
        return True

    def _switch_to_images(self) -> bool:
        images = HttpPictures(self._address, self._oriented)
        if not images.opens():
            return False
        self._capture.release()
        self._images = images
        return True


class HttpPictures:
    """Reads images from an HTTP URL one after another, whatever bytes are between them.

    A URL that delivers one image and ends is requested repeatedly; one that delivered several has ended.
    """

    def __init__(self, address: str, oriented: bool = True) -> None:
        self.asks_again = False
        login = LOGIN.search(address)
        self._address = LOGIN.sub("", address, count=1)
        self._opener = _opener(self._address, login[0][:-1] if login else "")
        self._flags = cv2.IMREAD_COLOR | (0 if oriented else cv2.IMREAD_IGNORE_ORIENTATION)
        self._response: Any = None
        self._buffer = bytearray()
        self._delivered = 0
        self._requested_s = 0.0
        self._interval_s = EVERY_S
        self._last_data = b""

    def opens(self) -> bool:
        """Request the URL; returns whether the response contains images."""
        try:
            self._request()
            kind = str(self._response.headers.get_content_type())
            self._fill()
        except UNREACHABLE:
            self.close()
            return False
        head = bytes(self._buffer[:HEAD_BYTES])
        if kind.startswith(("image/", "multipart/")) or picture_format(head) is not None:
            return True
        self.close()
        return False

    def begin(self, count: int) -> tuple[bytes, bool]:
        """The first ``count`` bytes at the URL, and whether the server has sent no more than these.

        Raises one of ``UNREACHABLE``.
        """
        request = urllib.request.Request(self._address, headers={"Range": f"bytes=0-{count - 1}"})
        with self._opener.open(request, timeout=TIMEOUT_S) as response:
            return bytes(response.read(count)), response.status == PARTIAL_CONTENT

    def read(self) -> Image | None:
        """Wait for the next image (H, W, 3) uint8 BGR; None at the end."""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(RETRY_S)
            image = self._next()
            if image is not None or not self.asks_again:
                return image
        return None

    def close(self) -> None:
        """Close the connection."""
        answer, self._response = self._response, None
        if answer is not None:
            answer.close()

    def _next(self) -> Image | None:
        """The next image of this connection, else the first of a new connection if this is a snapshot URL."""
        try:
            if self._response is not None:
                image = self._next_in_response()
                if image is not None:
                    return image
                self.close()
                self.asks_again = self.asks_again or self._delivered == 1
            if not self.asks_again:
                return None
            time.sleep(max(0.0, self._requested_s + self._interval_s - time.monotonic()))
            self._request()
            return self._next_in_response()
        except UNREACHABLE:
            self.close()
            return None

    def _request(self) -> None:
        self._requested_s = time.monotonic()
        self._buffer.clear()
        self._delivered = 0
        self._response = self._opener.open(self._address, timeout=TIMEOUT_S)

    def _fill(self) -> bool:
        """Read the next chunk; False at the end."""
        chunk = self._response.read1(CHUNK_BYTES)
        self._buffer += chunk
        if len(self._buffer) > MAX_BYTES:
            raise ValueError(len(self._buffer))  # larger than any image
        return bool(chunk)

    def _next_in_response(self) -> Image | None:
        """The next image of this connection that can be decoded; None at its end."""
        while (data := self._read_jpeg() if self._is_jpeg() else self._read_all()) is not None:
            if (image := self._decode(data)) is None:
                continue
            self._delivered += 1
            same, self._last_data = data == self._last_data, data
            self._interval_s = min(2 * self._interval_s, SELDOM_S) if same else EVERY_S
            return image
        return None

    def _is_jpeg(self) -> bool:
        """Whether the response contains JPEG images, with or without other bytes before them."""
        while len(self._buffer) < HEAD_BYTES and self._fill():
            pass
        return picture_format(bytes(self._buffer[:HEAD_BYTES])) in (None, "jpeg")

    def _read_jpeg(self) -> bytes | None:
        while True:
            start = self._buffer.find(BEGIN)
            end = jpeg_end(self._buffer, start) if start >= 0 else None
            if end is not None:
                data = bytes(self._buffer[start:end])
                del self._buffer[:end]
                return data
            if not self._fill():
                return None

    def _read_all(self) -> bytes | None:
        while self._fill():
            pass
        data = bytes(self._buffer)
        self._buffer.clear()
        return data or None

    def _decode(self, data: bytes) -> Image | None:
        try:
            image = cast(Image | None, cv2.imdecode(np.frombuffer(data, np.uint8), self._flags))
            if image is not None:
                check_size(image.shape[1], image.shape[0], self._address)
        except (cv2.error, StanceError):
            return None
        return image


def _opener(address: str, login: str) -> urllib.request.OpenerDirector:
    """An opener for ``address`` that accepts the self-signed certificates of cameras, as FFmpeg does."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    name, _, password = (unquote(part) for part in login.partition(":"))
    logins = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    logins.add_password(None, address, name, password)
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=context),
        *([urllib.request.HTTPBasicAuthHandler(logins), urllib.request.HTTPDigestAuthHandler(logins)] if login else []),
    )
    opener.addheaders = [("User-Agent", "Stance"), ("Cache-Control", "no-cache")]
    return opener
