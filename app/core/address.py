"""What a person writes to name a source: paths, and addresses as they may be shown: without what opens them."""

from __future__ import annotations

import os
import re
from pathlib import Path

LOGIN = re.compile(r"(?<=://)(?:[^\s/?#]*@|[^\s/?#@:\[]+:(?!\d{1,5}(?:[/?#\s'\"]|$))[^\s]*@)")
"""All up to the last @ before the path, and beyond that where a slash in the password has cut it off from its name."""
SECRET = re.compile(r"(?i)(?<=[?&])(user(?:name)?|usr|login|pass(?:w(?:or)?d)?|pwd|token|key|secret|auth)=[^\s&#'\"]+")
"""Cameras that take no login before the host take it behind the question mark."""


def path_of(text: str | Path) -> Path:
    """The path that a person means: ``~`` is their folder, and a ``file://`` address, as browsers give it, a path.

    ``~anna`` where nobody is called so is a name like any other.
    """
    text = os.path.expanduser(text)
    if text[:7].lower() != "file://":
        return Path(text)
    from urllib.request import url2pathname  # brings much along, and is hardly ever wanted

    host, _, path = text[7:].partition("/")
    return Path(url2pathname(f"/{path}" if host in ("", "localhost") else f"//{host}/{path}"))


def quoted(text: str) -> str:
    """``text`` in quotes on one line, the backslashes of Windows' paths as they were written."""
    return repr(text).replace("\\\\", "\\")


def without_secrets(text: str) -> str:
    """``text`` with the login left out of every address in it."""
    return SECRET.sub(r"\1=...", LOGIN.sub("", text)) if "://" in text else text
