"""The values of ``--only``."""

from __future__ import annotations

import pytest

from app.core.errors import StanceError
from app.core.only import Only, parse_only


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("3", Only((3,))),
        (" 2, 3,2", Only((2, 3))),
        ("largest", Only(place="largest")),
        ("Left", Only(place="left")),
        ("centre", Only(place="center")),
        ("center", Only(place="center")),
    ],
)
def test_ids_and_places_are_read(text: str, only: Only) -> None:
    assert parse_only(text) == only


@pytest.mark.parametrize("text", ["", "0", "-1", "2,", "2;3", "1.5", "top", "2,left", "²"])
def test_other_values_are_refused(text: str) -> None:
    with pytest.raises(StanceError, match="wanted ids as in 2,3, or one of largest, left, right, center"):
        parse_only(text)
