"""The report's texts in the languages of the window."""

from __future__ import annotations

import json
from typing import Any

from app.core.assets import asset
from app.core.message import Message
from app.core.settings import Language


class Texts:
    """Texts in ``language``; what has no translation stays in English.

    Its own texts are in ``assets/translations/report_xx.json``, sentences of other parts in ``below_xx.json``.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self._own = _read(f"report_{self.language}.json")
        below = _read(f"below_{self.language}.json")
        self._sentences = {**below.get("sentences", {}), **below.get("reasons", {})}

    def __call__(self, text: str, **values: object) -> str:
        """The translation of the literal ``text``, in which each ``{name}`` is replaced by the value of that name."""
        translated = str(self._own.get(text, text))
        return translated.format(**values) if values else translated

    def sentence(self, text: str) -> str:
        """The translation of a sentence of another part; a ``Message`` is looked up by its template."""
        if not isinstance(text, Message):
            return str(self._sentences.get(text, text))
        template = self._sentences.get(text.key)
        if template is None or not text.values:
            return str(template or text)
        values = {name: self.sentence(v) if isinstance(v, Message) else v for name, v in text.values.items()}
        return str(template).format(**values)


def later(text: str) -> str:
    """Mark a literal that is translated later."""
    return text


def _read(name: str) -> dict[str, Any]:
    file = asset("translations") / name
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
