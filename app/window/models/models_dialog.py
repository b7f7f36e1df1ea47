"""Dialog of all models: download, convert, measure, use and remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.core.errors import StanceError
from app.core.settings import Settings
from app.window.core.model_files import locate_network
from app.window.core.preferences import Preferences, Speed, own_network
from app.window.core.tasks import Output, Task, TaskRunner
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.models.benchmark import measure_model
from app.window.models.models_list import ModelsList
from app.window.panels.model_choice import accuracy
from app.window.panels.model_facts import part_sentence, time_text
from app.window.widgets.dialog_footer import DialogFooter
from app.window.widgets.file_dialogs import pick_network
from app.window.widgets.notification import sentence_of
from app.zoo import cache
from app.zoo.availability import State, fetchable
from app.zoo.catalogue import Entry
from app.zoo.conversion import EXPORTER
from app.zoo.part_files import HAND_LANDMARKS, part_files

SIZE = (940, 580)
DETAIL_LINES = 4
"""Lines of text about the selected model."""


class ModelsDialog(QDialog):
    """The models, and actions on the selected one; one task at a time.

    ``chosen`` gives the kind (pose, detector, part) and name of the model to use, ``importing`` a file to import;
    ``measured``: another time of a model is known. ``exporter`` is the command that converts checkpoints.
    """

    chosen = pyqtSignal(str, str)
    importing = pyqtSignal(str)
    measured = pyqtSignal()

    def __init__(
        self, background: TaskRunner, preferences: Preferences, settings: Settings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Models"))
        self.resize(*SIZE)
        self.exporter: Sequence[str] = EXPORTER
        self._background = background
        self._preferences = preferences
        self._settings = settings
        self._task: Task | None = None
        self._busy = False
        self.list = ModelsList(preferences)
        self._detail = QLabel()
        self._detail.setObjectName("faint")
        self._detail.setWordWrap(True)
        self._detail.setTextFormat(Qt.TextFormat.PlainText)
        self._detail.setMinimumHeight(DETAIL_LINES * self._detail.fontMetrics().lineSpacing())
        self._detail.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.get = _button(tr("Download"), self._get)
        self.measure = _button(tr("Benchmark"), self._measure)
        self.measure.setToolTip(tr("Run the model for two seconds and measure its speed"))
        self.remove = _button(tr("Remove"), self._ask_to_remove)
        self.import_button = _button(tr("Import…"), self._import_file)
        self.use = _button(tr("Use"), self._use)
        self.use.setObjectName("primary")
        self.use.setDefault(True)
        self.foot = DialogFooter()
        self._lay_out()
        self.list.selected.connect(self._on_selected)
        self.list.filtered.connect(self.update_enabled)
        self.list.activated.connect(self._use)
        self.show_used(settings)
        self.list.choose(settings.pose)

    def show_used(self, settings: Settings) -> None:
        """Show that ``settings`` are in use, and read the state of the files again."""
        self._settings = settings
        self.list.refresh({settings.pose, settings.detector, *part_files(settings)})
        self.update_enabled()

    # Construction.

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        for button in (self.get, self.measure, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.import_button, self.use):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        column.addWidget(self.list, 1)
        column.addWidget(self._detail)
        column.addLayout(buttons)
        column.addWidget(self.foot)

    def _on_selected(self) -> None:
        if not self._busy:
            self.foot.say("")
        self.update_enabled()

    def update_enabled(self) -> None:
        """Enable the actions that apply to the selected model."""
        entry, state = self.list.entry, self.list.state
        free = entry is not None and not self._busy
        self.get.setText(_get_label(entry, state) if entry is not None and state is not None else tr("Download"))
        self.get.setAccessibleName(self.get.text())
        self.get.setEnabled(free and state != "ready")
        part = entry is not None and entry.kind == "part"
        self.measure.setEnabled(free and state == "ready" and not part)
        self.remove.setEnabled(free and state in ("ready", "unconverted"))
        chosen = entry is not None and (not part or entry.name in HAND_LANDMARKS)
        self.use.setEnabled(free and state == "ready" and chosen and not self.list.is_used)
        self._detail.setText("" if entry is None else self._description(entry))

    def _description(self, entry: Entry) -> str:
        """What the model is, its accuracy, its kind and its cost."""
        own = own_network(entry.name)
        title = own if own else tr("{title} ({licence})", title=translate(entry.title), licence=entry.licence)
        facts = self.list.models.facts.lines(entry.name)
        if entry.kind == "part":
            return "\n".join((title, part_sentence(entry), *facts))
        return "\n".join(filter(None, (title, accuracy(entry), *facts)))

    # Actions.

    def _use(self) -> None:
        entry = self.list.entry
        if entry is not None and self.use.isEnabled():
            self.chosen.emit(entry.kind, entry.name)

    def _import_file(self) -> None:
        if file := pick_network(self, tr("Import model"), self._preferences.networks_folder):
            self.importing.emit(file)

    def _get(self) -> None:
        """Download or convert the selected model, or ask for its file if it can only be downloaded by hand."""
        entry = self.list.entry
        if entry is None:
            return
        checkpoint: Path | None = None
        if cache.find(entry) is None and not fetchable(entry):
            title = tr("Choose the file of {name}", name=entry.name)
            folder, onnx = self._preferences.networks_folder, entry.form == "onnx"
            file = pick_network(self, title, folder, ready=onnx, checkpoints=not onnx)
            if not file:
                return
            if entry.form == "onnx":
                self.importing.emit(file)
                return
            checkpoint = Path(file)
        name, exporter = entry.name, self.exporter

        def work(report: Callable[[str], None], task: Task) -> Path:
            return locate_network(name, checkpoint, report, task, exporter)

        def done(_: Path) -> None:
            self.foot.say(tr("{name} is ready.", name=name))

        self._start(_activity(entry), work, done)

    def _measure(self) -> None:
        entry = self.list.entry
        if entry is None or entry.kind not in ("pose", "detector"):
            return
        name, kind, device, exporter = entry.name, entry.kind, self._settings.device, self.exporter

        def work(report: Callable[[str], None], task: Task) -> Speed:
            return measure_model(kind, locate_network(name, None, report, task, exporter), device, task)

        def done(speed: Speed) -> None:
            self._preferences.keep_speed(name, speed)
            self.show_used(self._settings)
            time = time_text(self.list.models.facts.kind(name), speed)
            values = {"name": Path(name).name, "time": time, "device": speed.device.upper()}
            self.foot.say(tr("{name} takes {time} on {device}.", **values))
            self.measured.emit()

        self._start(tr("Benchmarking {name}", name=Path(name).name), work, done)

    def _ask_to_remove(self) -> None:
        entry = self.list.entry
        if entry is None:
            return
        if self.list.is_used:
            self.foot.say(tr("{name} is in use: choose another model first.", name=Path(entry.name).name))
            return
        if own_network(entry.name) and not _converted_here(Path(entry.name)):
            self._preferences.remove_network(entry.name)
            self.foot.say(tr("{name} was removed from the list. The file was not deleted.", name=entry.file))
            self.show_used(self._settings)
            return
        sentence = tr("{name} will be deleted from disk. It can be downloaded again.", name=entry.name)
        if own_network(entry.name):
            sentence = tr("{name} will be deleted from disk. The file it was converted from is kept.", name=entry.file)
        elif not fetchable(entry):
            sentence = tr(
                "{name} will be deleted from disk. It can only be downloaded again manually.", name=entry.name
            )
        self.foot.ask(sentence, tr("Delete"), partial(self._remove, entry))

    def _remove(self, entry: Entry) -> None:
        try:
            freed = self._delete_files(entry)
        except StanceError as error:
            self.foot.say(sentence_of(error))
        else:
            self.foot.say(
                tr("{name} was deleted: {size} MB freed.", name=Path(entry.name).name, size=f"{freed / 1e6:.0f}")
            )
        self.show_used(self._settings)

    def _delete_files(self, entry: Entry) -> int:
        """Delete the files of ``entry``; returns the number of bytes freed."""
        if not own_network(entry.name):
            return cache.remove(entry)
        path = Path(entry.name)
        with cache.report_disk_errors():
            freed = path.stat().st_size
            path.unlink()
        self._preferences.remove_network(entry.name)
        return freed

    # One task at a time, in the background.

    def _start(
        self,
        doing: str,
        work: Callable[[Callable[[str], None], Task], Output],
        done: Callable[[Output], None],
    ) -> None:
        """Run ``work`` in the background, with a function to report progress and its task."""
        task = self._task = self._background.new_task(self._task)

        def finished(output: Output) -> None:
            self._finish()
            done(output)

        def failed(error: Exception) -> None:
            self._finish()
            self.foot.say(sentence_of(error))

        self._busy = True
        self.update_enabled()
        self._report(doing)
        report = self._background.callback(self._report, self, task)
        self._background.run("model", partial(work, report, task), finished, failed, self, task)

    def cancel(self) -> None:
        """Cancel the current task."""
        if self._task is not None:
            self._task.cancel()
        self._finish()
        self.foot.say("")

    def _finish(self) -> None:
        self._busy = False
        self.show_used(self._settings)

    def _report(self, text: str) -> None:
        if self._busy:
            self.foot.show_doing(text, self.cancel)


def _button(title: str, callback: Callable[[], object]) -> QPushButton:
    button = QPushButton(title)
    button.setAccessibleName(title)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _: callback())
    return button


def _converted_here(path: Path) -> bool:
    """Whether a network of the user was converted from a checkpoint by Stance."""
    return path.parent == cache.home() / "imported"


def _get_label(entry: Entry, state: State) -> str:
    """Label of the action that makes the model ready."""
    if state == "by-hand":
        return tr("Locate file…")
    if state == "unconverted":
        return tr("Convert")
    return tr("Download and convert") if entry.form == "checkpoint" else tr("Download")


def _activity(entry: Entry) -> str:
    if entry.form == "checkpoint":
        return tr("Converting {name}", name=entry.name)
    return tr("Downloading {name}", name=entry.name)
