"""How films are made: privacy, speed, freezes, size, the part of the picture, curves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from app.core.errors import StanceError

Privacy = Literal["off", "faces", "skeleton"]
"""What is hidden of the people: nothing, their faces, or everything but their skeletons."""
PRIVACIES: tuple[Privacy, ...] = get_args(Privacy)

MIN_SPEED, MAX_SPEED = 0.05, 8.0
FREEZE_S = 2.0
"""Default duration of a freeze, in seconds."""
MAX_FREEZE_S = 60.0
MIN_SIDE, MAX_SIDE = 64, 8192
"""Limits of the width and the height of a film, in pixels."""
SIZE = re.compile(r"(\d{1,9})[x×](\d{1,9})")


@dataclass(frozen=True, slots=True)
class Freeze:
    """The frame that is shown at ``time_s`` of the source stays for ``seconds``.

    Raises StanceError for a value outside its range.
    """

    time_s: float
    seconds: float = FREEZE_S

    def __post_init__(self) -> None:
        if not (isfinite(self.time_s) and self.time_s >= 0 and 0 < self.seconds <= MAX_FREEZE_S):
            raise StanceError(
                "The freeze at {time_s} s for {seconds} s is out of range: wanted a moment of the video and up to "
                "{most} s.",
                time_s=f"{self.time_s:g}",
                seconds=f"{self.seconds:g}",
                most=f"{MAX_FREEZE_S:g}",
            )


@dataclass(frozen=True, slots=True)
class FilmOptions:
    """How a film differs from its source.

    ``speed`` below 1 is slow motion. ``freezes`` are moments that stay for a while, in order of time. ``size`` is
    (width, height) in pixels, None for that of the picture. ``crop_to`` is the id of the person whom the picture
    follows, None for the whole picture. ``curves`` are angles that are plotted below the picture. ``overlay``: people
    are drawn.

    Raises StanceError for a value outside its range.
    """

    speed: float = 1.0
    freezes: tuple[Freeze, ...] = ()
    size: tuple[int, int] | None = None
    crop_to: int | None = None
    curves: tuple[str, ...] = ()
    overlay: bool = True

    def __post_init__(self) -> None:
        if not MIN_SPEED <= self.speed <= MAX_SPEED:
            raise StanceError(
                "The speed {speed} is out of range: wanted {least} to {most}, 1 for that of the source.",
                speed=f"{self.speed:g}",
                least=f"{MIN_SPEED:g}",
                most=f"{MAX_SPEED:g}",
            )
        if self.size is not None and not all(MIN_SIDE <= side <= MAX_SIDE for side in self.size):
            raise StanceError(
                "The film size {size} is out of range: wanted {least} to {most} pixels for width and height.",
                size="x".join(map(str, self.size)),
                least=MIN_SIDE,
                most=MAX_SIDE,
            )
        if self.crop_to is not None and self.crop_to < 1:
            raise StanceError("There is no person {number} to crop to: wanted an id from 1.", number=self.crop_to)

    @property
    def keeps_time(self) -> bool:
        """Whether the film has the times of its source."""
        return self.speed == 1 and not self.freezes

    @property
    def keeps_picture(self) -> bool:
        """Whether places in the film are places in the source's picture."""
        return self.size is None and self.crop_to is None and not self.curves

    @property
    def needs_people(self) -> bool:
        """Whether the people of the whole clip have to be known before the film is written."""
        return self.crop_to is not None or bool(self.curves)

    def named(self, *, only_of_videos: bool = False) -> str:
        """The option of the command line that sets the first value that is not the default; empty for none.

        ``only_of_videos``: of those that cameras and photos cannot have.
        """
        options = self._set()
        return next((name for name, is_set in (options[:-2] if only_of_videos else options) if is_set), "")

    def _set(self) -> tuple[tuple[str, bool], ...]:
        return (
            ("--speed", self.speed != 1),
            ("--freeze", bool(self.freezes)),
            ("--crop-to", self.crop_to is not None),
            ("--curves", bool(self.curves)),
            ("--size", self.size is not None),
            ("--no-overlay", not self.overlay),
        )


AS_SOURCE = FilmOptions()
"""A film that shows its source with the people drawn, as it is."""


def read_freezes(text: str) -> tuple[Freeze, ...]:
    """The freezes in ``text``, as "1.2, 3.5:4": moments in seconds, each with its duration after a colon.

    Raises StanceError for any other text.
    """
    parts = text.split(",") if text.strip() else []
    return tuple(sorted((_read_freeze(part, text) for part in parts), key=_time_of))


def _read_freeze(part: str, text: str) -> Freeze:
    moment, colon, seconds = part.partition(":")
    try:
        return Freeze(float(moment), float(seconds) if colon else FREEZE_S)
    except ValueError:
        raise StanceError(
            "The freezes {text!r} cannot be read: wanted moments in seconds such as 1.2,3.5 or 1.2:4 for 4 s.",
            text=text,
        ) from None


def _time_of(freeze: Freeze) -> float:
    return freeze.time_s


def read_size(text: str) -> tuple[int, int] | None:
    """(width, height) in pixels from ``text`` such as "1280x720"; None for an empty text.

    Raises StanceError for any other text.
    """
    if not text.strip():
        return None
    match = SIZE.fullmatch(text.replace(" ", ""))
    if match is None:
        raise StanceError("The film size {text!r} is not valid: wanted WIDTHxHEIGHT such as 1280x720.", text=text)
    return int(match[1]), int(match[2])


def read_curves(text: str) -> tuple[str, ...]:
    """The names of angles in ``text``, as "right_knee, left_knee"; each once."""
    names = (part.strip().replace("_", " ") for part in text.split(","))
    return tuple(dict.fromkeys(name for name in names if name))
