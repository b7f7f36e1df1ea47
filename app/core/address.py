"""Source names as the user types them: paths and URLs, and URLs with their credentials removed."""

from __future__ import annotations

import os
import re
from pathlib import Path

LOGIN = re.compile(r"(?<=://)(?:[^\s/?#]*@|[^\s/?#@:\[]+:(?!\d{1,5}(?:[/?#\s'\"]|$))[^\s]*@)")
"""The login of a URL: all up to the last @ before the path, and beyond it where the password contains a slash."""
SECRET = re.compile(r"(?i)(?<=[?&])(user(?:name)?|usr|login|pass(?:w(?:or)?d)?|pwd|token|key|secret|auth)=[^\s&#'\"]+")
"""Credentials in the query string, for cameras that do not take them before the host."""


def path_of(text: str | Path) -> Path:
    """Convert ``text`` to a path: expands ``~`` and accepts ``file://`` URLs.

    ``~anna`` stays as it is if there is no user of that name.
    """
    text = os.path.expanduser(text)
    if text[:7].lower() != "file://":
        return Path(text)
    from urllib.request import url2pathname  # a heavy import, rarely needed

    host, _, path = text[7:].partition("/")
    return Path(url2pathname(f"/{path}" if host in ("", "localhost") else f"//{host}/{path}"))


def quoted(text: str) -> str:
    """``text`` in quotes on one line, with the backslashes of Windows paths not doubled."""
    return repr(text).replace("\\\\", "\\")


def without_secrets(text: str) -> str:
    """``text`` with the credentials removed from every URL in it."""
    return SECRET.sub(r"\1=...", LOGIN.sub("", text)) if "://" in text else text


def picture_folder(text: str) -> Path:
    """The folder that image names are relative to.

    For a folder itself, for an image its parent, for a glob pattern the part before the first wildcard.
    """
    path = path_of(text)
    try:
        if path.is_dir():
            return path
        exists = path.exists()
    except OSError:
        exists = False
    wildcards = [number for number, part in enumerate(path.parts) if any(character in part for character in "*?[")]
    return Path(*path.parts[: wildcards[0]]) if wildcards and not exists else path.parent
