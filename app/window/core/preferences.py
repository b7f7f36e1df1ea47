"""The saved preferences of the window; a damaged file never prevents it from starting."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from os.path import exists, isabs, isdir, isfile
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, cast, get_args
from urllib.parse import quote

from PyQt6.QtCore import QSettings

from app.core.address import path_of, without_secrets
from app.core.errors import StanceError
from app.core.settings import CUTOFF_HZ, MAX_CUTOFF_HZ, MIN_CUTOFF_HZ, Settings
from app.window.core.preference_file import read_values
from app.zoo.catalogue import load_catalogue
from app.zoo.sorts import MODEL_KINDS, SUBJECTS, ModelKind, Subject

NAME = "Stance"
MAX_RECENT = 8
RING_S = 10.0
RING_MOST_S = 600.0
Language = Literal["", "en", "zh"]
"""Empty: the language of the system."""
NetworkKind = Literal["pose", "detector"]


class Speed(NamedTuple):
    """The measured time of a network on this machine: ``ms`` milliseconds on ``device``.

    That is the time per person for top-down pose networks, per frame for all others. ``in_use``: it was measured while
    the network was in use, not by a benchmark.
    """

    ms: float
    device: str
    in_use: bool = False


class NetworkFacts(NamedTuple):
    """What is known about a network of the user: ``subject`` is None for detectors, ``size`` the input in pixels."""

    kind: ModelKind
    subject: Subject | None
    size: tuple[int, int]


class Preferences:
    """Saves every value as soon as it is set, as JSON in the INI file ``path``; without a path nothing is saved.

    A value of the wrong type is ignored.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file = QSettings(str(path), QSettings.Format.IniFormat) if path is not None else None
        self._values: dict[str, Any] = read_values(self._file) if self._file is not None else {}

    @classmethod
    def of_person(cls) -> Self:
        """The preferences of the logged-in user, in the platform's folder for configuration."""
        scope, form = QSettings.Scope.UserScope, QSettings.Format.IniFormat
        return cls(Path(QSettings(form, scope, NAME, NAME).fileName()))

    def reset(self) -> None:
        """Remove all values except the list of the user's own networks."""
        networks = self._get("places/networks", list)
        self._values.clear()
        if self._file is not None:
            self._file.clear()
            self._file.sync()
        if networks:
            self._set("places/networks", networks)

    # Settings of the pipeline.

    def settings(self, given: Settings, named: Collection[str] | None = None) -> Settings:
        """``given`` with the saved values, where they are still valid.

        The fields in ``named`` were given on the command line and are left as they are (None: the fields that differ
        from the defaults), but for the paths of models (see ``with_model_paths``).
        """
        default = Settings()
        result = given
        for field in fields(Settings):
            name, usual = field.name, getattr(default, field.name)
            from_command_line = getattr(given, name) != usual if named is None else name in named
            value = self._get(f"pipe/{name}", type(usual))
            if from_command_line or value is None or _is_gone(name, value):
                continue
            try:
                result = replace(result, **{name: value})
            except StanceError:
                continue
        return with_model_paths(result)

    def keep_change(self, before: Settings, after: Settings) -> None:
        """Save the fields that differ between ``before`` and ``after``; others may come from the command line."""
        for field in fields(Settings):
            value = getattr(after, field.name)
            if value != getattr(before, field.name):
                self._set(f"pipe/{field.name}", value)

    # The window.

    @property
    def looks(self) -> dict[str, Any]:
        """The draw style by name; empty if none is saved."""
        return self._get("window/looks", dict) or {}

    @looks.setter
    def looks(self, looks: Mapping[str, Any]) -> None:
        self._set("window/looks", dict(looks))

    @property
    def geometry(self) -> bytes:
        """Place and size of the window in Qt's format; empty if unknown."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, geometry: bytes) -> None:
        self._set("window/geometry", base64.b64encode(geometry).decode())

    @property
    def docks(self) -> bytes:
        """State of the docks in Qt's format; empty if unknown."""
        return self._bytes("window/docks")

    @docks.setter
    def docks(self, docks: bytes) -> None:
        self._set("window/docks", base64.b64encode(docks).decode())

    @property
    def restores_window(self) -> bool:
        """Whether place, size and docks are restored at the start."""
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
        """The changed shortcuts in Qt's portable format (empty: none), by the name of the action."""
        kept = self._get("window/shortcuts", dict) or {}
        return {name: keys for name, keys in kept.items() if isinstance(keys, str)}

    @shortcuts.setter
    def shortcuts(self, shortcuts: Mapping[str, str]) -> None:
        self._set("window/shortcuts", dict(shortcuts))

    def part(self, name: str) -> dict[str, Any]:
        """The values that the part ``name`` of the window has saved."""
        return dict(self._get(f"parts/{name}", dict) or {})

    def keep_part(self, name: str, values: Mapping[str, Any]) -> None:
        """Save the values of the part ``name`` of the window."""
        self._set(f"parts/{name}", dict(values))

    # Cameras.

    def is_mirrored(self, camera: str) -> bool:
        """Whether the camera named ``camera`` is shown mirrored."""
        return camera in (self._get("live/mirrored", list) or [])

    def keep_mirrored(self, camera: str, on: bool) -> None:
        """Save whether the camera named ``camera`` is shown mirrored."""
        others = [name for name in self._get("live/mirrored", list) or [] if name != camera]
        self._set("live/mirrored", [*others, camera] if on else others)

    # Folders and files.

    @property
    def folder(self) -> Path | None:
        """The folder of the last opened file; None if it does not exist."""
        return self._folder("places/opened")

    @folder.setter
    def folder(self, folder: Path) -> None:
        self._set("places/opened", str(folder))

    @property
    def networks_folder(self) -> Path | None:
        """The folder of the last imported network; None if it does not exist."""
        return self._folder("places/networks-folder")

    @networks_folder.setter
    def networks_folder(self, folder: Path) -> None:
        self._set("places/networks-folder", str(folder))

    @property
    def recordings(self) -> Path | None:
        """The folder of recordings; None: the platform's folder for videos."""
        return self._folder("places/recordings")

    @recordings.setter
    def recordings(self, folder: Path | None) -> None:
        self._set("places/recordings", "" if folder is None else str(folder))

    @property
    def exports(self) -> Path | None:
        """The folder of the last export; None if it does not exist."""
        return self._folder("places/exports")

    @exports.setter
    def exports(self, folder: Path) -> None:
        self._set("places/exports", str(folder))

    @property
    def export_formats(self) -> list[str]:
        """The formats of the last export; empty if there was none."""
        return [name for name in self._get("export/formats", list) or [] if isinstance(name, str)]

    @export_formats.setter
    def export_formats(self, names: list[str]) -> None:
        self._set("export/formats", list(names))

    @property
    def export_smoothing(self) -> tuple[bool, float]:
        """Whether the last export was smoothed over the whole clip, and below which frequency in Hz."""
        match self._get("export/smoothing", list):
            case [bool() as on, int() | float() as cutoff_hz] if MIN_CUTOFF_HZ <= cutoff_hz <= MAX_CUTOFF_HZ:
                return on, float(cutoff_hz)
        return False, CUTOFF_HZ

    @export_smoothing.setter
    def export_smoothing(self, smoothing: tuple[bool, float]) -> None:
        self._set("export/smoothing", list(smoothing))

    @property
    def ring_s(self) -> float:
        """Length of the replay buffer of live sources, in seconds."""
        kept = self._get("live/ring", float)
        return kept if kept is not None and 0 <= kept <= RING_MOST_S else RING_S

    @ring_s.setter
    def ring_s(self, seconds: float) -> None:
        self._set("live/ring", float(seconds))

    @property
    def recent(self) -> list[str]:
        """The recent sources, newest first: absolute paths and addresses of streams."""
        kept = self._get("places/recent", list) or []
        return [text for text in kept if isinstance(text, str)][:MAX_RECENT]

    @property
    def output_folders(self) -> list[Path]:
        """Folders that exports were probably written to: the last one, and those of the recent sources."""
        recent = [path_of(text) for text in self.recent if "://" not in text]
        last = [self.exports] if self.exports is not None else []
        return [*last, *recent, *(path.parent for path in recent)]

    def add_recent(self, text: str) -> None:
        """Add ``text`` to the recent sources, unless it is a camera or an address with a password."""
        if "://" in text:
            if without_secrets(text) != text:
                return
        else:
            path = path_of(text)
            if not path.exists():
                return
            path = path.resolve() if ".." in path.parts else path.absolute()
            self.folder = path.parent
            text = str(path)
        self._set("places/recent", [text, *(other for other in self.recent if other != text)][:MAX_RECENT])

    def remove_recent(self, text: str) -> None:
        """Remove ``text`` from the recent sources."""
        self._set("places/recent", [other for other in self.recent if other != text])

    # Networks.

    def speed(self, name: str) -> Speed | None:
        """The last measurement of network ``name``, if any."""
        match self._get(f"speed/{quote(name, safe='')}", list):
            case [int() | float() as ms, str() as device] if ms > 0:
                return Speed(float(ms), device)
            case [int() | float() as ms, str() as device, bool() as in_use] if ms > 0:
                return Speed(float(ms), device, in_use)
        return None

    def keep_speed(self, name: str, speed: Speed) -> None:
        """Save a measurement of network ``name``."""
        self._set(f"speed/{quote(name, safe='')}", list(speed))

    def facts(self, path: str) -> NetworkFacts | None:
        """What is known about the user's own network ``path``: nothing until it was loaded once."""
        match self._get(f"facts/{quote(path, safe='')}", list):
            case [str() as kind, str() as subject, int() as width, int() as height] if kind in MODEL_KINDS:
                known = subject if subject in SUBJECTS else None
                return NetworkFacts(kind, known, (width, height))
        return None

    def keep_facts(self, path: str, facts: NetworkFacts) -> None:
        """Save what is known about the user's own network ``path``."""
        self._set(f"facts/{quote(path, safe='')}", [facts.kind, facts.subject or "", *facts.size])

    @property
    def networks(self) -> list[tuple[str, NetworkKind]]:
        """The user's own networks whose files exist: path and kind."""
        return [(path, kind) for path, kind in self._networks() if isfile(path)]

    def keep_network(self, name: str, kind: NetworkKind) -> None:
        """Add the network ``name`` to the user's own networks, unless it is in the catalogue."""
        own = own_network(name)
        if own and (own, kind) not in self._networks():
            self._set("places/networks", [*map(list, self._networks()), [own, kind]])

    def remove_network(self, path: str) -> None:
        """Remove a network from the user's own networks."""
        self._set("places/networks", [[other, kind] for other, kind in self._networks() if other != path])

    def _networks(self) -> list[tuple[str, NetworkKind]]:
        kept = self._get("places/networks", list) or []
        # Earlier versions kept paths as they were given, with "..".
        return list(dict.fromkeys((own_network(one[0]) or one[0], one[1]) for one in kept if _is_network(one)))

    # The file.

    def value(self, key: str, kind: type) -> Any:
        """The value that a feature has saved as ``key``; None if there is none of the type ``kind``."""
        return self._get(key, kind)

    def keep_value(self, key: str, value: Any) -> None:
        """Save ``value``, which JSON can represent, as ``key``."""
        self._set(key, value)

    def _get(self, key: str, kind: type) -> Any:
        """The value of ``key``; None if there is none of the type ``kind``."""
        value = self._values.get(key)
        if kind is float and type(value) is int:
            return float(value)
        return value if type(value) is kind else None

    def _set(self, key: str, value: Any) -> None:
        self._values[key] = value
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
    """The path of the network ``name`` if it is the user's own; empty for catalogue entries and ``none``.

    It is absolute and the same for every way to write it. Links are followed only where ".." requires it.
    """
    if name == "none" or name in load_catalogue():
        return ""
    path = path_of(name)
    return str(path.parent.resolve() / path.name if ".." in path.parts else path.absolute())


def with_model_paths(settings: Settings) -> Settings:
    """``settings`` with the user's own networks as ``own_network`` writes them."""
    pose, detector = (own_network(name) or name for name in (settings.pose, settings.detector))
    return replace(settings, pose=pose, detector=detector)


def is_gone(text: str) -> bool:
    """Whether the recent file or folder ``text`` does not exist; may block, for background threads."""
    return "://" not in text and not exists(text)


def _is_network(kept: object) -> bool:
    match kept:
        case [str(), "pose" | "detector"]:
            return True
    return False


def _is_gone(setting: str, value: Any) -> bool:
    """Whether ``value`` of a ``setting`` is a model that does not exist any longer."""
    if setting in ("pose", "detector"):
        return value != "none" and value not in load_catalogue() and not isfile(value)
    return setting == "lifter" and isabs(value) and not isfile(value)
