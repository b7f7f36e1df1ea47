"""The side panel: models, detection settings and display options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.core.settings import Settings
from app.window.i18n.tr import tr
from app.window.panels.detection_section import DetectionSection
from app.window.panels.display_section import DisplaySection
from app.window.panels.model_section import ModelSection
from app.window.panels.shown_settings import ShownSettings
from app.window.widgets.screen_fit import Scrolling

if TYPE_CHECKING:  # the overlay brings OpenCV along
    from app.overlay import DrawStyle
    from app.pose.model import ModelInfo

WIDTH = 264
"""Least width of the panel in pixels; longer texts make it wider."""


class SidePanel(QFrame):
    """Shows ``settings`` and the display options in three sections, and emits the user's changes."""

    changed = pyqtSignal(object)  # the requested Settings
    switched = pyqtSignal()  # the draw style has changed
    heatmap_changed = pyqtSignal(object)  # index of the keypoint, or None

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setMinimumWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(tr("Settings"))
        self._shown = ShownSettings(settings, self)
        self._shown.changed.connect(self.changed)
        self.models = ModelSection(self._shown)
        self.detection = DetectionSection(self._shown)
        self.display = DisplaySection()
        self.display.switched.connect(self.switched)
        self.display.heatmap_changed.connect(self.heatmap_changed)
        self._above = QHBoxLayout()
        self._above.addStretch(1)
        self._lay_out()
        self.show_settings(settings)

    def sizeHint(self) -> QSize:
        """No wider than the texts need."""
        return QSize(self.minimumSizeHint().width(), super().sizeHint().height())

    @property
    def settings(self) -> Settings:
        """The settings that are shown."""
        return self._shown.settings

    def show_settings(self, settings: Settings) -> None:
        """Show the current settings, without emitting ``changed``."""
        self._shown.settings = settings
        self.models.show_settings(settings)
        self.detection.show_settings(settings)

    def show_unsupported(self, reasons: Mapping[str, str]) -> None:
        """Disable what has no effect with the current models; ``reasons`` maps a field of the settings to why."""
        self.models.show_unsupported(reasons)
        self.detection.show_unsupported(reasons)

    def follow_model(self, info: ModelInfo) -> None:
        """Offer what the pose model in use has: heatmaps, keypoints, and points in three dimensions."""
        self.models.lifter.follow_model(info)
        self.display.follow_model(info)

    def request(self, settings: Settings) -> None:
        """Ask for ``settings`` as if the person had chosen them here; see ``changed``."""
        self.changed.emit(settings)

    def draw_style(self, names: Mapping[int, str]) -> DrawStyle:
        """How to draw people; ``names`` maps ids to the names shown instead of them."""
        return self.display.draw_style(self.settings.threshold, names)

    def add_above(self, widget: QWidget) -> None:
        """Put ``widget`` at the right above the sections."""
        self._above.addWidget(widget)

    def _lay_out(self) -> None:
        body = QWidget()
        body.setObjectName("panelBody")
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(0)
        column.addLayout(self._above)
        for section in (self.models, self.detection, self.display):
            column.addWidget(section)
        column.addStretch(1)
        area = Scrolling(body)
        area.viewport().setAutoFillBackground(False)  # type: ignore[union-attr]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
