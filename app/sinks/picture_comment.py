"""A comment inside a PNG or JPEG file, as a video has it in its metadata."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from app.core.film_note import PREFIX

PNG = b"\x89PNG\r\n\x1a\n"
PNG_HEADER = len(PNG) + 25
"""Bytes up to the end of a PNG's first chunk, IHDR, which has a fixed size."""
KEYWORD = b"Comment\0"
BEGINNING = 200
"""Number of bytes at the beginning of a file in which ``with_comment`` puts the start of the comment."""


def with_comment(data: bytes, comment: str) -> bytes:
    """``data``, a PNG or JPEG file, with an ASCII ``comment``.

    It is a chunk ``tEXt`` (PNG specification, 11.3.3.3), or a segment ``COM`` after the one of JFIF (ITU-T T.81,
    B.2.4.5), which all readers may skip.
    """
    if data.startswith(PNG):
        body = b"tEXt" + KEYWORD + comment.encode("ascii")
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        return data[:PNG_HEADER] + chunk + data[PNG_HEADER:]
    (length,) = struct.unpack(">H", data[4:6])  # of JFIF's segment, which has to be the first
    text = comment.encode("ascii")
    return data[: 4 + length] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + data[4 + length :]


def has_comment(path: Path) -> bool:
    """Whether the picture ``path`` has a comment of Stance, put there by ``with_comment``."""
    with path.open("rb") as file:
        return PREFIX.encode("ascii") in file.read(BEGINNING)
