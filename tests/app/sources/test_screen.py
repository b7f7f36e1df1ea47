from __future__ import annotations

import pytest

from app.errors import StanceError
from app.sources import open_source


def test_without_a_display_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4321")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(StanceError, match=r"The screen cannot be read .*: wanted a display"):
        open_source("screen")
