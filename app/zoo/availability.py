"""How far a network of the catalogue is from running here."""

from __future__ import annotations

from typing import Literal, get_args

from app.zoo.cache import find, find_converted
from app.zoo.catalogue import Entry, Page

State = Literal["ready", "unconverted", "fetchable", "by-hand"]
"""It runs; its checkpoint is here; a program can fetch it; only a person can."""
STATES: tuple[State, ...] = get_args(State)


def fetchable(entry: Entry) -> bool:
    """Whether a program can get the file of ``entry``."""
    return any(not isinstance(address, Page) for address in entry.addresses)


def state_of(entry: Entry) -> State:
    """How far ``entry`` is from running."""
    here = find(entry) is not None
    if here if entry.form == "onnx" else find_converted(entry) is not None:
        return "ready"
    if here:
        return "unconverted"
    return "fetchable" if fetchable(entry) else "by-hand"
