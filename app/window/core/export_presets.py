"""Named choices of file formats, kept in the preferences."""

from __future__ import annotations

from app.window.core.preferences import Preferences

KEY = "export/presets"
MAX_NAME = 60
"""Maximum number of characters of a name."""


class ExportPresets:
    """The named choices of formats; a format is a file name that contains ``{stem}``."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def names(self) -> list[str]:
        """All names, in alphabetical order."""
        return sorted(self._kept(), key=str.casefold)

    def formats(self, name: str) -> list[str]:
        """The formats of ``name``; empty if there is none of that name."""
        return self._kept().get(name, [])

    def keep(self, name: str, formats: list[str]) -> None:
        """Save ``formats`` as ``name``; replaces those of the same name."""
        self._preferences.keep_value(KEY, self._kept() | {name.strip()[:MAX_NAME]: list(formats)})

    def remove(self, name: str) -> None:
        """Remove ``name``."""
        self._preferences.keep_value(KEY, {other: kept for other, kept in self._kept().items() if other != name})

    def _kept(self) -> dict[str, list[str]]:
        kept = self._preferences.value(KEY, dict) or {}
        return {
            name: [one for one in formats if isinstance(one, str)]
            for name, formats in kept.items()
            if isinstance(formats, list)
        }
