"""The measurement of groupings, on few people and once."""

from __future__ import annotations

from app.bench import tables
from app.bench.groupings import measure_groupings


def test_every_grouping_finds_the_made_people() -> None:
    figures = measure_groupings([3], 1)
    assert [known["found"] for known in figures] == [3] * len(figures)
    assert "tensorboy" in tables.groupings({"groupings": figures})
