"""The networks that there are: got, converted, measured, used and removed in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QItemSelectionModel, QModelIndex, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.errors import StanceError
from app.settings import Settings
from app.window.background import Answer, Background
from app.window.banner import sentence_of
from app.window.fetching import located_network
from app.window.foot import Foot
from app.window.measuring import measured
from app.window.model_choice import accuracy
from app.window.models_table import LICENCE, NAME, STATE, ModelsTable, Sieve
from app.window.picking import pick_network
from app.window.preferences import Preferences, Speed, own_network
from app.window.sentences import told
from app.window.words import tr
from app.zoo import cache
from app.zoo.catalogue import Entry
from app.zoo.importing import EXPORTER
from app.zoo.states import State, fetchable

SIZE = (920, 560)
ROW = 28


class ModelsDialog(QDialog):
    """A table of the networks and what can be done with the chosen one; it does one thing at a time.

    ``chosen`` gets the kind (pose, detector) and name of the network to use, ``importing`` a file of a person's own.
    ``exporter`` is what converts checkpoints.
    """

    chosen = pyqtSignal(str, str)
    importing = pyqtSignal(str)
    _told = pyqtSignal(int, str)

    def __init__(
        self, background: Background, preferences: Preferences, settings: Settings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Models"))
        self.resize(*SIZE)
        self.exporter: Sequence[str] = EXPORTER
        self._background = background
        self._preferences = preferences
        self._settings = settings
        self._count = 0
        self._busy = False
        self.words = QLineEdit()
        self.words.setPlaceholderText(tr("Find a model"))
        self.words.setAccessibleName(tr("Find a model"))
        self.words.setClearButtonEnabled(True)
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("Kind"))
        for title, value in ((tr("All models"), ""), (tr("Pose"), "pose"), (tr("Detectors"), "detector")):
            self.kind.addItem(title, value)
        self.models = ModelsTable(preferences, self)
        self.sieve = Sieve(self.models, self)
        self.table = _table(self.sieve)
        self._detail = QLabel()
        self._detail.setObjectName("faint")
        self._detail.setWordWrap(True)
        self._detail.setTextFormat(Qt.TextFormat.PlainText)
        self._detail.setMinimumHeight(2 * self._detail.fontMetrics().lineSpacing())
        self._detail.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.get = _button(tr("Fetch"), self._get)
        self.measure = _button(tr("Measure"), self._measure)
        self.measure.setToolTip(tr("Run it for two seconds and see how long it takes"))
        self.remove = _button(tr("Remove"), self._ask_to_remove)
        self.bring = _button(tr("Import…"), self._import)
        self.use = _button(tr("Use"), self._use)
        self.use.setObjectName("primary")
        self.use.setDefault(True)
        self.foot = Foot()
        self._lay_out()
        self.words.textChanged.connect(lambda _: self._sift())
        self.kind.activated.connect(lambda _: self._sift())
        self.table.doubleClicked.connect(lambda _: self._use())
        if (selection := self.table.selectionModel()) is not None:
            selection.currentRowChanged.connect(lambda *_: self._chose())
        self._told.connect(self._tell)
        self.show_used(settings)
        self.choose(settings.pose)

    def show_used(self, settings: Settings) -> None:
        """Other ``settings`` are in force, or files have come and gone."""
        self._settings = settings
        entry = self.entry
        self.models.refresh({settings.pose, settings.detector})
        if entry is not None and self.entry is None:
            self.choose(entry.name)
        self._allow()

    def choose(self, name: str) -> None:
        """Go to the row of network ``name``, if it is shown."""
        name = own_network(name) or name
        for row in range(self.sieve.rowCount()):
            index = self.sieve.index(row, NAME)
            if self._entry_at(index).name == name:
                if (selection := self.table.selectionModel()) is not None:
                    flags = QItemSelectionModel.SelectionFlag
                    selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
                self.table.scrollTo(index)

    # Putting it together.

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.words, 1)
        top.addWidget(self.kind)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        for button in (self.get, self.measure, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.bring, self.use):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addWidget(self._detail)
        column.addLayout(buttons)
        column.addWidget(self.foot)

    @property
    def _row(self) -> int | None:
        """The chosen row of the table of all networks."""
        index: QModelIndex = self.sieve.mapToSource(self.table.currentIndex())
        return index.row() if index.isValid() else None

    def _entry_at(self, index: QModelIndex) -> Entry:
        return self.models.entries[self.sieve.mapToSource(index).row()]

    @property
    def entry(self) -> Entry | None:
        """The network that is chosen."""
        return None if self._row is None else self.models.entries[self._row]

    def _sift(self) -> None:
        entry = self.entry
        self.sieve.look_for(self.kind.currentData(), self.words.text())
        if entry is not None:
            self.choose(entry.name)
        if not self.table.currentIndex().isValid() and self.sieve.rowCount():
            self.choose(self._entry_at(self.sieve.index(0, NAME)).name)
        self._allow()

    def _chose(self) -> None:
        if not self._busy:
            self.foot.say("")
        self._allow()

    def _allow(self) -> None:
        """Offer what makes sense for the chosen network now."""
        row, entry = self._row, self.entry
        state: State | None = None if row is None else self.models.states[row]
        free = entry is not None and not self._busy
        self.get.setText(_getting(entry, state) if entry is not None and state is not None else tr("Fetch"))
        self.get.setAccessibleName(self.get.text())
        self.get.setEnabled(free and state != "ready")
        self.measure.setEnabled(free and state == "ready")
        self.remove.setEnabled(free and state in ("ready", "unconverted"))
        self.use.setEnabled(free and state == "ready" and row is not None and not self.models.uses(row))
        self._detail.setText("" if entry is None else "\n".join(filter(None, (told(entry.title), accuracy(entry)))))

    # What can be done.

    def _use(self) -> None:
        if self.entry is not None and self.use.isEnabled():
            self.chosen.emit(self.entry.kind, self.entry.name)

    def _import(self) -> None:
        if file := pick_network(self, tr("Import network")):
            self.importing.emit(file)

    def _get(self) -> None:
        """Fetch the chosen network, or convert it, or ask for the file where only a person can fetch it."""
        entry = self.entry
        if entry is None:
            return
        checkpoint: Path | None = None
        if cache.find(entry) is None and not fetchable(entry):
            title = tr("The file of {name}", name=entry.name)
            file = pick_network(self, title, ready=entry.form == "onnx", checkpoints=entry.form == "checkpoint")
            if not file:
                return
            if entry.form == "onnx":
                self.importing.emit(file)
                return
            checkpoint = Path(file)
        name, exporter = entry.name, self.exporter

        def work(tell: Callable[[str], None], stale: Callable[[], bool]) -> Path:
            return located_network(name, checkpoint, tell, stale, exporter)

        def done(_: Path) -> None:
            self.foot.say(tr("{name} is ready.", name=name))

        self._do(_doing(entry), work, done)

    def _measure(self) -> None:
        entry = self.entry
        if entry is None or entry.kind == "clip":
            return
        name, kind, device, exporter = entry.name, entry.kind, self._settings.device, self.exporter

        def work(tell: Callable[[str], None], stale: Callable[[], bool]) -> Speed:
            return measured(kind, located_network(name, None, tell, stale, exporter), device, stale)

        def done(speed: Speed) -> None:
            self._preferences.keep_speed(name, speed)
            values = {"name": Path(name).name, "ms": f"{speed.ms:.1f}", "device": speed.device.upper()}
            if kind == "pose":
                self.foot.say(tr("{name} takes {ms} ms a person on {device}.", **values))
            else:
                self.foot.say(tr("{name} takes {ms} ms a picture on {device}.", **values))

        self._do(tr("Measuring {name}", name=Path(name).name), work, done)

    def _ask_to_remove(self) -> None:
        row, entry = self._row, self.entry
        if row is None or entry is None:
            return
        if self.models.uses(row):
            self.foot.say(tr("{name} is in use: choose another model first.", name=Path(entry.name).name))
            return
        if own_network(entry.name) and not _made_here(Path(entry.name)):
            self._preferences.remove_network(entry.name)
            self.foot.say(tr("{name} is off the list; its file stays where it is.", name=entry.file))
            self.show_used(self._settings)
            return
        sentence = tr("{name} is deleted from the disk; it can be fetched again.", name=entry.name)
        if own_network(entry.name):
            sentence = tr("{name} is deleted from the disk; what it was made of stays.", name=entry.file)
        elif not fetchable(entry):
            sentence = tr("{name} is deleted from the disk; only a person can fetch it again.", name=entry.name)
        self.foot.ask(sentence, tr("Delete"), partial(self._remove, entry))

    def _remove(self, entry: Entry) -> None:
        try:
            freed = self._freed(entry)
        except StanceError as error:
            self.foot.say(sentence_of(error))
        else:
            self.foot.say(
                tr("{name} is gone: {size} MB are free again.", name=Path(entry.name).name, size=f"{freed / 1e6:.0f}")
            )
        self.show_used(self._settings)

    def _freed(self, entry: Entry) -> int:
        """Delete what is kept of ``entry``; gives the bytes that are free again."""
        if not own_network(entry.name):
            return cache.remove(entry)
        path = Path(entry.name)
        with cache.using():
            freed = path.stat().st_size
            path.unlink()
        self._preferences.remove_network(entry.name)
        return freed

    # One thing at a time, elsewhere.

    def _do(
        self,
        doing: str,
        work: Callable[[Callable[[str], None], Callable[[], bool]], Answer],
        done: Callable[[Answer], None],
    ) -> None:
        """Do ``work``, which is given a way to tell how far it is and one to ask whether it is still wanted."""
        self._count += 1
        count = self._count

        def stale() -> bool:
            return count != self._count or self._background.closing.is_set()

        def finished(answer: Answer) -> None:
            if count == self._count:
                self._end()
                done(answer)

        def failed(error: Exception) -> None:
            if count == self._count:
                self._end()
                self.foot.say(sentence_of(error))

        self._busy = True
        self._allow()
        self._tell(count, doing)
        tell = partial(self._told.emit, count)
        self._background.run("model", partial(work, tell, stale), finished, failed)

    def cancel(self) -> None:
        """Leave it."""
        self._count += 1
        self._end()
        self.foot.say("")

    def _end(self) -> None:
        self._busy = False
        self.show_used(self._settings)

    def _tell(self, count: int, text: str) -> None:
        """What a thread says counts only as long as it is wanted."""
        if count == self._count and self._busy:
            self.foot.show_doing(text, self.cancel)


def _table(sieve: Sieve) -> QTableView:
    table = QTableView()
    table.setModel(sieve)
    table.setAccessibleName(tr("Models"))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setSortingEnabled(True)
    sieve.sort(STATE)
    if (rows := table.verticalHeader()) is not None:
        rows.hide()
        rows.setDefaultSectionSize(ROW)
    if (header := table.horizontalHeader()) is not None:
        header.setHighlightSections(False)
        header.setSortIndicator(STATE, Qt.SortOrder.AscendingOrder)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(LICENCE, QHeaderView.ResizeMode.ResizeToContents)
    return table


def _button(title: str, deed: Callable[[], object]) -> QPushButton:
    button = QPushButton(title)
    button.setAccessibleName(title)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _: deed())
    return button


def _made_here(path: Path) -> bool:
    """Whether a person's own network is one that Stance made of a checkpoint."""
    return path.parent == cache.home() / "imported"


def _getting(entry: Entry, state: State) -> str:
    """What has to be done so that it runs."""
    if state == "by-hand":
        return tr("I have the file…")
    if state == "unconverted":
        return tr("Convert")
    return tr("Fetch and convert") if entry.form == "checkpoint" else tr("Fetch")


def _doing(entry: Entry) -> str:
    if entry.form == "checkpoint":
        return tr("Converting {name}", name=entry.name)
    return tr("Fetching {name}", name=entry.name)
