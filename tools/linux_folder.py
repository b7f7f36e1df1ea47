"""Makes the libraries in a Linux bundle smaller, after PyInstaller has collected them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

from app.core.errors import StanceError

BY_NAME = ("libpython", "libX", "libxcb", "libssl", "libcrypto")
"""Beginnings of the names of libraries that are opened by name: by PyInstaller, the screen source and Python."""


def tidy(folder: Path) -> None:
    """Strip, merge and prune the libraries in ``folder``. Raises StanceError if binutils is not installed."""
    if shutil.which("strip") is None or shutil.which("readelf") is None:
        raise StanceError("strip is not installed: wanted the system package binutils.")
    strip(folder)
    merge(folder)
    prune(folder)


def strip(folder: Path) -> None:
    """Remove symbols for debuggers from the libraries.

    Not in folders named ``.libs``: auditwheel has moved parts of those files, and ``strip`` breaks them.
    """
    for path in libraries(folder):
        if not any(part.endswith(".libs") for part in path.parts):
            subprocess.run(["strip", "--strip-unneeded", str(path)], stderr=subprocess.DEVNULL, check=False)


def merge(folder: Path) -> None:
    """Replace libraries that several packages bring by links to the smallest copy.

    Auditwheel puts a part of the original file's checksum into the names in folders named ``.libs``, so that libraries
    of the same name are the same, however it has moved their parts.
    """
    copies = defaultdict(list)
    for path in libraries(folder):
        if path.parent.name.endswith(".libs") and path.parent.parent == folder:
            copies[path.name].append(path)
    for paths in copies.values():
        kept, *others = sorted(paths, key=lambda path: path.stat().st_size)
        for path in others:
            path.unlink()
            path.symlink_to(Path("..") / kept.relative_to(folder))


def prune(folder: Path) -> None:
    """Remove libraries of the system, which lie in ``folder`` itself, that nothing in it needs any more."""
    needed = {path: _needed(path) for path in libraries(folder)}
    own = [path for path in needed if path.parent == folder and path.name.startswith("lib")]
    system = [path for path in own if not path.name.startswith(BY_NAME)]
    while True:
        wanted = set().union(*needed.values())
        unwanted = [path for path in system if path in needed and path.name not in wanted]
        if not unwanted:
            return
        for path in unwanted:
            path.unlink()
            del needed[path]


def libraries(folder: Path) -> list[Path]:
    """The shared libraries below ``folder``, without links to them."""
    return [path for path in sorted(folder.rglob("*.so*")) if path.is_file() and not path.is_symlink()]


def _needed(library: Path) -> set[str]:
    """The names of the libraries that ``library`` is linked with."""
    done = subprocess.run(["readelf", "-d", str(library)], capture_output=True, text=True, check=False)
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", done.stdout))
