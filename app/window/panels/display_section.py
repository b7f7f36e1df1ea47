"""The side panel's display options: what is drawn, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QLabel

from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr
from app.window.panels.mark_controls import MarkControls
from app.window.panels.rows import add_choice, add_slider, add_switches, make_switch
from app.window.widgets.collapsible import Section
from app.window.widgets.toggle import Switch

if TYPE_CHECKING:  # these bring OpenCV along
    from app.core.film_options import Privacy
    from app.overlay import DrawStyle
    from app.pose.model import ModelInfo

SWITCHES = (
    ("skeleton", "S", True),
    ("boxes", "B", False),
    ("ids", "I", True),
    ("mirror", "M", False),
)
TRAIL_S = 1.0
"""Length of the trails, in seconds."""


class DisplaySection(Section):
    """``switched`` is emitted when the draw style has changed, ``heatmap_changed`` (a keypoint's index, or None).

    ``heatmap_ended`` is emitted with a sentence when the model in use cannot show the heatmap that was shown.
    """

    switched = pyqtSignal()
    heatmap_changed = pyqtSignal(object)
    heatmap_ended = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__(tr("Display"))
        column = self.column
        self.switches = self._make_switches()
        add_switches(column, self.switches.values())
        column.addSpacing(4)
        self.marks = MarkControls()
        self.marks.changed.connect(self.switched)
        column.addWidget(self.marks)
        column.addSpacing(4)
        self.drawn_as = add_choice(column, tr("Style"), self._on_style_chosen)
        for title, style in ((tr("Lines"), "lines"), (tr("Bones"), "bones"), (tr("Points"), "dots")):
            self.drawn_as.addItem(title, style)
        self.colored = add_choice(column, tr("Color by"), self._on_style_chosen)
        colorings = (
            (tr("Side"), "side"),
            (tr("Body part"), "part"),
            (tr("Person"), "person"),
            (tr("Score"), "score"),
        )
        for title, color in colorings:
            self.colored.addItem(title, color)
        self.privacy = add_choice(column, tr("Privacy"), self._on_style_chosen)
        self.privacy.setToolTip(
            tr(
                "Also in recordings, exports, saved images and the virtual camera.\n"
                "Somebody who is never found in the video is not blurred."
            )
        )
        for title, privacy in ((tr("None"), "off"), (tr("Blur faces"), "faces"), (tr("Skeleton only"), "skeleton")):
            self.privacy.addItem(title, privacy)
        self.heatmap = add_choice(column, tr("Heatmap"), lambda _: self.heatmap_changed.emit(self.heatmap_keypoint))
        self.heatmap_reason = QLabel()
        self.heatmap_reason.setObjectName("faint")
        self.heatmap_reason.setWordWrap(True)
        column.addWidget(self.heatmap_reason)
        self.offer_heatmaps((), tr("Heatmaps need a pose model"))
        self.line_width = add_slider(column, tr("Line width"), (5, 30), 10, lambda tenths: f"{tenths / 10:.1f}×")
        self.dim = add_slider(column, tr("Dim video"), (0, 100), 0, lambda percent: f"{percent} %")
        for slider in (self.line_width, self.dim):
            slider.valueChanged.connect(self.switched)

    def draw_style(self, threshold: float, names: Mapping[int, str]) -> DrawStyle:
        """How to draw people; keypoints below ``threshold`` are not drawn, ``names`` maps ids to names."""
        from app.overlay import DrawStyle

        on = {name: switch.isChecked() for name, switch in self.switches.items()}
        return DrawStyle(
            threshold=threshold,
            skeleton=on["skeleton"],
            boxes=on["boxes"],
            ids=on["ids"],
            mirror=on["mirror"],
            scale=self.line_width.value() / 10,
            style=self.drawn_as.currentData(),
            color=self.colored.currentData(),
            trails=TRAIL_S if on["trails"] else 0.0,
            dim=self.dim.value() / 100,
            privacy=self.privacy.currentData(),
            names=names,
            marks=self.marks.marks(on),
        )

    def choose_privacy(self, privacy: Privacy) -> None:
        """Choose what is hidden of the people."""
        self.privacy.setCurrentIndex(self.privacy.findData(privacy))
        self.switched.emit()

    @property
    def heatmap_keypoint(self) -> int | None:
        """Index of the keypoint whose heatmap is shown, or None."""
        number = self.heatmap.currentData()
        return number if isinstance(number, int) else None

    def follow_model(self, info: ModelInfo) -> None:
        """Offer the heatmaps of the model in use, if it has any."""
        self.marks.angles.skeleton = info.skeleton
        reason = "" if info.has_heatmap else tr("This model outputs coordinates only")
        self.offer_heatmaps(info.skeleton.names if info.has_heatmap else (), reason)

    def offer_heatmaps(self, names: Sequence[str], reason: str = "") -> None:
        """Offer the heatmaps of the keypoints ``names``; if there are none, ``reason`` is shown.

        The chosen keypoint stays chosen if it is still offered.
        """
        before, text = self.heatmap_keypoint, self.heatmap.currentText()
        self.heatmap.blockSignals(True)
        self.heatmap.clear()
        self.heatmap.addItem(tr("None"))
        for number, name in enumerate(names):
            self.heatmap.addItem(display_name(name).capitalize(), number)
        self.heatmap.setCurrentIndex(max(self.heatmap.findText(text), 0))
        self.heatmap.blockSignals(False)
        self.heatmap.setEnabled(bool(names))
        self.heatmap.setToolTip(reason)
        self.heatmap_reason.setText(reason)
        self.heatmap_reason.setVisible(bool(reason))
        if self.heatmap_keypoint != before:
            self.heatmap_changed.emit(self.heatmap_keypoint)
        if before is not None and self.heatmap_keypoint is None:
            why = reason or tr("This model has no such keypoint")
            self.heatmap_ended.emit(tr("The heatmap is no longer shown. {reason}.", reason=why))

    def _make_switches(self) -> dict[str, Switch]:
        titles = {"skeleton": tr("Skeleton"), "boxes": tr("Boxes"), "ids": tr("IDs"), "mirror": tr("Mirror")}
        switches: dict[str, Switch] = {}
        for name, key, on in SWITCHES:
            title = titles[name]
            switches[name] = make_switch(title, tr("{title} on or off ({key})", title=title, key=key))
            switches[name].setChecked(on)
        switches["trails"] = make_switch(tr("Trails"), tr("Show trails of wrists and ankles"))
        switches["grid"] = make_switch(tr("Grid"), tr("Lines at equal distances; in meters where the scale is known"))
        switches["plumb"] = make_switch(tr("Plumb line"), tr("A vertical line through the hips of each person"))
        switches["legend"] = make_switch(tr("Legend"), tr("What the colors stand for, in pictures and videos too"))
        switches["legend"].setChecked(True)
        switches["corrections"] = make_switch(
            tr("Corrections"), tr("Rings around keypoints that were corrected, dashed around those carried along")
        )
        for switch in switches.values():
            switch.toggled.connect(self.switched)
        return switches

    def _on_style_chosen(self, _: QComboBox) -> None:
        self.switched.emit()
