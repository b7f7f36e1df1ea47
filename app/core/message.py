"""A sentence for the user that keeps what it was made from, so that it can be translated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.core.address import without_secrets

Value = str | float | Path
"""What replaces a placeholder: a text (a ``Message`` is one), a number or a path."""


class Message(str):
    """An English text that keeps the template and the values it was made from.

    ``Message("{path} cannot be read: {reason}.", path=path, reason=reason)`` is the formatted text and is used like any
    other str. ``key`` is the template and ``values`` are what replaced its placeholders: a translation looks up the key
    and inserts the values. A value that is a Message is translated too; any other is inserted unchanged. A text without
    values is its own key, and braces in it have no meaning. Credentials of URLs are removed.
    """

    __slots__ = ("key", "values")

    key: str
    values: dict[str, Value]

    def __new__(cls, key: str, /, **values: Value) -> Message:
        """The text of ``key`` with each ``{name}`` replaced by the value of that name, as ``str.format`` does."""
        kept = {name: _clean(value) for name, value in values.items()}
        self = super().__new__(cls, without_secrets(key.format(**kept) if kept else key))
        self.key, self.values = key if kept else str(self), kept
        return self


def joined(pair: str, parts: Sequence[str]) -> str:
    """All ``parts`` in one Message; ``pair`` is the template of two, for example ``"{first}, {rest}"``.

    A single part is returned as it is; without parts the text is empty.
    """
    if len(parts) < 2:
        return parts[0] if parts else ""
    return Message(pair, first=parts[0], rest=joined(pair, parts[1:]))


def foreign(text: object) -> Message:
    """A text of the system or of a library, such as the reason of an OSError: translated if the whole text is known."""
    return Message(str(text))


def _clean(value: Value) -> Value:
    """``value`` without the credentials of URLs; a path as a str."""
    if isinstance(value, Message) or not isinstance(value, str | Path):
        return value
    return without_secrets(str(value))
