"""The zoo: which networks and clips there are, how to get them, and where they are kept."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int | None], None]
"""Told the bytes that have arrived and how many there will be (None: not known). What it raises ends the fetching."""


class Unavailable(Exception):  # noqa: N818 - no error yet: the next address is tried
    """One address did not give the file; the text is the reason, to be put behind the address and a colon."""
