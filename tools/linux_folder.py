"""Makes the libraries in a Linux bundle smaller, after PyInstaller has collected them."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from pathlib import Path

from tools.binutils import needed

BY_NAME = ("libpython", "libX", "libxcb", "libssl", "libcrypto")
"""Beginnings of the names of libraries that are opened by name: by PyInstaller, the screen source and Python."""
FROM_SYSTEM = (
    "libX11", "libxcb", "libxcb-cursor", "libxcb-icccm", "libxcb-image", "libxcb-keysyms", "libxcb-render-util",
    "libxcb-shape", "libxkbcommon", "libxkbcommon-x11", "libfontconfig", "libfreetype", "libglib-2.0", "libgthread-2.0",
    "libdbus-1", "libsystemd",
)  # fmt: skip
"""Libraries of the system packages that the README lists, or of packages that these need.

OpenGL of the system uses some of them too, and works best with its own.
"""


def tidy(folder: Path) -> None:
    """Strip, merge and prune the libraries in ``folder``."""
    leave_to_system(folder)
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


def leave_to_system(folder: Path) -> None:
    """Remove the libraries that every system has on which Stance runs."""
    for path in folder.glob("lib*.so*"):
        if path.name.partition(".so")[0] in FROM_SYSTEM:
            path.unlink()


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
    """Remove libraries of the system, which lie in ``folder`` itself, that nothing in it needs any more.

    Links there to libraries that are gone go too.
    """
    for link in folder.iterdir():
        if link.is_symlink() and not link.exists():
            link.unlink()
    links = {path: needed(path) for path in libraries(folder)}
    own = [path for path in links if path.parent == folder and path.name.startswith("lib")]
    system = [path for path in own if not path.name.startswith(BY_NAME)]
    while True:
        wanted = set().union(*links.values())
        unwanted = [path for path in system if path in links and path.name not in wanted]
        if not unwanted:
            return
        for path in unwanted:
            path.unlink()
            del links[path]


def libraries(folder: Path) -> list[Path]:
    """The shared libraries below ``folder``, without links to them."""
    return [path for path in sorted(folder.rglob("*.so*")) if path.is_file() and not path.is_symlink()]
