"""What a person picks by hand: files to open, folders, networks, drops, and where to record to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from os.path import isdir
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QStandardPaths
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QFileDialog, QWidget

from app.address import path_of
from app.window.words import later, tr
from app.zoo.cache import zoo_folder
from app.zoo.importing import CHECKPOINT_ENDINGS, is_checkpoint

if TYPE_CHECKING:
    from app.sources import Source

VIDEO_ENDINGS = ".mp4 .mov .mkv .avi .webm .m4v .mpg .mpeg .wmv .ts"
VIDEO = later("Video, with the people as data beside it (*.mp4 *.mkv)")
DATA = later("People as data (*.jsonl *.csv *.json)")
PICTURE = later("Picture (*.png *.jpg)")
PICTURES = later("Pictures, with %04d in their name (*.png *.jpg)")


def pick_file(parent: QWidget) -> str:
    """A video or picture to open; empty where none was picked."""
    from app.sources import PICTURE_ENDINGS

    endings = " ".join(f"*{ending}" for ending in [*VIDEO_ENDINGS.split(), *sorted(PICTURE_ENDINGS)])
    kinds = f"{tr('Videos and pictures')} ({endings});;{tr('All files')} (*)"
    return QFileDialog.getOpenFileName(parent, tr("Open"), "", kinds)[0]


def pick_folder(parent: QWidget) -> str:
    """A folder of pictures to open; empty where none was picked."""
    return QFileDialog.getExistingDirectory(parent, tr("Open a folder of pictures"))


def pick_network(parent: QWidget, title: str, *, checkpoints: bool = True, ready: bool = True) -> str:
    """A file of weights, an ONNX one that is ``ready`` or one of the ``checkpoints``; empty where none was picked."""
    endings = [*([".onnx"] if ready else []), *(CHECKPOINT_ENDINGS if checkpoints else ())]
    kinds = f"{tr('Networks')} ({' '.join(f'*{ending}' for ending in endings)})"
    return QFileDialog.getOpenFileName(parent, title, "", f"{kinds};;{tr('All files')} (*)" if checkpoints else kinds)[
        0
    ]


def is_network(name: str) -> bool:
    """Whether a file of that name is imported rather than played."""
    return name.lower().endswith(".onnx") or is_checkpoint(name)


def pick_recording(parent: QWidget, source: Source, title: str, folder: Path | None) -> Path | None:
    """Where to record ``source`` to; ``folder`` is where the last recording went."""
    if not source.still:
        ending, kinds = ".mp4", (VIDEO, DATA)
    elif source.frames == 1:
        ending, kinds = ".png", (PICTURE, DATA)
    else:
        ending, kinds = ".jsonl", (DATA, PICTURES)
    return _pick_place(parent, tr("Record to"), _suggested(title, ending, folder), kinds)


def pick_picture(parent: QWidget, title: str, folder: Path | None) -> Path | None:
    """Where to save the shown picture to."""
    return _pick_place(parent, tr("Save this picture"), _suggested(title, ".png", folder), (PICTURE,))


def pick_data(parent: QWidget) -> str:
    """Recorded people to lay over their video; empty where none were picked."""
    return QFileDialog.getOpenFileName(parent, tr("Open recorded people"), "", f"{tr('Recorded people')} (*.jsonl)")[0]


def suggested_folder(film: str) -> Path:
    """Where what is made of ``film`` goes at first: beside it, unless it is Stance's own."""
    folder = path_of(film).absolute().parent
    return films() if folder == zoo_folder() or not isdir(folder) else folder


def dropped(event: QDropEvent) -> str:
    """The first file, folder or address of what is dropped; empty where there is none."""
    data = event.mimeData()
    urls = data.urls() if data is not None else []
    if not urls:
        return ""
    return urls[0].toLocalFile() if urls[0].isLocalFile() else urls[0].toString()


def _pick_place(parent: QWidget, title: str, suggested: Path, kinds: Sequence[str]) -> Path | None:
    """A file to write to, of the suggested ending where none was given."""
    file, _ = QFileDialog.getSaveFileName(parent, title, str(suggested), ";;".join(tr(kind) for kind in kinds))
    if not file:
        return None
    return Path(file) if Path(file).suffix else Path(file).with_suffix(suggested.suffix)


def _suggested(title: str, ending: str, folder: Path | None) -> Path:
    """A name for a recording that says of what and when."""
    stem = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in Path(title).stem) or "stance"
    return (folder or films()) / f"{stem}-{datetime.now():%Y%m%d-%H%M%S}{ending}"


def films() -> Path:
    """Where the platform keeps films, if it does."""
    place = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation))
    return place if isdir(place) else Path.home()
