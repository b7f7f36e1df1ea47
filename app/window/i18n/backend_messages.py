"""What floors below the window say, in the person's language: they know none, so their English is recognised here.

A sentence is looked up by its template, the English with ``{0}``, ``{1}``, … where something is put in. What stands in
such a place is a sentence of its own, often the reason, a list of them, or something that has no other language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache

PLACE = re.compile(r"\{\d+\}")
PARTING = {"; ": "；", ", ": "、", ": ": "："}
"""What parts sentences that stand in one place, and what does so between those of wide characters."""
LONGEST = 4000
"""No sentence of so many characters was written by a person."""


class Phrases:
    """English templates to those of another language."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = table
        patterned = [template for template in table if PLACE.search(template)]
        # The one that fixes most is meant; only those whose longest fixed part occurs are tried.
        patterned.sort(key=lambda template: -sum(map(len, PLACE.split(template))))
        self._fixed = [(max(PLACE.split(template), key=len), template) for template in patterned]
        self.say = lru_cache(512)(self._say)

    def _say(self, text: str) -> str | None:
        """``text`` in the other language; None where nobody has put it there."""
        if text in self._table:
            return self._table[text]
        if len(text) > LONGEST:
            return None
        for fixed, template in self._fixed:
            if fixed in text and (found := _pattern(template).fullmatch(text)):
                return self._table[template].format(*map(self._put_in, found.groups()))
        return None

    def _put_in(self, text: str) -> str:
        """What stands in a place: said whole, or member by member where it is a list of what can be said."""
        if (whole := self.say(text)) is not None:
            return whole
        for english, other in PARTING.items():
            if english in text:
                members = text.split(english)
                said = [self._put_in(member) for member in members]
                if said != members:
                    return other.join(said)
        return text


class Names(Phrases):
    """Phrases whose places hold numbers, or names that are known too: a file of a like name is none of them."""

    def _say(self, text: str) -> str | None:
        if text in self._table:
            return self._table[text]
        for fixed, template in self._fixed:
            if fixed in text and (found := _pattern(template).fullmatch(text)):
                parts = [part if part.isdecimal() else self.say(part) for part in found.groups()]
                if None not in parts:
                    return self._table[template].format(*parts)
        return None


_sentences, _names = Phrases({}), Names({})


def speak(sentences: Mapping[str, str], names: Mapping[str, str]) -> None:
    """Say everything from now on as these tables do; with empty ones in English."""
    global _sentences, _names
    _sentences, _names = Phrases(sentences), Names(names)


def told(sentence: str) -> str:
    """A ``sentence`` from below, or several, as the window shows them; what nobody has translated stays as it is."""
    whole = _sentences.say(sentence)
    return sentence if whole is None else whole


def called(name: str) -> str:
    """A keypoint, an angle or a stage as the window shows it; an unknown one with blanks for underscores."""
    other = _names.say(name)
    return name.replace("_", " ") if other is None else other


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("(.*?)".join(map(re.escape, PLACE.split(template))), re.DOTALL)
