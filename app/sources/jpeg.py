"""Finds the boundaries of JPEG images in files and streams that contain several."""

from __future__ import annotations

import re
from mmap import ACCESS_READ, mmap
from pathlib import Path

BEGIN = b"\xff\xd8\xff"
END = 0xD9
START_OF_SCAN = 0xDA
WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In the coded image data 0xFF before 0x00 is a data byte, and before 0xD0 to 0xD7 a restart marker."""


def jpeg_end(data: bytes | bytearray | mmap, start: int = 0) -> int | None:
    """The offset after the JPEG image that starts at ``start``; None if its end is not in ``data``.

    Embedded images, such as EXIF thumbnails, are skipped.
    """
    offset = start + 2
    while offset + 4 <= len(data):
        if data[offset] != 0xFF:
            damage = MARKER.search(data, offset)
            if damage is None:
                return None
            offset = damage.start()
        marker = data[offset + 1]
        if marker == END:
            return offset + 2
        if marker == 0xFF:
            offset += 1
            continue
        offset += 2 if marker in WITHOUT_LENGTH else 2 + int.from_bytes(data[offset + 2 : offset + 4])
        if marker == START_OF_SCAN:
            following = MARKER.search(data, offset)
            if following is None:
                return None
            offset = following.start()
    return offset + 2 if data[offset : offset + 2] == bytes((0xFF, END)) else None


def is_motion_jpeg(path: Path) -> bool:
    """Whether the JPEG file at ``path`` is Motion JPEG: several images in a row without a multi-picture index (MPF)."""
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            end = jpeg_end(data)
            return end is not None and data[end : end + 3] == BEGIN and data.find(b"MPF\0", 0, end) < 0
    except (OSError, ValueError):
        return False
