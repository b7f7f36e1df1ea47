"""Addresses of streams as they may be shown and written: without the name and the password that open them."""

from __future__ import annotations

import re

LOGIN = re.compile(r"(?<=://)(?:[^\s/?#]*@|[^\s/?#@:\[]+:(?!\d{1,5}(?:[/?#\s'\"]|$))[^\s]*@)")
"""All up to the last @ before the path, and beyond that where a slash in the password has cut it off from its name."""
SECRET = re.compile(r"(?i)(?<=[?&])(user(?:name)?|usr|login|pass(?:w(?:or)?d)?|pwd|token|key|secret|auth)=[^\s&#'\"]+")
"""Cameras that take no login before the host take it behind the question mark."""


def without_secrets(text: str) -> str:
    """``text`` with the login left out of every address in it."""
    return SECRET.sub(r"\1=...", LOGIN.sub("", text)) if "://" in text else text
