"""Checks of what a program passes to the library: one sentence instead of an error from inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from numbers import Integral, Real
from typing import Any

import numpy as np

from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Image, Person
from app.core.skeleton import Skeleton

KINDS: dict[type, tuple[type, Message]] = {
    bool: (bool, Message("True or False")),
    int: (Integral, Message("a whole number")),
    float: (Real, Message("a number")),
    str: (str, Message("a text")),
    dict: (Mapping, Message("names by id")),
}
"""By the type of a default value, what is accepted in its place, and its name in sentences."""


def check_kind(name: str, value: object, kind: type) -> None:
    """Raise StanceError if the argument ``name`` is no ``kind``, which is one of ``KINDS``; True is no number."""
    accepted, wanted = KINDS[kind]
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise StanceError("{name} is {value}: wanted {wanted}.", name=name, value=repr(value), wanted=wanted)


def check_fields(owner: type, values: Mapping[str, object]) -> None:
    """Raise StanceError if a value is of another kind than the default of the field of the dataclass ``owner``."""
    for field in fields(owner):
        default = field.default if field.default_factory is MISSING else field.default_factory()
        if field.name in values:
            check_kind(field.name, values[field.name], type(default))


def check_image(image: Any) -> Image:
    """``image`` itself; raises StanceError unless it is (H, W, 3) uint8 with at least one pixel."""
    if not isinstance(image, np.ndarray):
        raise StanceError(
            "A picture of type {kind}: wanted a numpy array (height, width, 3) of uint8 in BGR order.",
            kind=type(image).__name__,
        )
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape or image.dtype != np.uint8:
        raise StanceError(
            "A picture of shape {shape} and type {kind}: wanted (height, width, 3) of uint8 in BGR order.",
            shape=str(image.shape),
            kind=str(image.dtype),
        )
    return image


def check_people(people: Iterable[Person], skeleton: Skeleton) -> tuple[Person, ...]:
    """The ``people``; raises StanceError if they are something else, or have other keypoints than ``skeleton``."""
    if not isinstance(skeleton, Skeleton):
        raise StanceError("A skeleton of type {kind}: wanted Pose.skeleton.", kind=type(skeleton).__name__)
    if not isinstance(people, Iterable):
        raise StanceError("People of type {kind}: wanted a list of Person.", kind=type(people).__name__)
    found = tuple(people)
    for person in found:
        if not isinstance(person, Person):
            raise StanceError("A person of type {kind}: wanted a list of Person.", kind=type(person).__name__)
        shape = np.shape(person.keypoints)
        if shape != (len(skeleton.names), 3):
            raise StanceError(
                "A person with keypoints of shape {shape}: wanted x, y and score of the {count} points of {skeleton}.",
                shape=str(shape),
                count=len(skeleton.names),
                skeleton=skeleton.name,
            )
    return found
