"""Coaching at a camera: delayed picture, countdown, live figures, names of a session's recordings."""

from __future__ import annotations

from datetime import datetime

from PyQt6.QtCore import QObject, Qt

from app.core.errors import StanceError
from app.window.core.tone import Tones
from app.window.i18n.tr import tr
from app.window.live_figures import LiveFigures
from app.window.panels.coaching_panel import CoachingPanel
from app.window.panels.figures_panel import FiguresPanel
from app.window.parts import WindowParts
from app.window.player.countdown import Countdown
from app.window.player.picture_delay import MAX_S, PictureDelay
from app.window.player.session_names import SessionNames
from app.window.widgets.notification import sentence_of

COACHING, FIGURES = "coaching", "live-figures"
"""Names of the panels, and of what they save."""


class Coaching(QObject):
    """Owns the parts for coaching and their panels, and connects them with the window."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._preferences = parts.preferences
        self._capture = parts.capture
        self._status = parts.status
        self.tones = Tones(self)
        self.panel, self.figures = CoachingPanel(MAX_S), FiguresPanel()
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        parts.docks.dock(COACHING, tr("Coaching"), self.panel, left, 340)
        parts.docks.dock(FIGURES, tr("Live figures"), self.figures, right, 300)
        self.delay = PictureDelay(parts.player, parts.capture.last_seconds)
        self.countdown = Countdown(parts.stack)
        self.live = LiveFigures(parts, self.figures, self.tones)
        parts.capture.before_start = self.countdown.run
        self.panel.show_choices(self._preferences.part(COACHING))
        self.figures.show_choices(self._preferences.part(FIGURES))
        self._take_over()
        self.panel.changed.connect(self._take_over)
        self.panel.delay_changed.connect(self.delay.set)
        self.panel.frames_requested.connect(self.delay.add_frames)
        self.figures.changed.connect(lambda: self._preferences.keep_part(FIGURES, self.figures.choices()))
        self.delay.changed.connect(self._show_delay)
        parts.player.opened.connect(self._show_delay)
        parts.player.opened.connect(self.countdown.cancel)
        self.countdown.ticked.connect(self._sound)
        for name, change in (
            ("delay-more", lambda: self.delay.add(1.0)),
            ("delay-less", lambda: self.delay.add(-1.0)),
            ("delay-frame-more", lambda: self.delay.add_frames(1)),
            ("delay-frame-less", lambda: self.delay.add_frames(-1)),
        ):
            parts.actions[name].triggered.connect(lambda _, change=change: change())

    def _take_over(self) -> None:
        """Use and save the choices of the panel."""
        self._preferences.keep_part(COACHING, self.panel.choices())
        self.countdown.seconds = self.panel.countdown.value()
        names = self.panel.names
        try:
            stem = names.stem(tr("source"), datetime.now())
        except StanceError as error:
            self._capture.session = SessionNames(names.client, names.session)
            self.panel.show_name(sentence_of(error))
            return
        self._capture.session = names
        self.panel.show_name(f"{stem}.mp4" if stem else "")

    def _show_delay(self) -> None:
        self.panel.show_delay(self.delay.seconds)
        self._status.show_delay(self.delay.seconds if self.delay.active else 0.0)

    def _sound(self, left: int) -> None:
        if self.figures.sound.isChecked():
            self.tones.play("tick" if left else "start")
            if not self.tones.available:
                self.figures.say_silent()
