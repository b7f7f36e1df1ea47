"""Events of a source wait until the source is used."""

from __future__ import annotations

from app.core.message import Message
from app.sources import SourceEvent
from app.sources.early_events import EarlyEvents


def test_events_wait_for_the_flush() -> None:
    told: list[SourceEvent] = []
    events = EarlyEvents(told.append)
    early, later = SourceEvent("notice", Message("early")), SourceEvent("notice", Message("later"))
    events(early)
    assert told == []
    events.flush()
    assert told == [early]
    events(later)
    events.flush()
    assert told == [early, later]
