"""What the window remembers of a person from one day to the next; nothing that is kept can keep it from starting."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from os.path import exists, isdir, isfile
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, cast, get_args
from urllib.parse import quote

from PyQt6.QtCore import QSettings

from app.address import path_of, without_secrets
from app.errors import StanceError
from app.settings import Settings
from app.zoo.catalogue import load_catalogue

NAME = "Stance"
MOST_RECENT = 8
RING_S = 10.0
RING_MOST_S = 600.0
Language = Literal["", "en", "zh"]
"""The empty one is the system's."""
NetworkKind = Literal["pose", "detector"]


class Speed(NamedTuple):
    """What a network takes on this machine: ``ms`` milliseconds a picture on ``device``."""

    ms: float
    device: str


class Preferences:
    """Every value is kept the moment it is set, as JSON in the INI file ``path``; None keeps it for this run alone.

    A value that is not of the kind it should be counts as not kept.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file = QSettings(str(path), QSettings.Format.IniFormat) if path is not None else None
        self._kept: dict[str, Any] = _read(self._file) if self._file is not None else {}

    @classmethod
    def of_person(cls) -> Self:
        """Those of whoever is logged in, where the platform keeps such things."""
        scope, form = QSettings.Scope.UserScope, QSettings.Format.IniFormat
        return cls(Path(QSettings(form, scope, NAME, NAME).fileName()))

    def reset(self) -> None:
        """Forget everything but where a person's own networks are."""
        networks = self._get("places/networks", list)
        self._kept.clear()
        if self._file is not None:
            self._file.clear()
            self._file.sync()
        if networks:
            self._set("places/networks", networks)

    # The pipe.

    def settings(self, given: Settings, named: Collection[str] | None = None) -> Settings:
        """``given`` with what was kept, one by one where it still makes sense.

        The fields ``named`` were given on the command line, which wins (None: those that differ from the defaults).
        """
        default = Settings()
        made = given
        for field in fields(Settings):
            name, usual = field.name, getattr(default, field.name)
            theirs = getattr(given, name) != usual if named is None else name in named
            value = self._get(f"pipe/{name}", type(usual))
            if theirs or value is None or (name in ("pose", "detector") and not _there(value)):
                continue
            try:
                made = replace(made, **{name: value})
            except StanceError:
                continue
        return made

    def keep_change(self, before: Settings, after: Settings) -> None:
        """Keep what a person changed from ``before`` to ``after``; the rest may be the command line's."""
        for field in fields(Settings):
            value = getattr(after, field.name)
            if value != getattr(before, field.name):
                self._set(f"pipe/{field.name}", value)

    # The window.

    @property
    def looks(self) -> dict[str, Any]:
        """How people are drawn, by name; empty where nothing was kept."""
        return self._get("window/looks", dict) or {}

    @looks.setter
    def looks(self, looks: Mapping[str, Any]) -> None:
        self._set("window/looks", dict(looks))

    @property
    def geometry(self) -> bytes:
        """Where the window was, in Qt's own words; empty where that is not known."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, told: bytes) -> None:
        self._set("window/geometry", base64.b64encode(told).decode())

    @property
    def docks(self) -> bytes:
        """Where its docks were, likewise."""
        return self._bytes("window/docks")

    @docks.setter
    def docks(self, told: bytes) -> None:
        self._set("window/docks", base64.b64encode(told).decode())

    @property
    def restores_window(self) -> bool:
        """Whether the window begins where it was left."""
        kept = self._get("window/restore", bool)
        return True if kept is None else kept

    @restores_window.setter
    def restores_window(self, wanted: bool) -> None:
        self._set("window/restore", wanted)

    @property
    def language(self) -> Language:
        """The language of the window."""
        kept = self._get("window/language", str)
        return cast(Language, kept) if kept in get_args(Language) else ""

    @language.setter
    def language(self, language: Language) -> None:
        self._set("window/language", language)

    @property
    def shortcuts(self) -> dict[str, str]:
        """The keys that a person has changed, in Qt's portable words (empty: none), by the name of the deed."""
        kept = self._get("window/shortcuts", dict) or {}
        return {name: keys for name, keys in kept.items() if isinstance(keys, str)}

    @shortcuts.setter
    def shortcuts(self, shortcuts: Mapping[str, str]) -> None:
        self._set("window/shortcuts", dict(shortcuts))

    # Places.

    @property
    def folder(self) -> Path | None:
        """Where something was opened last, as long as it is there."""
        return self._folder("places/opened")

    @folder.setter
    def folder(self, folder: Path) -> None:
        self._set("places/opened", str(folder))

    @property
    def recordings(self) -> Path | None:
        """Where recordings go; None: where the platform keeps films."""
        return self._folder("places/recordings")

    @recordings.setter
    def recordings(self, folder: Path | None) -> None:
        self._set("places/recordings", "" if folder is None else str(folder))

    @property
    def ring_s(self) -> float:
        """So many seconds of what is live are kept to go back to."""
        kept = self._get("live/ring", float)
        return kept if kept is not None and 0 <= kept <= RING_MOST_S else RING_S

    @ring_s.setter
    def ring_s(self, seconds: float) -> None:
        self._set("live/ring", float(seconds))

    @property
    def recent(self) -> list[str]:
        """What was opened, newest first: absolute paths, and addresses of streams."""
        kept = self._get("places/recent", list) or []
        return [text for text in kept if isinstance(text, str)][:MOST_RECENT]

    def add_recent(self, text: str) -> None:
        """Remember that ``text`` was opened. Cameras have their own place; a password is not written down."""
        if "://" in text:
            if without_secrets(text) != text:
                return
        else:
            path = path_of(text)
            if not path.exists():
                return
            text = str(path.absolute())
        self._set("places/recent", [text, *(other for other in self.recent if other != text)][:MOST_RECENT])

    def remove_recent(self, text: str) -> None:
        """Forget that ``text`` was opened."""
        self._set("places/recent", [other for other in self.recent if other != text])

    # Networks.

    def speed(self, name: str) -> Speed | None:
        """What network ``name`` took when it was last measured."""
        match self._get(f"speed/{quote(name, safe='')}", list):
            case [int() | float() as ms, str() as device] if ms > 0:
                return Speed(float(ms), device)
        return None

    def keep_speed(self, name: str, speed: Speed) -> None:
        """Remember what network ``name`` takes."""
        self._set(f"speed/{quote(name, safe='')}", list(speed))

    @property
    def networks(self) -> list[tuple[str, NetworkKind]]:
        """The person's own networks that are there still: where each is, and of which kind."""
        return [(path, kind) for path, kind in self._networks() if isfile(path)]

    def keep_network(self, name: str, kind: NetworkKind) -> None:
        """Remember the network ``name`` if it is a person's own."""
        own = own_network(name)
        if own and (own, kind) not in self._networks():
            self._set("places/networks", [*map(list, self._networks()), [own, kind]])

    def remove_network(self, path: str) -> None:
        """Forget a network of a person's own."""
        self._set("places/networks", [[other, kind] for other, kind in self._networks() if other != path])

    def _networks(self) -> list[tuple[str, NetworkKind]]:
        kept = self._get("places/networks", list) or []
        return [(one[0], one[1]) for one in kept if _is_network(one)]

    # The file.

    def _get(self, key: str, kind: type) -> Any:
        """The value of ``key``; None where none of that kind was kept."""
        value = self._kept.get(key)
        if kind is float and type(value) is int:
            return float(value)
        return value if type(value) is kind else None

    def _set(self, key: str, value: Any) -> None:
        self._kept[key] = value
        if self._file is not None:
            self._file.setValue(key, json.dumps(value))

    def _bytes(self, key: str) -> bytes:
        try:
            return base64.b64decode(self._get(key, str) or "", validate=True)
        except (binascii.Error, ValueError):
            return b""

    def _folder(self, key: str) -> Path | None:
        text = self._get(key, str)
        return Path(text) if text and isdir(text) else None


def own_network(name: str) -> str:
    """Where the network ``name`` is, if it is a person's own; empty where the catalogue has it, or none is meant."""
    return "" if name == "none" or name in load_catalogue() else str(Path(name).expanduser().absolute())


def is_gone(text: str) -> bool:
    """Whether the file or folder ``text`` of the recent ones is not there any more; for a thread that may wait."""
    return "://" not in text and not exists(text)


def _read(file: QSettings) -> dict[str, Any]:
    """All that ``file`` holds and that can be understood."""
    found = {}
    for key in filter(None, file.allKeys()):  # a damaged file may have a key without a name
        try:
            found[key] = json.loads(file.value(key))
        except (TypeError, ValueError, RecursionError):
            continue
    return found


def _is_network(kept: object) -> bool:
    match kept:
        case [str(), "pose" | "detector"]:
            return True
    return False


def _there(name: str) -> bool:
    """Whether a model of that name can still be meant."""
    return name == "none" or name in load_catalogue() or isfile(name)
