"""Messages on the output of a child process: each is one line, with its template and values."""

from __future__ import annotations

import json
import os
from typing import Any

from app.core.message import Message, foreign

REQUESTED = "STANCE_MESSAGE_LINES"
"""Environment variable that a parent process sets to 1 for such lines; a person reads the text alone."""


def to_line(text: str) -> str:
    """``text`` as the line to print: the text itself, or JSON if the parent process requests it."""
    if os.environ.get(REQUESTED) != "1" or not isinstance(text, Message):
        return text
    return json.dumps(_to_json(text), ensure_ascii=False)


def from_line(line: str) -> Message:
    """The message in a ``line`` of a child process; a line without a template is a foreign text."""
    try:
        value = json.loads(line)
    except ValueError:
        return foreign(line)
    return _from_json(value) if _is_message(value) else foreign(line)


def _to_json(value: Any) -> Any:
    if not isinstance(value, Message):
        return value
    return {"key": value.key, "values": {name: _to_json(own) for name, own in value.values.items()}}


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"key", "values"}


def _from_json(value: Any) -> Any:
    if not _is_message(value):
        return value
    return Message(value["key"], **{name: _from_json(own) for name, own in value["values"].items()})
