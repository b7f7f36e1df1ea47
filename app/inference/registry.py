"""Registries of what a new kind of network adds: card classes, codecs, pose models, output rules and lifters.

A module registers its classes when it is imported; nothing else of the program lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from app.core.errors import StanceError
from app.core.message import Message

Value = TypeVar("Value")
Class = TypeVar("Class", bound=Callable[..., Any])


class Registry(Generic[Value]):
    """Named values of one sort; ``sort`` is what an error sentence calls them."""

    def __init__(self, sort: Message) -> None:
        self._sort = sort
        self._values: dict[str, Value] = {}

    def register(self, name: str, first: bool = False) -> Callable[[Class], Class]:
        """Class or function decorator that registers what it decorates under ``name``.

        Registering the same name again replaces the value. ``first``: before those registered so far.
        """

        def add(value: Class) -> Class:
            self._values[name] = value  # type: ignore[assignment]
            if first:
                self._values = {name: self._values.pop(name), **self._values}
            return value

        return add

    def __getitem__(self, name: str) -> Value:
        """The value registered as ``name``; raises StanceError, which lists the known names, if there is none."""
        try:
            return self._values[name]
        except KeyError:
            known = ", ".join(sorted(self._values))
            if not known:
                raise StanceError(
                    "Unknown {sort} {name!r}: none is installed; wanted no {sort}.", sort=self._sort, name=name
                ) from None
            raise StanceError(
                "Unknown {sort} {name!r}: wanted one of {known}.", sort=self._sort, name=name, known=known
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def values(self) -> tuple[Value, ...]:
        """All registered values, in the order of registration."""
        return tuple(self._values.values())


CARDS: Registry[type[Any]] = Registry(Message("card"))
"""Card classes (msgspec structs with ``tag_field="kind"``) by their kind, for example ``pose-top-down``."""

CODEC_SPECS: Registry[type[Any]] = Registry(Message("codec"))
"""Settings of a codec in a card (msgspec structs with ``tag_field="type"``), by the codec's name."""

CODECS: Registry[type[Any]] = Registry(Message("codec"))
"""Implementations of codecs (see ``app.pose.codecs``), by the same names as ``CODEC_SPECS``."""

POSE_MODELS: Registry[type[Any]] = Registry(Message("network"))
"""Classes that run a pose network (see ``app.pose.model``), by the kind of its card."""

POSE_RULES: Registry[Callable[[Any], Any]] = Registry(Message("rule"))
"""Rules that recognize a pose network without a card by its outputs (see ``infer_card``); the first that fits wins."""

DETECTOR_RULES: Registry[Callable[[Any], Any]] = Registry(Message("rule"))
"""The same for detectors."""

LIFTERS: Registry[type[Any]] = Registry(Message("lifter"))
"""Classes that lift tracks to three dimensions (see ``app.pose.model.Lifter``), by name."""

register = CARDS.register
