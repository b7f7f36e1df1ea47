"""Recordings are named by the session's pattern."""

from __future__ import annotations

from datetime import datetime

import pytest

from app.core.errors import StanceError
from app.window.player.session_names import SessionNames

NOW = datetime(2026, 3, 4, 15, 6, 7)


@pytest.mark.parametrize(
    ("names", "stem"),
    [
        (SessionNames("Anna K."), "Anna K.-2026-03-04-150607-HD-Webcam"),
        (SessionNames("王芳", "3", "{client}_{session}_{date}"), "王芳_3_2026-03-04"),
        (SessionNames("A/B: C", pattern="{client}"), "A-B- C"),
        (SessionNames("Bo", pattern="{client}-{session}-{time}"), "Bo-150607"),
        (SessionNames("", pattern="{date}"), ""),
    ],
)
def test_a_pattern_gives_the_name(names: SessionNames, stem: str) -> None:
    assert names.stem("HD-Webcam", NOW) == stem


@pytest.mark.parametrize("pattern", ["{clinet}", "{client", "{}", "{client.upper}"])
def test_an_unknown_field_is_refused(pattern: str) -> None:
    with pytest.raises(StanceError, match="has an unknown field: wanted"):
        SessionNames("Anna", pattern=pattern).stem("x", NOW)
