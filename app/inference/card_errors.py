"""Says in a sentence which field of a model card is not valid, and what was wanted there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import inspect

from app.core.errors import ExplainedError, message_of
from app.core.message import Message
from app.inference.registry import CARDS, CODEC_SPECS

PLACE = re.compile(r" - at `\$\.?([^`]*)`")
"""The place that msgspec adds to a text, once for each conversion that it went through, the innermost first."""
FIELD = re.compile(r"(missing required|contains unknown) field `([^`]*)`")
MAX_VALUE = 60
"""Maximum length of a value in a sentence, in characters."""


def card_problem(error: Exception, value: object) -> Message:
    """Why msgspec refuses ``value``, what was decoded from JSON, as a card: the field, its value and what was wanted.

    ``error`` is what it raised; ``value`` is None if the text could not be decoded.
    """
    if not isinstance(error, msgspec.ValidationError):
        return Message("its JSON text is damaged or cut off; wanted a card as `python -m export` writes it")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ExplainedError):
            return message_of(error)
        cause = cause.__cause__
    parts = [part for place in reversed(PLACE.findall(str(error))) for part in re.findall(r"[^.\[\]]+", place)]
    field = FIELD.search(str(error))
    if field and field[1] == "missing required":
        name = ".".join([*parts, field[2]])
        return Message(
            "its field {field} is missing; wanted {wanted}", field=name, wanted=_wanted(value, name.split("."))
        )
    if field:
        known = _known_fields(_type_at(value, parts))
        return Message(
            "its field {field} is unknown; wanted only {known}", field=".".join([*parts, field[2]]), known=known
        )
    shown = json.dumps(_value_at(value, parts), ensure_ascii=False, default=str)
    shown = shown if len(shown) <= MAX_VALUE else f"{shown[:MAX_VALUE]}..."
    if not parts:
        return Message("it is {value}; wanted {wanted}", value=shown, wanted=Message("an object with fields"))
    return Message(
        "its field {field} is {value}; wanted {wanted}",
        field=".".join(parts),
        value=shown,
        wanted=_wanted(value, parts),
    )


def _wanted(value: object, parts: list[str]) -> Message:
    """What is wanted at the place ``parts`` of the card ``value``, in words."""
    *above, last = parts
    tags = _tags(_type_at(value, above), last)
    return _one_of(tags) if tags else _words(_type_at(value, parts))


def _words(kind: Any) -> Message:
    match kind:
        case inspect.LiteralType():
            return _one_of(kind.values)
        case inspect.IntType() | inspect.FloatType():
            return _number(kind)
        case inspect.BoolType():
            return _one_of(("true", "false"))
        case inspect.StrType():
            return Message("a text")
        case inspect.TupleType():
            return Message("a list of {count} values", count=len(kind.item_types))
        case inspect.VarTupleType() | inspect.ListType():
            return Message("a list")
        case inspect.UnionType() if any(isinstance(each, inspect.StrType) for each in kind.types):
            return Message("a name, or an object with fields")
        case inspect.UnionType() if not any(isinstance(each, inspect.StructType) for each in kind.types):
            numbers = [each for each in kind.types if isinstance(each, inspect.IntType | inspect.FloatType)]
            return _words(numbers[0]) if numbers else Message("another value")
        case _:
            return Message("an object with fields")


def _number(kind: inspect.IntType | inspect.FloatType) -> Message:
    what = Message("a whole number") if isinstance(kind, inspect.IntType) else Message("a number")
    low, high = (kind.gt if kind.ge is None else kind.ge), (kind.lt if kind.le is None else kind.le)
    if low is None or high is None:
        return what
    if kind.ge is None:
        return Message("{what} above {low}, up to {high}", what=what, low=f"{low:g}", high=f"{high:g}")
    return Message("{what} from {low} to {high}", what=what, low=f"{low:g}", high=f"{high:g}")


def _one_of(values: Iterable[object]) -> Message:
    return Message("one of {known}", known=", ".join(map(str, values)))


def _known_fields(kind: Any) -> str:
    if not isinstance(kind, inspect.StructType):
        return ""
    return ", ".join([*filter(None, [kind.tag_field]), *(field.encode_name for field in kind.fields)])


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
        value = _value_at(value, [part])
        kind = _chosen(_inner(kind, part), value)
    return kind


def _inner(kind: Any, part: str) -> Any:
    """The type of the field, or the item, ``part`` of a ``kind``."""
    match kind:
        case inspect.StructType():
            return next((field.type for field in kind.fields if field.encode_name == part), None)
        case inspect.TupleType():
            return kind.item_types[int(part)] if part.isdigit() and int(part) < len(kind.item_types) else None
        case inspect.VarTupleType() | inspect.ListType():
            return kind.item_type
        case _:
            return None


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


def _value_at(value: Any, parts: list[str]) -> Any:
    """The value at ``parts`` of ``value``; None if there is none."""
    for part in parts:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
