"""The side panel's choice of pose model, detector, lifter and device, and the switches of hands and faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from PyQt6.QtGui import QStandardItemModel
from PyQt6.QtWidgets import QComboBox, QLabel, QSizePolicy

from app.core.settings import DEVICES, Settings
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.panels.lifter_choice import LifterChoice
from app.window.panels.model_choice import CHOOSE, fit_list, offer, pick
from app.window.panels.model_facts import ModelFacts
from app.window.panels.part_switches import PartSwitches
from app.window.panels.rows import add_choice
from app.window.panels.shown_settings import ShownSettings
from app.window.panels.two_part_items import TwoPartItems
from app.window.widgets.collapsible import Section
from app.window.widgets.file_dialogs import pick_network


class ModelSection(Section):
    """Offers the catalogue's models and those that ``own_networks`` returns for a kind (pose, detector).

    ``facts`` tell kind and cost of a model, once they are there. ``networks_folder`` is the folder of the file that was
    chosen last.
    """

    def __init__(self, shown: ShownSettings) -> None:
        super().__init__(tr("Models"))
        self.networks_folder: Path | None = None
        self.own_networks: Callable[[str], Sequence[str]] = lambda kind: ()
        self.facts: ModelFacts | None = None
        self._shown = shown
        self._no_detector = ""  # why no detector runs
        column = self.column
        self.pose_facts, self.detector_facts = _note(), _note()
        self.pose = add_choice(
            column, tr("Pose model"), lambda box: self._choose_model(box, "pose"), wide=True, note=self.pose_facts
        )
        self.detector = add_choice(
            column, tr("Detector"), lambda box: self._choose_model(box, "detector"), wide=True, note=self.detector_facts
        )
        for box in (self.pose, self.detector):
            box.setItemDelegate(TwoPartItems(box))
        self.lifter = LifterChoice(column, shown, lambda: self.networks_folder, self._keep_folder)
        self.device = add_choice(column, tr("Device"), lambda box: shown.request(device=box.currentData()))
        self._device_titles = {"auto": tr("Automatic"), "cpu": "CPU", "cuda": "CUDA", "tensorrt": "TensorRT"}
        for device in DEVICES:
            self.device.addItem(self._device_titles[device], device)
        self.parts = PartSwitches(shown, column)

    def retranslate(self, of: Callable[[str], str]) -> None:
        """Keep the titles of the devices in another language."""
        self._device_titles = {device: of(title) for device, title in self._device_titles.items()}

    def show_settings(self, settings: Settings) -> None:
        """Show models and device of ``settings``."""
        offer(self.pose, "pose", settings.pose, self.own_networks("pose"), self.facts)
        offer(self.detector, "detector", settings.detector, self.own_networks("detector"), self.facts)
        self.lifter.show_settings(settings)
        pick(self.device, settings.device)
        self.parts.show_settings(settings)
        self._show_facts()

    def show_costs(self) -> None:
        """Show newly measured times."""
        if not any(box.view().isVisible() for box in (self.pose, self.detector)):  # type: ignore[union-attr]
            self.show_settings(self._shown.settings)

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable or disable the choices; ``reason`` is the tool tip while disabled."""
        self.lifter.set_enabled(enabled)
        for box in (self.pose, self.detector, self.device):
            why = self._no_detector if enabled and box is self.detector else "" if enabled else reason
            box.setEnabled(enabled and not why)
            box.setToolTip(why)
        self.parts.set_enabled(enabled, reason)

    def show_unsupported(self, reasons: Mapping[str, str]) -> None:
        """Disable the detector, hands and faces if ``reasons`` states why they have no effect."""
        self._no_detector = translate(reasons.get("detector", ""))
        self.parts.show_unsupported(reasons)
        if self.pose.isEnabled():
            self.set_enabled(True)
        self._show_facts()

    def show_devices_that_fail(self, reasons: Mapping[str, str]) -> None:
        """Disable devices that do not run; ``reasons`` maps a device to why."""
        model = self.device.model()
        for row in range(self.device.count()):
            reason = reasons.get(self.device.itemData(row), "")
            if isinstance(model, QStandardItemModel) and (item := model.item(row)) is not None:
                item.setEnabled(not reason)
                item.setToolTip(translate(reason))
                title = self._device_titles[self.device.itemData(row)]
                item.setText(f"{title}: {translate(reason)}" if reason else title)
        fit_list(self.device)

    def _show_facts(self) -> None:
        """Show kind and cost of the chosen models below their choices."""
        settings, facts = self._shown.settings, self.facts
        pose = facts.long(settings.pose) if facts is not None else ""
        runs_detector = facts is not None and not self._no_detector and facts.needs_detector(settings.pose)
        detector = facts.long(settings.detector) if facts is not None and runs_detector else ""
        for label, text in ((self.pose_facts, pose), (self.detector_facts, detector)):
            label.setText(text)
            label.setVisible(bool(text))

    def _choose_model(self, box: QComboBox, name: Literal["pose", "detector"]) -> None:
        wanted = box.currentData()
        if wanted == CHOOSE:
            pick(box, getattr(self._shown.settings, name))
            title = tr("Choose the pose model") if name == "pose" else tr("Choose the detector model")
            wanted = pick_network(self, title, self.networks_folder, checkpoints=name == "pose")
            if not wanted:
                return
            self._keep_folder(Path(wanted).parent)
        self._shown.request(**{name: wanted})

    def _keep_folder(self, folder: Path) -> None:
        self.networks_folder = folder


def _note() -> QLabel:
    """A label for kind and cost, hidden while it is empty; it does not widen the panel."""
    label = QLabel()
    label.setObjectName("faint")
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    label.hide()
    return label
