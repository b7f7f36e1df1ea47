"""Says in a sentence which field of a JSON file is not valid, and what was wanted there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from app.core.errors import ExplainedError, message_of
from app.core.message import Message

JSON_ERRORS = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What msgspec raises for a text that cannot be decoded."""
PLACE = re.compile(r" - at `\$\.?([^`]*)`")
"""The place that msgspec adds to a text, once for each conversion that it went through, the innermost first."""
FIELD = re.compile(r"(missing required|contains unknown) field `([^`]*)`")
MAX_VALUE = 60
"""Maximum length of a value in a sentence, in characters."""


def json_problem(error: Exception, data: bytes | str, kind: Any, wanted: Message) -> Message:
    """Why msgspec raised ``error`` for JSON ``data`` that should be a ``kind``: the field, its value, what was wanted.

    ``wanted`` is what the whole text should be, in a few words.
    """
    damaged = Message("its JSON text is damaged or cut off; wanted {wanted}", wanted=wanted)
    if not isinstance(error, msgspec.ValidationError):
        return damaged
    try:
        value = msgspec.json.decode(data)
    except JSON_ERRORS:
        return damaged
    root = inspect.type_info(kind)
    return field_problem(
        error,
        value,
        lambda parts: words(_type_at(root, parts)) if parts else wanted,
        lambda parts: known_fields(_type_at(root, parts)),
    )


def field_problem(
    error: msgspec.ValidationError,
    value: object,
    wanted_at: Callable[[list[str]], Message],
    known_at: Callable[[list[str]], str],
) -> Message:
    """Why msgspec refuses ``value``, what was decoded from JSON; the text of a class of ours if that refuses it.

    ``wanted_at`` says what is wanted at a place, ``known_at`` which fields there are.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ExplainedError):
            return message_of(error)
        cause = cause.__cause__
    parts = [part for place in reversed(PLACE.findall(str(error))) for part in re.findall(r"[^.\[\]]+", place)]
    field = FIELD.search(str(error))
    if field and field[1] == "missing required":
        name = ".".join([*parts, field[2]])
        return Message("its field {field} is missing; wanted {wanted}", field=name, wanted=wanted_at(name.split(".")))
    if field:
        name = ".".join([*parts, field[2]])
        return Message("its field {field} is unknown; wanted only {known}", field=name, known=known_at(parts))
    shown = json.dumps(value_at(value, parts), ensure_ascii=False, default=str)
    shown = shown if len(shown) <= MAX_VALUE else f"{shown[:MAX_VALUE]}..."
    if not parts:
        return Message("it is {value}; wanted {wanted}", value=shown, wanted=wanted_at(parts))
    return Message(
        "its field {field} is {value}; wanted {wanted}", field=".".join(parts), value=shown, wanted=wanted_at(parts)
    )


def words(kind: Any) -> Message:
    """What a value of the type ``kind`` is, in a few words."""
    match kind:
        case inspect.LiteralType():
            return one_of(kind.values)
        case inspect.IntType() | inspect.FloatType():
            return _number(kind)
        case inspect.BoolType():
            return one_of(("true", "false"))
        case inspect.StrType():
            return Message("a text")
        case inspect.BytesType():
            return Message("a text in base64")
        case inspect.TupleType():
            return Message("a list of {count} values", count=len(kind.item_types))
        case inspect.VarTupleType() | inspect.ListType():
            return Message("a list")
        case inspect.UnionType():
            return _one_type(kind.types)
        case _:
            return Message("an object with fields")


def _one_type(types: Sequence[Any]) -> Message:
    types = [each for each in types if not isinstance(each, inspect.NoneType)]
    if len(types) == 1:
        return words(types[0])
    if any(isinstance(each, inspect.StrType) for each in types):
        return Message("a name, or an object with fields")
    if any(isinstance(each, inspect.StructType) for each in types):
        return Message("an object with fields")
    numbers = [each for each in types if isinstance(each, inspect.IntType | inspect.FloatType)]
    return words(numbers[0]) if numbers else Message("another value")


def _number(kind: inspect.IntType | inspect.FloatType) -> Message:
    what = Message("a whole number") if isinstance(kind, inspect.IntType) else Message("a number")
    low, high = (kind.gt if kind.ge is None else kind.ge), (kind.lt if kind.le is None else kind.le)
    if low is None or high is None:
        return what
    if kind.ge is None:
        return Message("{what} above {low}, up to {high}", what=what, low=f"{low:g}", high=f"{high:g}")
    return Message("{what} from {low} to {high}", what=what, low=f"{low:g}", high=f"{high:g}")


def one_of(values: Iterable[object]) -> Message:
    """The ``values`` that are possible, in a few words."""
    return Message("one of {known}", known=", ".join(map(str, values)))


def known_fields(kind: Any) -> str:
    """The names of the fields of the type ``kind``; empty if it has none."""
    if not isinstance(kind, inspect.StructType):
        return ""
    return ", ".join([*filter(None, [kind.tag_field]), *(field.encode_name for field in kind.fields)])


def _type_at(kind: Any, parts: list[str]) -> Any:
    """The type of what is at ``parts`` of a ``kind``; None if it is not known."""
    for part in parts:
        kind = inner_type(kind, part)
    return kind


def inner_type(kind: Any, part: str) -> Any:
    """The type of the field, or the item, ``part`` of the type ``kind``; None if it has none."""
    match kind:
        case inspect.StructType():
            return next((field.type for field in kind.fields if field.encode_name == part), None)
        case inspect.TupleType():
            return kind.item_types[int(part)] if part.isdigit() and int(part) < len(kind.item_types) else None
        case inspect.VarTupleType() | inspect.ListType():
            return kind.item_type
        case inspect.UnionType():
            inner = [inner_type(each, part) for each in kind.types]
            return next((each for each in inner if each is not None), None)
        case _:
            return None


def value_at(value: Any, parts: list[str]) -> Any:
    """The value at ``parts`` of ``value``, what was decoded from JSON; None if there is none."""
    for part in parts:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
