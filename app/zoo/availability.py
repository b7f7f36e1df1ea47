"""Whether a catalogue entry is ready to run, to be converted, or to be fetched."""

from __future__ import annotations

from typing import Literal, get_args

from app.zoo.cache import find, find_converted
from app.zoo.catalogue import Entry, Page

State = Literal["ready", "unconverted", "fetchable", "by-hand"]
"""Ready to run; checkpoint fetched but not converted; can be fetched; must be downloaded by the user."""
STATES: tuple[State, ...] = get_args(State)


def fetchable(entry: Entry) -> bool:
    """Whether Stance can fetch the file of ``entry`` itself."""
    return any(not isinstance(address, Page) for address in entry.addresses)


def state_of(entry: Entry) -> State:
    """The state of ``entry`` in the cache. Raises StanceError if the cache cannot be read."""
    fetched = find(entry) is not None
    if fetched if entry.form == "onnx" else find_converted(entry) is not None:
        return "ready"
    if fetched:
        return "unconverted"
    return "fetchable" if fetchable(entry) else "by-hand"
