"""Camera modes as the user types them: ``0@1280x720@30`` is camera 0 at that size and 30 frames per second."""

from __future__ import annotations

import re
from typing import NamedTuple

MODE = re.compile(r"(?P<device>[^@]+)(?:@(?P<width>[0-9]{2,5})x(?P<height>[0-9]{2,5}))?(?:@(?P<fps>[0-9]{1,3}))?")


class Mode(NamedTuple):
    """A size (width, height) in pixels and a rate in frames per second; None leaves it to the camera."""

    size: tuple[int, int] | None = None
    fps: float | None = None

    def __str__(self) -> str:
        size = f"@{self.size[0]}x{self.size[1]}" if self.size else ""
        return size + (f"@{self.fps:.0f}" if self.fps else "")


def split_mode(text: str) -> tuple[str, Mode]:
    """Split ``text`` into a camera's number, path or name and the requested mode.

    Text that does not have this form is returned unchanged with an empty mode.
    """
    match = MODE.fullmatch(text)
    if "://" in text or match is None:
        return text, Mode()
    size = (int(match["width"]), int(match["height"])) if match["width"] else None
    return match["device"], Mode(size, float(match["fps"] or 0) or None)
