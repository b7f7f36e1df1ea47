"""Free names for new files, saving images, and opening their folder."""

from __future__ import annotations

from collections.abc import Sequence
from glob import escape
from os.path import exists
from pathlib import Path

from PyQt6.QtCore import QIODevice, QSaveFile, QUrl
from PyQt6.QtGui import QDesktopServices, QImage

PER_PERSON = (".kinovea.trc", ".trc", ".mot", ".bvh")
"""Formats with one file per person, NAME_personID.ENDING or NAME.PERSON.ENDING, if there are several people."""


def free_stem(folder: Path, stem: str, templates: Sequence[str]) -> str:
    """``stem``, else ``stem-2``, ``stem-3`` and so on: the first with which no file in ``folder`` is overwritten.

    ``templates`` are file names that contain ``{stem}``; they may be in a subfolder.
    """
    wanted, number = stem, 2
    while existing_files(folder, wanted, templates):
        wanted = f"{stem}-{number}"
        number += 1
    return wanted


def existing_files(folder: Path, stem: str, templates: Sequence[str]) -> list[Path]:
    """Existing files and folders that would be overwritten or written into."""
    existing = []
    for template in templates:
        name = template.format(stem=stem)
        path = folder / Path(name).parts[0]
        if exists(path):
            existing.append(path)
        else:
            existing += _files_of_people(path)[:1]
    return existing


def _files_of_people(path: Path) -> list[Path]:
    """The files of single people that belong to the output ``path``; empty for other formats."""
    ending = next((ending for ending in PER_PERSON if path.name.endswith(ending)), "")
    if not ending:
        return []
    stem = escape(path.name.removesuffix(ending))
    found = [*path.parent.glob(f"{stem}_person[0-9]*{ending}"), *path.parent.glob(f"{stem}.?*{ending}")]
    longer = [other for other in PER_PERSON if other != ending and other.endswith(ending)]
    return sorted(one for one in found if not any(one.name.endswith(other) for other in longer))


def save_image(image: QImage, path: Path) -> bool:
    """Write ``image`` to ``path`` in the format of its extension; if that fails, no part of it is left."""
    file = QSaveFile(str(path))
    return (
        file.open(QIODevice.OpenModeFlag.WriteOnly)
        and image.save(file, path.suffix.lstrip(".").upper() or "PNG")
        and file.commit()
    )


def show_in_folder(path: Path) -> None:
    """Open the folder of ``path`` in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
