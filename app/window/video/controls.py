"""The row of controls below the video: open, play, step, time, speed, loop, record, export, full screen, panel."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QResizeEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QMenu, QToolButton, QWidget

from app.window.core.shortcut_filter import PRESS, ShortcutFilter
from app.window.i18n.tr import tr
from app.window.player.playback import RATES
from app.window.video.position import Position
from app.window.widgets.timeline import Timeline

ONE_ROW_MARGIN = 160
"""Width in pixels beyond its minimum that the timeline needs to share one row with the buttons."""


class Controls(QFrame):
    """Lays out the window's actions as buttons around the timeline."""

    rate_chosen = pyqtSignal(float)

    def __init__(self, actions: dict[str, QAction], cameras: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("controls")
        self.timeline = Timeline()
        self._press_keys = ShortcutFilter(PRESS, self)
        self.position = Position()
        self._files = QMenu(self)
        self._files.setAccessibleName(tr("Open and import"))
        for name in ("open", "open-folder", "open-recording", "import"):
            self._files.addAction(actions[name])
        files = self._button(actions["open"])
        files.setMenu(self._files)
        files.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        camera = QToolButton()
        camera.setDefaultAction(actions["camera"])
        camera.setMenu(cameras)
        camera.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.rate = self._rate_choice()
        self._left, left = _make_part()
        left.addWidget(files)
        left.addWidget(self._set_up_button(camera, actions["camera"]))
        left.addSpacing(10)
        for name in ("step-back", "play", "step-forward"):
            left.addWidget(self._button(actions[name]))
        self._track, track = _make_part()
        track.addWidget(self.timeline, 1)
        track.addWidget(self.position)
        self._right, right = _make_part()
        right.addWidget(self.rate)
        right.addWidget(self._button(actions["loop"]))
        right.addSpacing(6)
        for name in ("record", "screenshot", "export"):
            right.addWidget(self._button(actions[name]))
        right.addSpacing(6)
        for name in ("full-screen", "panel"):
            right.addWidget(self._button(actions[name]))
        self._rows = QGridLayout(self)
        self._rows.setContentsMargins(10, 5, 10, 5)
        self._rows.setHorizontalSpacing(6)
        self._rows.setVerticalSpacing(0)
        self._rows.setColumnStretch(1, 1)
        self._in_two_rows: bool | None = None
        self._lay_out(two_rows=True)
        self.show_source(None, live=False)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Move the timeline to a row of its own above the buttons if the width is too small."""
        super().resizeEvent(event)
        min_width = sum(part.minimumSizeHint().width() for part in (self._left, self._track, self._right))
        self._lay_out(two_rows=self.width() < min_width + ONE_ROW_MARGIN)

    def minimumSizeHint(self) -> QSize:
        """Minimum size of the layout in two rows."""
        left, track, right = (part.minimumSizeHint().width() for part in (self._left, self._track, self._right))
        sides = self._rows.contentsMargins()
        min_width = max(left + self._rows.horizontalSpacing() + right, track) + sides.left() + sides.right()
        return QSize(min_width, super().minimumSizeHint().height())

    def _lay_out(self, two_rows: bool) -> None:
        if two_rows == self._in_two_rows:
            return
        self._in_two_rows, below = two_rows, int(two_rows)
        self._rows.addWidget(self._left, below, 0)
        self._rows.addWidget(self._right, below, 2)
        if two_rows:
            self._rows.addWidget(self._track, 0, 0, 1, 3)
        else:
            self._rows.addWidget(self._track, 0, 1)

    def show_source(
        self, duration_s: float | None, *, live: bool, still: bool = False, frames: int | None = None
    ) -> None:
        """Set up the controls for another source: duration in seconds, number of frames, live, pictures or neither."""
        self._live, self._still = live, still
        self.timeline.set_duration(None if live else duration_s)
        self.timeline.set_time(0.0)
        self._length = (duration_s, frames)
        self.position.show_length(duration_s, frames)
        self.position.show_word(tr("Live") if live else "")
        self.rate.setEnabled(not live)

    def show_length(self, duration_s: float | None, frames: int | None) -> None:
        """Show another duration (seconds) and number of frames of the same source, where they have changed."""
        if not self._live and (duration_s, frames) != self._length:
            self._length = (duration_s, frames)
            self.timeline.change_duration(duration_s)
            self.position.show_length(duration_s, frames)

    def show_live(self, state: str) -> None:
        """Show the state of a live source in place of the time: live, lost, or ended."""
        if self._live:
            self.position.show_word(state)

    def show_time(self, time_s: float, index: int) -> None:
        """Show the time (seconds) and index of the shown frame; "2 of 12" for pictures."""
        if self._live:
            return
        self.timeline.set_time(time_s)
        if self._still:
            self.position.show_word(tr("{number} of {count}", number=index + 1, count=self._length[1]))
        else:
            self.position.show_frame(time_s, index)

    def show_sought(self, time_s: float | None, index: int | None) -> None:
        """Show the place of a frame that is asked for and not shown yet, by time (seconds) or index.

        The other one is None if it is known only when the frame is there, and is shown as pending until then.
        """
        duration_s, frames = self._length
        if self._live or not duration_s or not frames:
            return
        if self._still:
            index = int(time_s or 0.0) if index is None else index
        if index is not None:
            index = min(index, frames - 1)
        knob_s = time_s if time_s is not None else (index or 0) / frames * duration_s
        if self._still and index is not None:
            self.show_time(knob_s, index)
            return
        self.timeline.set_time(knob_s)
        self.position.show_frame(time_s, index)

    def show_rate(self, rate: float) -> None:
        """Show the playback speed."""
        self.rate.setText(f"{rate:g}×")

    def _rate_choice(self) -> QToolButton:
        button = QToolButton()
        button.setText("1×")
        button.setToolTip(tr("Playback speed"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFixedWidth(button.fontMetrics().horizontalAdvance("0.25×") + 20)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.installEventFilter(self._press_keys)
        button.setAccessibleName(tr("Speed"))
        menu = QMenu(button)
        for rate in RATES:
            action = menu.addAction(f"{rate:g}×")
            if action is not None:
                action.triggered.connect(lambda _, rate=rate: self.rate_chosen.emit(rate))
        button.setMenu(menu)
        return button

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        return self._set_up_button(button, action)

    def _set_up_button(self, button: QToolButton, action: QAction) -> QToolButton:
        button.setIconSize(QSize(20, 20))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.installEventFilter(self._press_keys)
        button.setAccessibleName(action.text())
        action.changed.connect(lambda: button.setAccessibleName(action.text()))
        return button


def _make_part() -> tuple[QWidget, QHBoxLayout]:
    """A widget with a row of controls."""
    part = QWidget()
    row = QHBoxLayout(part)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    return part, row
