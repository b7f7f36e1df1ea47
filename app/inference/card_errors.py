"""Says in a sentence which field of a model card is not valid, and what was wanted there."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import inspect

from app.core.json_errors import field_problem, inner_type, known_fields, one_of, value_at, words
from app.core.message import Message
from app.inference.registry import CARDS, CODEC_SPECS


def card_problem(error: Exception, value: object) -> Message:
    """Why msgspec refuses ``value``, what was decoded from JSON, as a card: the field, its value and what was wanted.

    ``error`` is what it raised; ``value`` is None if the text could not be decoded.
    """
    if not isinstance(error, msgspec.ValidationError):
        return Message("its JSON text is damaged or cut off; wanted a card as `python -m export` writes it")
    return field_problem(
        error, value, lambda parts: _wanted(value, parts), lambda parts: known_fields(_type_at(value, parts))
    )


def _wanted(value: object, parts: list[str]) -> Message:
    """What is wanted at the place ``parts`` of the card ``value``, in words."""
    if not parts:
        return Message("an object with fields")
    *above, last = parts
    tags = _tags(_type_at(value, above), last)
    return one_of(tags) if tags else words(_type_at(value, parts))


def _tags(kind: Any, last: str) -> list[str]:
    """The values of the field ``last`` that chooses between the fields of ``kind``; none if it is another field."""
    if kind is None:
        return list(CARDS) if last in ("kind", "task") else []
    if isinstance(kind, inspect.CustomType):
        return list(CODEC_SPECS) if last == "type" else []
    structs = [each for each in getattr(kind, "types", (kind,)) if isinstance(each, inspect.StructType)]
    return [str(each.tag) for each in structs if each.tag_field == last]


def _type_at(value: object, parts: list[str]) -> Any:
    """The type of the field at ``parts`` of the card ``value``; None if the kind of the card is not known."""
    kind: Any = _class_type(CARDS, value, "kind")
    for part in parts:
        value = value_at(value, [part])
        kind = _chosen(inner_type(kind, part), value)
    return kind


def _chosen(kind: Any, value: object) -> Any:
    """``kind``, or the one of its classes that ``value`` names or has the form of."""
    if isinstance(kind, inspect.CustomType):
        return _class_type(CODEC_SPECS, value, "type") or kind
    if isinstance(kind, inspect.UnionType) and isinstance(value, dict):
        structs = [each for each in kind.types if isinstance(each, inspect.StructType)]
        return next((each for each in structs if each.tag is None or each.tag == value.get(each.tag_field)), kind)
    return kind


def _class_type(registry: Any, value: object, tag: str) -> Any:
    """The type of the class of ``registry`` that ``value`` names in its field ``tag``; None if there is none."""
    name = value.get(tag) if isinstance(value, dict) else None
    return inspect.type_info(registry[name]) if isinstance(name, str) and name in list(registry) else None
