"""Reads the directories of a TIFF file, which describe its pages."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import NamedTuple

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from app.sources.pillow_errors import DAMAGE

NEW_SUBFILE_TYPE, BITS, PHOTOMETRIC, ORIENTATION = 254, 258, 262, 274
MIN_VALUE, MAX_VALUE, SAMPLE_MIN, SAMPLE_MAX = 280, 281, 340, 341
REDUCED, MASK = 1, 4
RAW_SENSOR = (32803, 34892)
MAX_PAGES = 100_000


class Page(NamedTuple):
    """One directory: its number in the file, EXIF orientation, bits per sample, and values of black and white.

    ``low`` and ``high`` are None if the directory declares no values. ``is_part`` means that it is a reduced copy or a
    mask of another page, ``is_raw`` that it holds raw sensor data.
    """

    number: int
    orientation: int
    bits: int
    low: float | None
    high: float | None
    is_part: bool
    is_raw: bool


def tiff_pages(data: bytes) -> list[Page]:
    """All directories in ``data`` that can be read, in file order."""
    file = BytesIO(data)
    head = file.read(8)
    if head[2:3] == b"+" or head[3:4] == b"+":
        head += file.read(8)
    pages: list[Page] = []
    seen: set[int] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            directory = ImageFileDirectory_v2(head)
            offset = directory.next
            while offset and offset not in seen and len(pages) < MAX_PAGES:
                seen.add(offset)
                file.seek(offset)
                directory.load(file)
                pages.append(_page(len(pages), directory))
                offset = directory.next
        except DAMAGE:
            return pages
    return pages


def _page(number: int, tags: ImageFileDirectory_v2) -> Page:
    kind = int(tags.get(NEW_SUBFILE_TYPE, 0))
    return Page(
        number,
        orientation=int(tags.get(ORIENTATION, 1)),
        bits=int(_first(tags.get(BITS)) or 1),
        low=_smallest(tags.get(SAMPLE_MIN, tags.get(MIN_VALUE))),
        high=_largest(tags.get(SAMPLE_MAX, tags.get(MAX_VALUE))),
        is_part=bool(kind & (REDUCED | MASK)),
        is_raw=tags.get(PHOTOMETRIC) in RAW_SENSOR,
    )


def _numbers(value: object) -> list[float]:
    values = value if isinstance(value, tuple) else (value,)
    return [float(one) for one in values if one is not None]


def _first(value: object) -> float | None:
    return next(iter(_numbers(value)), None)


def _smallest(value: object) -> float | None:
    return min(_numbers(value), default=None)


def _largest(value: object) -> float | None:
    return max(_numbers(value), default=None)
