"""Names of recordings by a pattern: of a client, a date and what else tells sessions apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from string import Formatter

from app.core.errors import StanceError

USUAL = "{client}-{date}-{time}-{source}"
FIELDS = ("client", "session", "date", "time", "source", "number")
FORBIDDEN = '<>:"/\\|?*'


@dataclass(frozen=True, slots=True)
class SessionNames:
    """Makes file names by ``pattern``, whose fields in braces are ``FIELDS``; a ``client`` is needed."""

    client: str = ""
    session: str = ""
    pattern: str = USUAL

    def stem(self, source: str, now: datetime, number: int = 1) -> str:
        """The name of a file without its ending; empty without a session.

        Raises:
            StanceError: The pattern has a field that is not known, or no text is left.
        """
        if not self.client.strip():
            return ""
        values = {
            "client": self.client.strip(),
            "session": self.session.strip(),
            "date": f"{now:%Y-%m-%d}",
            "time": f"{now:%H%M%S}",
            "source": source,
            "number": f"{number:02d}",
        }
        try:
            used = [name for _, name, _, _ in Formatter().parse(self.pattern) if name is not None]
        except ValueError:
            used = [""]
        if any(name not in FIELDS for name in used):
            raise StanceError(
                "The pattern {pattern!r} has an unknown field: wanted {known}.",
                pattern=self.pattern,
                known=" ".join(f"{{{name}}}" for name in FIELDS),
            )
        parts = self.pattern
        for name, value in values.items():
            parts = parts.replace(f"{{{name}}}", value)
        return _usable(parts)


def _usable(name: str) -> str:
    """``name`` as a file name of every system: without signs that one of them forbids, and without doubled hyphens."""
    clean = "".join("-" if char in FORBIDDEN or ord(char) < 32 else char for char in name)
    while "--" in clean:
        clean = clean.replace("--", "-")
    return clean.strip(" .-_")[:150].rstrip(" .")
