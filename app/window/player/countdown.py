"""A countdown before a recording, in large digits over the video."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QLabel, QWidget

from app.window.i18n.tr import tr

SIZE = (180, 150)


class Countdown(QObject):
    """Counts ``seconds`` down before ``run`` calls what it was given; 0 calls it at once.

    ``ticked`` gives the seconds that are left, the last time 0. The digits are shown in the middle of ``stage``.
    """

    ticked = pyqtSignal(int)

    def __init__(self, stage: QWidget) -> None:
        super().__init__(stage)
        self.seconds = 0
        self._left = 0
        self._start: Callable[[], None] | None = None
        self._digits = QLabel(stage)
        self._digits.setObjectName("countdown")
        self._digits.setAccessibleName(tr("Countdown"))
        self._digits.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._digits.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._digits.hide()
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tick)

    @property
    def running(self) -> bool:
        """Whether it counts."""
        return self._start is not None

    def run(self, start: Callable[[], None]) -> None:
        """Call ``start`` after the countdown; while one is running, end that instead, without calling anything."""
        if self.running:
            self.cancel()
        elif not self.seconds:
            start()
        else:
            self._start, self._left = start, self.seconds
            self._show()
            self._timer.start()

    def cancel(self) -> None:
        """End the countdown without calling anything."""
        self._start = None
        self._timer.stop()
        self._digits.hide()

    def _tick(self) -> None:
        self._left -= 1
        if self._left > 0:
            self._show()
            return
        start = self._start
        self.cancel()
        self.ticked.emit(0)
        if start is not None:
            start()

    def _show(self) -> None:
        self._digits.setText(str(self._left))
        stage = self._digits.parentWidget()
        if stage is not None:
            width, height = SIZE
            self._digits.setGeometry((stage.width() - width) // 2, (stage.height() - height) // 2, width, height)
        self._digits.show()
        self._digits.raise_()
        self.ticked.emit(self._left)
