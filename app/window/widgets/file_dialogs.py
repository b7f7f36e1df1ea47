"""File dialogs and drops: files to open, folders, networks, and where to record."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from os.path import isdir
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QStandardPaths
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QFileDialog, QWidget

from app.core.address import path_of
from app.window.i18n.tr import later, tr
from app.zoo.cache import zoo_folder
from app.zoo.conversion import CHECKPOINT_ENDINGS, is_checkpoint

if TYPE_CHECKING:
    from app.sources import Source

VIDEO_ENDINGS = ".mp4 .mov .mkv .avi .webm .m4v .mpg .mpeg .wmv .ts"
VIDEO = later("Video, with a pose data file beside it (*.mp4 *.mkv)")
DATA = later("Pose data (*.jsonl *.csv *.json)")
PROJECT = later("Stance project (*.stance)")
PICTURE = later("Image (*.png *.jpg)")
PICTURES = later("Image sequence, with %04d in the name (*.png *.jpg)")


def pick_file(parent: QWidget, folder: Path | None) -> str:
    """Ask for a video or picture to open; empty if cancelled. The dialog starts in ``folder``."""
    from app.sources import PICTURE_ENDINGS

    endings = " ".join(f"*{ending}" for ending in [*VIDEO_ENDINGS.split(), *sorted(PICTURE_ENDINGS)])
    name_filter = f"{tr('Videos and images')} ({endings});;{tr('All files')} (*)"
    return QFileDialog.getOpenFileName(parent, tr("Open"), str(folder or films()), name_filter)[0]


def pick_folder(parent: QWidget, folder: Path | None) -> str:
    """Ask for a folder of pictures to open; empty if cancelled. The dialog starts in ``folder``."""
    return QFileDialog.getExistingDirectory(parent, tr("Open image folder"), str(folder or films()))


def pick_network(
    parent: QWidget, title: str, folder: Path | None, *, checkpoints: bool = True, ready: bool = True
) -> str:
    """Ask for an ONNX file (if ``ready``) or a checkpoint (if ``checkpoints``); empty if cancelled.

    The dialog starts in ``folder``.
    """
    endings = [*([".onnx"] if ready else []), *(CHECKPOINT_ENDINGS if checkpoints else ())]
    name_filter = f"{tr('Model files')} ({' '.join(f'*{ending}' for ending in endings)})"
    name_filter = f"{name_filter};;{tr('All files')} (*)" if checkpoints else name_filter
    return QFileDialog.getOpenFileName(parent, title, str(folder or downloads()), name_filter)[0]


def is_network(name: str) -> bool:
    """Whether a file of that name is imported rather than played."""
    return name.lower().endswith(".onnx") or is_checkpoint(name)


def pick_recording(parent: QWidget, source: Source, title: str, folder: Path | None) -> Path | None:
    """Ask where to record ``source``; None if cancelled. ``folder`` is that of the last recording."""
    if not source.still:
        return pick_name(parent, tr("Record to"), proposed_recording(title, folder))
    if source.frames == 1:
        ending, name_filter = ".png", (PICTURE, DATA)
    else:
        ending, name_filter = ".jsonl", (DATA, PICTURES)
    return _ask_save_path(parent, tr("Record to"), _suggested_path(title, ending, folder), name_filter)


def proposed_recording(title: str, folder: Path | None, stem: str = "") -> Path:
    """Path for a recording: a free name in ``folder``, or in ``films()`` if that is not writable.

    It is ``stem`` if there is one, else made from ``title`` and the time.
    """
    writable = folder if folder is not None and isdir(folder) and os.access(folder, os.W_OK) else None
    suggested = (writable or films()) / f"{stem}.mp4" if stem else _suggested_path(title, ".mp4", writable)
    free, number = suggested, 2
    while free.exists():
        free = suggested.with_stem(f"{suggested.stem}-{number}")
        number += 1
    return free


def pick_name(parent: QWidget, title: str, proposed: Path) -> Path | None:
    """Ask for the name of a recording; None if cancelled."""
    return _ask_save_path(parent, title, proposed, (VIDEO, DATA))


def pick_picture(parent: QWidget, title: str, folder: Path | None) -> Path | None:
    """Ask where to save the shown picture; None if cancelled."""
    return _ask_save_path(parent, tr("Save image"), _suggested_path(title, ".png", folder), (PICTURE,))


def pick_data(parent: QWidget, folder: Path | None) -> str:
    """Ask for recorded people to open with their video; empty if cancelled. The dialog starts in ``folder``."""
    name_filter = f"{tr('Pose data')} (*.jsonl)"
    return QFileDialog.getOpenFileName(parent, tr("Open pose data"), str(folder or films()), name_filter)[0]


def suggested_folder(film: str) -> Path:
    """Default folder for files made from ``film``: its own folder, unless that is Stance's."""
    folder = path_of(film).absolute().parent
    return films() if folder == zoo_folder() or not isdir(folder) else folder


