"""The files that ship with Stance: catalogue, skeletons, icons, translations."""

from __future__ import annotations

from pathlib import Path

APP = Path(__file__).resolve().parent.parent


def asset(name: str) -> Path:
    """The file or folder ``name`` of the assets.

    In a clone these lie beside the packages, in an installed wheel inside ``app``, so that no other package's folder
    of that name can be taken for them.
    """
    installed = APP / "assets"
    return (installed if installed.is_dir() else APP.parent / "assets") / name
