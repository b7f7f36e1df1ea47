"""The slim row under the picture: open, play, step, time, speed, loop, record, picture, full screen, panel."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from app.window.own_keys import MOVE, PRESS, OwnKeys
from app.window.playback import RATES
from app.window.timeline import Timeline, clock
from app.window.words import tr


class Controls(QFrame):
    """Lays out the window's actions as buttons around the time line; what they do is the window's affair."""

    rate_chosen = pyqtSignal(float)

    def __init__(self, actions: dict[str, QAction], cameras: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("controls")
        self.timeline = Timeline()
        self.timeline.installEventFilter(OwnKeys(MOVE, self))
        self._press_keys = OwnKeys(PRESS, self)
        self._time = QLabel()
        self._time.setAccessibleName(tr("Time"))
        self._time.setMinimumWidth(self.fontMetrics().horizontalAdvance("00:00.0 / 00:00.0") + 8)
        self._time.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._recorded = QLabel()
        self._recorded.setObjectName("recorded")
        self._recorded.setAccessibleName(tr("Recorded time"))
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
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.setSpacing(4)
        row.addWidget(files)
        row.addWidget(self._dress(camera, actions["camera"]))
        row.addSpacing(10)
        for name in ("step-back", "play", "step-forward"):
            row.addWidget(self._button(actions[name]))
        row.addSpacing(6)
        row.addWidget(self.timeline, 1)
        row.addWidget(self._time)
        self.rate = self._rate_choice()
        row.addWidget(self.rate)
        row.addWidget(self._button(actions["loop"]))
        row.addSpacing(6)
        row.addWidget(self._button(actions["record"]))
        row.addWidget(self._recorded)
        for name in ("screenshot", "export"):
            row.addWidget(self._button(actions[name]))
        row.addSpacing(6)
        for name in ("full-screen", "panel"):
            row.addWidget(self._button(actions[name]))
        self._duration_s: float | None = None
        self._live = False
        self.show_source(None, live=False)

    def show_source(self, duration_s: float | None, *, live: bool) -> None:
        """Another source: how long it is, and whether it is live."""
        self._duration_s, self._live = duration_s, live
        self.timeline.set_duration(None if live else duration_s)
        self.timeline.set_time(0.0)
        self._time.setText(tr("Live") if live else "")
        self.rate.setEnabled(not live)

    def show_time(self, time_s: float, place: str = "") -> None:
        """Where the shown frame is; ``place`` says it in other words (2 of 12)."""
        if self._live:
            return
        self.timeline.set_time(time_s)
        whole = f" / {clock(self._duration_s)}" if self._duration_s else ""
        self._time.setText(place or clock(time_s) + whole)

    def show_rate(self, rate: float) -> None:
        """How fast it is played."""
        self.rate.setText(f"{rate:g}×")

    def show_recorded(self, seconds: float | None) -> None:
        """How much is recorded; None where nothing is being."""
        self._recorded.setText("" if seconds is None else clock(seconds))
        self._recorded.setVisible(seconds is not None)

    def _rate_choice(self) -> QToolButton:
        button = QToolButton()
        button.setText("1×")
        button.setToolTip(tr("How fast it is played"))
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
        return self._dress(button, action)

    def _dress(self, button: QToolButton, action: QAction) -> QToolButton:
        button.setIconSize(QSize(20, 20))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.installEventFilter(self._press_keys)
        button.setAccessibleName(action.text())
        action.changed.connect(lambda: button.setAccessibleName(action.text()))
        return button
