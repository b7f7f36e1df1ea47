"""Exports: which files, of which part, how far it is, and a way to call it off; the player stays usable."""

from __future__ import annotations

import time
from collections.abc import Callable
from os.path import exists, isdir
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.address import without_secrets
from app.window.background import Background
from app.window.banner import sentence_of
from app.window.picking import suggested_folder
from app.window.player import Player
from app.window.preferences import Preferences
from app.window.timeline import clock
from app.window.words import later, tr

if TYPE_CHECKING:
    from app.overlay import Look

FORMATS = (
    (later("Annotated video"), "{stem}.mp4", later("H.264 with the source's sound")),
    (later("JSON lines"), "{stem}.jsonl", later("Everything, a line a frame; Stance reads it back")),
    (later("Table"), "{stem}.csv", later("A row a person a frame, for spreadsheets")),
    (later("OpenSim markers"), "{stem}.trc", later("Keypoints over time, a file a person")),
    (later("OpenSim angles"), "{stem}.mot", later("Joint and segment angles in degrees, a file a person")),
    (later("COCO results"), "{stem}.json", later("As pycocotools reads them")),
    (later("OpenPose"), "{stem}-openpose/%012d_keypoints.json", later("A folder with a JSON file a frame")),
    (later("MMPose"), "{stem}.mmpose.json", later("As MMPose's own inferencer writes it")),
    (later("Pictures"), "{stem}-pictures/%06d.png", later("A folder with an annotated picture a frame")),
)
"""Title, file name, and what it is good for."""

ESTIMATE_AFTER_S = 1.0


