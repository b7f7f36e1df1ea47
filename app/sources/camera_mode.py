"""What a camera is asked for, as a person writes it: ``0@1280x720@30`` is camera 0, that size, 30 pictures a second."""

from __future__ import annotations

import re
from typing import NamedTuple

MODE = re.compile(r"(?P<device>[^@]+)(?:@(?P<width>[0-9]{2,5})x(?P<height>[0-9]{2,5}))?(?:@(?P<fps>[0-9]{1,3}))?")


class Mode(NamedTuple):
    """A size (width, height) in pixels and a rate in pictures a second; None leaves it to the camera."""

    size: tuple[int, int] | None = None
    fps: float | None = None

    def __str__(self) -> str:
        size = f"@{self.size[0]}x{self.size[1]}" if self.size else ""
        return size + (f"@{self.fps:.0f}" if self.fps else "")


def split_mode(text: str) -> tuple[str, Mode]:
    """A camera's number, path or name, and what it is asked for; whatever is not written so is a name as a whole."""
    found = MODE.fullmatch(text)
    if "://" in text or found is None:
        return text, Mode()
    size = (int(found["width"]), int(found["height"])) if found["width"] else None
    return found["device"], Mode(size, float(found["fps"] or 0) or None)
