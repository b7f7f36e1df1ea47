"""Short display names of sources."""

from __future__ import annotations

import re

from app.core.address import without_secrets
from app.window.i18n.tr import tr

DEMO = "demo"
"""The text that names the demo video."""
MODE = re.compile(r"(@\d+x\d+(@\d+)?|@\d+)$")
"""Size and rate of a camera, as written after its name."""


def short_name(text: str) -> str:
    """The display name of a source: the last part of a path, the number of a camera."""
    text = MODE.sub("", without_secrets(text))
    if text == DEMO:
        return tr("the demo")
    if text == "screen":
        return tr("the screen")
    if text.isdecimal():
        return tr("camera {number}", number=text)
    return text if "://" in text else text.replace("\\", "/").rstrip("/").rpartition("/")[2] or text
