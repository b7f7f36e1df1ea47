"""The model zoo: the catalogue of networks and clips, fetching and conversion, and the cache."""

from __future__ import annotations

from collections.abc import Callable

from app.core.errors import ExplainedError

Progress = Callable[[int, int | None], None]
"""Called with (bytes received, total bytes or None if unknown). An exception raised by it ends the download."""


class Unavailable(ExplainedError):  # noqa: N818 - not an error yet: the next address is tried
    """An address did not provide the file; the text is the reason, to be shown after the address and a colon."""
