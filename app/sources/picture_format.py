"""Detects the format of an image file by its first bytes, because file extensions can be wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

Format = Literal["jpeg", "png", "gif", "webp", "bmp", "tiff", "jp2", "pnm", "avif", "heic", "jxl", "ico"]

HEAD_BYTES = 64
HEADS: dict[bytes, Format] = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
    b"\xff\x4f\xff\x51": "jp2",
    b"\xff\x0a": "jxl",
    b"\0\0\0\x0cJXL \r\n\x87\n": "jxl",
}
BITMAP = re.compile(rb"BM.{4}\0{4}.{4}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0{3}", re.DOTALL)
ICON = re.compile(rb"\0\0\x01\0[^\0]\0.{3}\0", re.DOTALL)
PORTABLE = re.compile(rb"P[1-6][\s#]")
STILL_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2")


def picture_format(head: bytes) -> Format | None:
    """The format of an image file that starts with ``head`` (at least ``HEAD_BYTES`` bytes); None if unknown."""
    for begin, kind in HEADS.items():
        if head.startswith(begin):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:12] == b"jP  \r\n\x87\n":
        return None if head[20:24] == b"mjp2" else "jp2"  # Motion JPEG 2000
    if head[4:8] == b"ftyp":
        return _iso_format(head)
    if BITMAP.match(head):
        return "bmp"
    if ICON.match(head):
        return "ico"
    return "pnm" if PORTABLE.match(head) else None


def format_of(path: Path) -> Format | None:
    """The format of the image at ``path``; None if it is no image or cannot be read."""
    try:
        with path.open("rb") as file:
            return picture_format(file.read(HEAD_BYTES))
    except OSError:
        return None


def _iso_format(head: bytes) -> Format | None:
    """AVIF or HEIC by the brands; None for HEVC image sequences and for videos."""
    brands = [head[at : at + 4] for at in (8, *range(16, min(int.from_bytes(head[:4]), len(head)), 4))]
    if brands[0] in (b"avif", b"avis"):
        return "avif"
    if brands[0] not in STILL_BRANDS:
        return None
    return "avif" if b"avif" in brands and b"heic" not in brands else "heic"
