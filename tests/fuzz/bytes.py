"""Strategies for untrusted bytes: damaged real files and changed JSON."""

from __future__ import annotations

import json

from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=12,
)
DEEP = b"[" * 100_000
NASTY = (b"\0", b"\xff", b"\xff\xff\xff\x7f", b"\xff" * 8, b"\n", b'"', b"1e999", b"-1", b"../", b"\x80", DEEP)


def damaged(*seeds: bytes) -> st.SearchStrategy[bytes]:
    """One of the ``seeds`` with up to eight edits: bytes overwritten, inserted, removed, doubled or cut off."""
    piece = st.sampled_from(NASTY) | st.binary(min_size=1, max_size=8)
    edit = st.tuples(st.sampled_from(["overwrite", "insert", "remove", "double", "cut"]), st.floats(0, 1), piece)
    return st.builds(_edited, st.sampled_from(seeds), st.lists(edit, min_size=1, max_size=8))


def changed_json(document: dict[str, object]) -> st.SearchStrategy[bytes]:
    """``document`` with up to three values, at any depth, replaced by random JSON."""
    paths = list(_paths(document))
    edit = st.tuples(st.sampled_from(paths), JSON)
    return st.lists(edit, min_size=1, max_size=3).map(lambda edits: _replaced(document, edits))


def _edited(data: bytes, edits: list[tuple[str, float, bytes]]) -> bytes:
    for kind, position, piece in edits:
        at = int(position * len(data))
        if kind == "overwrite":
            data = data[:at] + piece + data[at + len(piece) :]
        elif kind == "insert":
            data = data[:at] + piece + data[at:]
        elif kind == "remove":
            data = data[:at] + data[at + len(piece) :]
        elif kind == "double":
            data = data[:at] + data[at : at + 64] + data[at:]
        else:
            data = data[:at]
    return data


def _paths(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, part in inner for found in [(*path, key), *_paths(part, (*path, key))]]


def _replaced(document: dict[str, object], edits: list[tuple[tuple[object, ...], object]]) -> bytes:
    made = json.loads(json.dumps(document))
    for path, value in edits:
        part = made
        try:
            for key in path[:-1]:
                part = part[key]
            part[path[-1]] = value
        except (TypeError, LookupError):  # an earlier edit removed this path
            continue
    return json.dumps(made).encode()
