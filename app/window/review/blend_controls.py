"""The picture of the second clip, and where it is shown: beside the open one, or over it."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.window.i18n.tr import later, tr
from app.window.video.video_view import VideoView
from app.window.widgets.reset_button import ResetButton
from app.window.widgets.value_controls import ComboBox, Slider

BESIDE, OVER, HIPS = "beside", "over", "hips"
PLACES = (
    (BESIDE, later("Beside")),
    (OVER, later("One over the other")),
    (HIPS, later("One over the other, hips together")),
)
USUAL_SHARE = 50
VIEW_HEIGHT = 200


class BlendControls(QWidget):
    """The ``view`` of the second picture, its place, and a slider for how much of it is seen over the first one."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.view = VideoView()
        self.view.setMinimumHeight(VIEW_HEIGHT)
        self.place = ComboBox()
        self.place.setAccessibleName(tr("Place of the second picture"))
        for key, text in PLACES:
            self.place.addItem(tr(text), key)
        title = tr("How much of the second picture is seen")
        self.share = Slider(Qt.Orientation.Horizontal)
        self.share.setObjectName("plain")
        self.share.setRange(0, 100)
        self.share.setValue(USUAL_SHARE)
        self.share.setAccessibleName(title)
        self.share.setToolTip(title)
        self.reset = ResetButton(
            title, lambda: self.share.value() == USUAL_SHARE, lambda: self.share.setValue(USUAL_SHARE)
        )
        self._mix = QWidget()
        row = QHBoxLayout(self._mix)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel(tr("Opacity")))
        row.addWidget(self.share)
        row.addWidget(self.reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.view, 1)
        column.addWidget(self.place)
        column.addWidget(self._mix)
        self.place.currentIndexChanged.connect(lambda _: self._on_changed())
        self.share.valueChanged.connect(lambda _: self._on_changed())
        self._show_slider()

    @property
    def is_over(self) -> bool:
        """Whether the second picture is shown over the first one."""
        return self.place.currentData() != BESIDE

    @property
    def joins_hips(self) -> bool:
        """Whether it is moved and scaled there, so that the compared people have their hips in the same place."""
        return bool(self.place.currentData() == HIPS)

    @property
    def opacity(self) -> float:
        """Opacity of the second picture, 0 to 1."""
        return self.share.value() / 100

    def _on_changed(self) -> None:
        self._show_slider()
        self.changed.emit()

    def _show_slider(self) -> None:
        self.view.setVisible(not self.is_over)
        self._mix.setVisible(self.is_over)
        self.reset.refresh()
        policy = self.sizePolicy()  # without the view there is nothing to fill more room with
        policy.setVerticalPolicy(QSizePolicy.Policy.Maximum if self.is_over else QSizePolicy.Policy.Expanding)
        self.setSizePolicy(policy)
