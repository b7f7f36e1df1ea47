"""The screen as a source."""

from __future__ import annotations

import pytest

from app.core.errors import StanceError
from app.sources import open_source


def test_missing_display_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4321")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(StanceError, match=r"The screen cannot be read .*: wanted a display"):
        open_source("screen")
