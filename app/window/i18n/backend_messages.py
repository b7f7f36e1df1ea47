"""Translates messages from outside the window, which are English, by the template and values that they carry."""

from __future__ import annotations

from collections.abc import Mapping
from string import digits

from app.core.address import without_secrets
from app.core.message import Message
from app.window.i18n.made_texts import remember

_sentences: Mapping[str, str] = {}
_names: Mapping[str, str] = {}


def set_translations(sentences: Mapping[str, str], names: Mapping[str, str]) -> None:
    """Use these tables for all later translations; empty ones leave everything in English."""
    global _sentences, _names
    _sentences, _names = sentences, names


def translate(text: str) -> str:
    """Translate a message from outside the window; returned unchanged if there is no translation.

    A ``Message`` is looked up by its template, and so are those of its values that are messages. Any other text, such
    as one of the system, is looked up as a whole.
    """
    return remember(_translated(text), translate, text)


def _translated(text: str) -> str:
    if not isinstance(text, Message):
        return _sentences.get(text, text)
    template = _sentences.get(text.key)
    if template is None or not text.values:
        return template or text
    values = {name: translate(value) if isinstance(value, Message) else value for name, value in text.values.items()}
    return without_secrets(template.format(**values))


def display_name(name: str) -> str:
    """Translate the name of a keypoint, an angle, a stage or a setting; if unknown, underscores become spaces.

    A name is known as a whole, or by its parts: the side, the part of the body, the number (``right_forefinger2``).
    """
    return remember(_named(name), display_name, name)


def _named(name: str) -> str:
    if name in _names:
        return _names[name]
    plain = name.replace("_", " ")
    side, _, part = plain.partition(" ")
    if side not in ("left", "right"):
        side, part = "", plain
    body = part.rstrip(digits)
    known = _names.get(body.removesuffix("-").replace(" ", "_"))
    if known is None or not body or side not in {"", *_names}:
        return plain
    number = part.removeprefix(body)
    return _names.get(side, "") + (f"{known} {number}" if number else known)