class ExportDialog(QDialog):
    """Writes what ``player`` has open, drawn as ``look`` says; what was analysed already is not analysed again."""

    done_with = pyqtSignal(object)  # the paths that were written
    _told = pyqtSignal(int, object)

    def __init__(
        self,
        background: Background,
        player: Player,
        look: Callable[[], Look],
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export"))
        self.setMinimumWidth(520)
        self._background = background
        self._player = player
        self._look = look
        self._preferences = preferences
        self._cancelled = False
        self._running = False
        self._started_s = 0.0
        self._folder = preferences.recordings or suggested_folder(player.film)
        self.boxes: dict[str, QCheckBox] = {}
        self.name = QLineEdit(Path(without_secrets(player.text)).stem or "stance")
        self.place = QPushButton()
        self.place.setObjectName("place")
        self.part = QCheckBox()
        self.bar = QProgressBar()
        self.words = QLabel()
        self.start = QPushButton(tr("Export"))
        self.stop = QPushButton(tr("Close"))
        self._lay_out()
        self.start.clicked.connect(self.export)
        self.stop.clicked.connect(self._cancel_or_close)
        self.place.clicked.connect(self._pick_folder)
        self.name.textChanged.connect(lambda _: self._changed())
        self._told.connect(self._show_progress)
        self._show_folder()
        self._allow()

    def paths(self) -> list[Path]:
        """What is going to be written."""
        stem = self.name.text().strip() or "stance"
        return [self._folder / name.format(stem=stem) for _, name, _ in FORMATS if self.boxes[name].isChecked()]

    def taken(self) -> list[Path]:
        """Files and folders that are there already, and are not written over."""
        places = [path if path.parent == self._folder else path.parent for path in self.paths()]
        return [place for place in places if exists(place)]

    def export(self) -> None:
        """Write the chosen files, in a thread that may wait."""
        player, paths, look = self._player, self.paths(), self._look()
        pipeline, analysis, film, rotate = player.pipeline, player.analysis, player.film, player.rotate
        if not paths or self._running:
            return
        if pipeline is None:
            self.words.setText(tr("The models have not come yet."))
            return
        whole = not self.part.isChecked()
        bounds = (0.0, None) if whole else (player.playback.start_s, player.playback.end_s)
        self._running, self._cancelled, self._started_s = True, False, time.monotonic()
        self._allow()
        self.words.setText(tr("Beginning"))

        def work() -> list[Path]:
            from app.engine.export import Span, export

            folders = {path.parent for path in paths if not isdir(path.parent)}
            for folder in folders:
                folder.mkdir()
            written = export(
                film,
                paths,
                pipeline,
                look,
                Span(*bounds),
                rotate=rotate,
                analysis=analysis,
                progress=self._told.emit,
                cancelled=lambda: self._cancelled or self._background.closing.is_set(),
            )
            for folder in folders if not written else ():
                folder.rmdir()
            return written

        self._background.run("export", work, self._written, self._failed)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Whoever closes the dialogue does not want the files any more."""
        self._cancelled = True
        super().closeEvent(event)

    # Putting it together.

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 18, 22, 16)
        column.setSpacing(10)
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, (title, name, good_for) in enumerate(FORMATS):
            box = QCheckBox(tr(title))
            box.setChecked(row < 2)
            box.setAccessibleDescription(tr(good_for))
            box.toggled.connect(lambda _: self._changed())
            hint = QLabel(tr(good_for))
            hint.setObjectName("faint")
            grid.addWidget(box, row, 0)
            grid.addWidget(hint, row, 1)
            self.boxes[name] = box
        column.addLayout(grid)
        column.addSpacing(4)
        self.name.setAccessibleName(tr("Name of the files"))
        self.place.setAutoDefault(False)
        where = QHBoxLayout()
        where.addWidget(self.name, 1)
        where.addWidget(QLabel(tr("in")))
        where.addWidget(self.place, 1)
        column.addLayout(where)
        playback = self._player.playback
        self.part.setText(
            tr("Only between the points: {start} to {end}", start=clock(playback.start_s), end=self._end())
        )
        self.part.setChecked(playback.marked)
        self.part.setVisible(playback.marked)
        column.addWidget(self.part)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(tr("Progress"))
        column.addWidget(self.bar)
        self.words.setObjectName("faint")
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        foot = QHBoxLayout()
        foot.addWidget(self.words, 1)
        self.start.setObjectName("primary")
        self.start.setDefault(True)
        for button in (self.stop, self.start):
            foot.addWidget(button)
        column.addLayout(foot)

    def _end(self) -> str:
        source, out_s = self._player.source, self._player.playback.out_s
        return clock(out_s if out_s is not None else (source.duration_s or 0.0) if source is not None else 0.0)

    def _show_folder(self) -> None:
        self.place.setText(self._folder.name or str(self._folder))
        self.place.setToolTip(str(self._folder))
        self.place.setAccessibleName(tr("Folder: {folder}", folder=self._folder))

    def _pick_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Export to"), str(self._folder))
        if folder:
            self._folder = Path(folder)
            self._show_folder()
            self._changed()

    # How far it is.

    def _changed(self) -> None:
        """Something else is wanted: what was said of the last export is over."""
        self.words.setText("")
        self._allow()

    def _allow(self) -> None:
        taken = self.taken()
        self.start.setEnabled(bool(self.paths()) and not self._running and not taken)
        if taken and not self.words.text():
            self.words.setText(tr("{name} is there already: choose another name.", name=taken[0].name))
        self.stop.setText(tr("Cancel") if self._running else tr("Close"))
        self.bar.setVisible(self._running)
        for control in (*self.boxes.values(), self.name, self.place, self.part):
            control.setEnabled(not self._running)

    def _cancel_or_close(self) -> None:
        if self._running:
            self._cancelled = True
            self.words.setText(tr("Stopping"))
        else:
            self.close()

    def _show_progress(self, done: int, total: int | None) -> None:
        if not self._running or self._cancelled:
            return
        self.bar.setRange(0, total or 0)
        self.bar.setValue(done)
        elapsed_s = time.monotonic() - self._started_s
        if done and total and elapsed_s > ESTIMATE_AFTER_S:
            left = clock(elapsed_s / done * max(total - done, 0)).partition(".")[0]
            self.words.setText(tr("Frame {done} of {total}, {left} to go", done=done, total=total, left=left))
        else:
            self.words.setText(tr("Frame {done}", done=done))

    def _written(self, paths: list[Path]) -> None:
        self._running = False
        if self._cancelled:
            self.words.setText(tr("Called off; nothing was written."))
        else:
            self.words.setText(tr("Saved {names}.", names=", ".join(dict.fromkeys(_shown(path) for path in paths))))
        self._allow()
        self.done_with.emit(paths)

    def _failed(self, error: Exception) -> None:
        self._running = False
        self.words.setText(sentence_of(error))
        self._allow()


def _shown(path: Path) -> str:
    """A file by its name, one of many in a folder by the folder's."""
    return path.parent.name if path.stem.isdecimal() or path.stem.endswith("_keypoints") else path.name