def pick_project(parent: QWidget, folder: Path | None) -> str:
    """Ask for a project to open; empty if cancelled. The dialog starts in ``folder``."""
    return QFileDialog.getOpenFileName(parent, tr("Open project"), str(folder or films()), tr(PROJECT))[0]


def pick_project_name(parent: QWidget, film: str) -> Path | None:
    """Ask where to save the project of ``film``; None if cancelled. Proposed is its own name, beside it."""
    suggested = suggested_folder(film) / f"{path_of(film).stem}.stance"
    return _ask_save_path(parent, tr("Save project as"), suggested, (PROJECT,))


def dropped(event: QDropEvent) -> str:
    """The first file, folder or address of a drop; empty if there is none."""
    data = event.mimeData()
    urls = data.urls() if data is not None else []
    if not urls:
        return ""
    return urls[0].toLocalFile() if urls[0].isLocalFile() else urls[0].toString()


def all_dropped(event: QDropEvent) -> list[Path]:
    """All files and folders of a drop that are on this machine."""
    data = event.mimeData()
    return [Path(url.toLocalFile()) for url in (data.urls() if data is not None else []) if url.isLocalFile()]


def pick_clips(parent: QWidget, folder: Path | None) -> list[Path]:
    """Ask for several videos; empty if cancelled. The dialog starts in ``folder``."""
    endings = " ".join(f"*{ending}" for ending in VIDEO_ENDINGS.split())
    name_filter = f"{tr('Videos')} ({endings});;{tr('All files')} (*)"
    files, _ = QFileDialog.getOpenFileNames(parent, tr("Analyse many clips"), str(folder or films()), name_filter)
    return [Path(file) for file in files]


def pick_clip_folder(parent: QWidget, folder: Path | None) -> Path | None:
    """Ask for a folder of videos; None if cancelled. The dialog starts in ``folder``."""
    chosen = QFileDialog.getExistingDirectory(parent, tr("Analyse a folder"), str(folder or films()))
    return Path(chosen) if chosen else None


def _ask_save_path(parent: QWidget, title: str, suggested: Path, name_filter: Sequence[str]) -> Path | None:
    """Ask for a file to write, with the suggested suffix if none is given; None if cancelled."""
    file, _ = QFileDialog.getSaveFileName(parent, title, str(suggested), ";;".join(tr(kind) for kind in name_filter))
    if not file:
        return None
    return Path(file) if Path(file).suffix else Path(file).with_suffix(suggested.suffix)


def _suggested_path(title: str, ending: str, folder: Path | None) -> Path:
    """A file name of ``title`` and the current time."""
    return (folder or films()) / f"{short_stem(title)}-{datetime.now():%Y%m%d-%H%M%S}{ending}"


def short_stem(title: str) -> str:
    """``title`` without its ending, and without signs that a file name may not have."""
    return "".join(char if char.isalnum() or char in "-_" else "-" for char in Path(title).stem) or "stance"


def films() -> Path:
    """The platform's folder for videos, else the home folder."""
    return _standard_folder(QStandardPaths.StandardLocation.MoviesLocation)


def downloads() -> Path:
    """The platform's folder for downloads, else the home folder."""
    return _standard_folder(QStandardPaths.StandardLocation.DownloadLocation)


def _standard_folder(kind: QStandardPaths.StandardLocation) -> Path:
    folder = Path(QStandardPaths.writableLocation(kind))
    return folder if isdir(folder) else Path.home()
