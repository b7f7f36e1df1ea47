"""One thing that limits the accuracy of a recording."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from app.core.message import Message, joined

Kind = Literal[
    "nobody",
    "feet",
    "hands",
    "small",
    "rate",
    "blur",
    "view",
    "hidden",
    "camera",
    "dark",
    "backlight",
    "overexposed",
]

Namer = Callable[[int], str]
"""Returns how a person with this id is called."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of the recording: its ``kind``, and one line for the user that says what it is and what to do.

    ``people`` are the ids of those it is about; empty where it is about the whole picture.
    """

    kind: Kind
    message: Message
    people: tuple[int, ...] = ()


def names_of(ids: Iterable[int], name: Namer) -> str:
    """The names of people in one text."""
    return joined("{first}, {rest}", [name(number) for number in ids])


def plain_name(number: int) -> Message:
    """How a person without a name is called."""
    return Message("Person {number}", number=number)
