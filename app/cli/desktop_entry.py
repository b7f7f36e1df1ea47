"""Adds Stance to the menu of a Linux desktop: entry, icon, file types and AppStream metadata, for this user.

The folders are those of the XDG base directory specification.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from app.core.assets import asset
from app.core.errors import StanceError
from app.core.message import foreign

PLACES = {
    "desktop/stance.desktop": "applications/stance.desktop",
    "desktop/stance-mime.xml": "mime/packages/stance.xml",
    "desktop/org.stance_pose.stance.metainfo.xml": "metainfo/org.stance_pose.stance.metainfo.xml",
    "icons/stance.svg": "icons/hicolor/scalable/apps/stance.svg",
}
"""The place below the user's data folder of each asset."""
UPDATES = (("update-mime-database", "mime"), ("update-desktop-database", "applications"))
"""Programs of the desktop that read the new files, each with its folder; where one is missing, the next login does."""
RESERVED = frozenset(" \t\n\"'\\><~|&;$*?#()`")
"""Characters for which an argument of ``Exec`` must be quoted, by the desktop entry specification."""


def install_desktop() -> list[Path]:
    """Write the files for this user and return them. Raises StanceError on other systems, and if they cannot be."""
    if not sys.platform.startswith("linux"):
        raise StanceError("--install-desktop is for Linux desktops: wanted a shortcut to the program, made by hand.")
    share = data_home()
    written = [_write(asset(source), share / place) for source, place in PLACES.items()]
    for program, folder in UPDATES:
        if (found := shutil.which(program)) is not None:
            with suppress(OSError):
                subprocess.run([found, str(share / folder)], capture_output=True, check=False)
    return written


def data_home() -> Path:
    """The folder of the user's data."""
    chosen = os.environ.get("XDG_DATA_HOME", "")
    return Path(chosen) if Path(chosen).is_absolute() else Path.home() / ".local" / "share"


def program() -> list[str]:
    """The command that starts this Stance: the program of a bundle, the installed command, or ``main.py``."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    beside = Path(sys.executable).parent / "stance"
    main = Path(__file__).resolve().parent.parent.parent / "main.py"
    if main.is_file():
        return [sys.executable, str(main)]
    if beside.is_file():
        return [str(beside)]
    return [shutil.which("stance") or "stance"]


def _write(source: Path, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        if target.suffix == ".desktop":
            text = text.replace("Exec=stance ", f"Exec={' '.join(map(quoted, program()))} ")
        part = target.with_name(f".{target.name}.part")
        part.write_text(text, encoding="utf-8")
        os.replace(part, target)
    except OSError as error:
        raise StanceError(
            "{file} cannot be written: {reason}.", file=target, reason=foreign(error.strerror or error)
        ) from None
    return target


def quoted(argument: str) -> str:
    """``argument`` as the key ``Exec`` of a desktop entry wants it."""
    argument = argument.replace("%", "%%")
    if not set(argument) & RESERVED:
        return argument
    for character in '\\"`$':
        argument = argument.replace(character, f"\\{character}")
    return f'"{argument}"'.replace("\\", "\\\\")
