"""Remembers how the texts of the window were made, so that they can be made again in another language."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from re import compile as pattern

MAX_FILLED = 8192
"""Number of texts with values that are remembered; those made longest ago are forgotten first."""
SEPARATORS = [
    pattern(text)
    for text in (
        r"(\n)",
        r"(?<=[.!?。！？])( )",
        r"(\s+·\s+)",
        r"( → )",
        r"( \+ )",
        r"( \([^()]*\))$",
        r"(, |、)",
        r"(: )",
    )
]
"""What stands between the parts of a text that the window has put together, that of the largest parts first."""
BRACKETS = 5
"""Place of the separator that is a text in brackets at the end."""
MAX_UNIT = 2
"""Texts up to this length are units and keys, which have no other shape."""
CALLER = 2
"""Frames from ``remember`` to the code that wanted the text."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a text was made: by ``make`` of ``source`` and the ``values``, for code in the file ``module``."""

    make: Callable[..., str]
    source: str
    values: Mapping[str, object] = field(hash=False)
    module: str


_plain: dict[str, list[Recipe]] = {}
_filled: OrderedDict[str, list[Recipe]] = OrderedDict()


def remember(text: str, make: Callable[..., str], source: str, values: Mapping[str, object] | None = None) -> str:
    """Note how ``text`` was made; returns it."""
    filled = bool(values or getattr(source, "values", None))  # of a ``Message`` too
    known: dict[str, list[Recipe]] = _filled if filled else _plain
    recipes, module = known.setdefault(text, []), sys._getframe(CALLER).f_code.co_filename
    if not any(one.source == source and one.module == module for one in recipes):
        recipes.append(Recipe(make, source, values or {}, module))
    if filled:
        _filled.move_to_end(text)
        if len(_filled) > MAX_FILLED:
            _filled.popitem(last=False)
    return text


class Retranslation:
    """Makes the texts that were made until now again, in the present language."""

    def __init__(self) -> None:
        self._recipes = {text: list(recipes) for known in (_plain, _filled) for text, recipes in known.items()}
        self._fixed: dict[str, str] = {}
        self._shapes: dict[str, tuple[Callable[[str], str], list[Recipe]]] = {}
        for shape in (str.upper, str.capitalize, _without_dots, _without_mark, _running):
            for text, recipes in self._recipes.items():
                if len(text) > MAX_UNIT and (shaped := shape(text)) != text:
                    self._shapes.setdefault(shaped, (shape, recipes))

    def of(self, text: str, places: Collection[str] = ()) -> str:
        """``text`` in the present language, if the window made it; else as it is.

        Where one text stands for two in the other language, the one counts that was made in a file of ``places``. The
        parts of a text that was put together are made again one by one.
        """
        return self._parts(text, places, 0)

    def add(self, before: str, now: str) -> None:
        """Replace the text ``before``, which Qt has made, by ``now``."""
        self._fixed[before] = now

    def _parts(self, text: str, places: Collection[str], level: int) -> str:
        if (made := self._whole(text, places)) is not None:
            return made
        if level == len(SEPARATORS):
            return text
        parts = SEPARATORS[level].split(text)
        if len(parts) == 1:
            return self._parts(text, places, level + 1)
        in_brackets = level == BRACKETS  # there, the separator has a text too
        pieces = [
            self._parts(part, places, level + 1) if place % 2 == 0 or in_brackets else part
            for place, part in enumerate(parts)
        ]
        return "".join(pieces)

    def _whole(self, text: str, places: Collection[str]) -> str | None:
        if text in self._fixed:
            return self._fixed[text]
        recipes = self._recipes.get(text)
        if recipes:
            return self._again(recipes, places)
        shape, recipes = self._shapes.get(text, (str, []))
        return shape(self._again(recipes, places)) if recipes else None

    def _again(self, recipes: list[Recipe], places: Collection[str]) -> str:
        recipe = next((one for one in recipes if one.module in places), recipes[0])
        values = {name: self.of(one, places) if isinstance(one, str) else one for name, one in recipe.values.items()}
        return recipe.make(recipe.source, **values)


def _without_dots(text: str) -> str:
    """A title of an action without the dots that announce a dialog."""
    return text.rstrip("…")


def _running(text: str) -> str:
    """What is going on, with the dots that say so."""
    return f"{text} …"


def _without_mark(text: str) -> str:
    """A title without the mark of its key, and without dots."""
    return _without_dots(text.replace("&&", "\0").replace("&", "").replace("\0", "&"))
