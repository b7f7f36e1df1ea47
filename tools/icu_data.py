"""Cuts the data of ICU, of which Qt uses a seventh.

Qt has names of languages, units, currencies and time zones of its own; of ICU it uses how texts are sorted and the
properties of characters. The layout is that of ICU's ``toolutil/package.cpp``: a header, the number of items, a table
of (offset of the name, offset of the data), the names, and the items, each at a multiple of 16.
"""

from __future__ import annotations

import re
import struct

from app.core.errors import StanceError

HEADER = re.compile(rb"(..)\xda\x27.{8}CmnD", re.DOTALL)
"""The beginning of the data: the size of the header in bytes, a mark, and after eight bytes the kind."""
KEPT = re.compile(r"[^/]+/(coll/.*|.*\.icu|.*\.nrm|(root|pool|res_index|likelySubtags|supplementalData)\.res)")
"""Names of items that are kept."""
ALIGNMENT = 16


def symbol_of(library: bytes) -> str:
    """The name under which ``library``, ICU's data as a shared library, exports them."""
    found = re.search(rb"\0(icudt\d+_dat)\0", library)
    if found is None:
        raise StanceError("The data of ICU cannot be found in its library: wanted a symbol like icudt73_dat.")
    return found[1].decode("ascii")


def without_locales(library: bytes) -> bytes:
    """The data in ``library``, ICU's data as a shared library, with the items of ``KEPT`` alone."""
    head = HEADER.search(library)
    if head is None:
        raise StanceError("The data of ICU cannot be read: wanted a package of the kind CmnD.")
    start, length = head.start(), struct.unpack("<H", head[1])[0]
    items = {name: item for name, item in items_in(library[start + length :]).items() if KEPT.fullmatch(name)}
    return library[start : start + length] + packed(items)


def items_in(package: bytes) -> dict[str, bytes]:
    """The items of ``package``, which begins behind the header, by name."""
    (count,) = struct.unpack_from("<I", package)
    table = list(struct.iter_unpack("<II", package[4 : 4 + 8 * count]))
    ends = [data for _, data in table[1:]] + [len(package)]
    names = [package[name : package.index(b"\0", name)].decode("ascii") for name, _ in table]
    return {name: package[data:end] for name, (_, data), end in zip(names, table, ends, strict=True)}


def packed(items: dict[str, bytes]) -> bytes:
    """A package of ``items``, which are sorted by name as ICU searches them."""
    names = b"".join(name.encode("ascii") + b"\0" for name in items)
    name_at = 4 + 8 * len(items)
    data_at = _aligned(name_at + len(names))
    table, data = [], b""
    for name, item in items.items():
        table.append(struct.pack("<II", name_at, data_at + len(data)))
        name_at += len(name) + 1
        data += item.ljust(_aligned(len(item)), b"\0")
    head = struct.pack("<I", len(items)) + b"".join(table) + names
    return head.ljust(data_at, b"\xaa") + data


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
