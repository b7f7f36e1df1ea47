"""Measures one angle of the person in the picture, and counts its repetitions, while it plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.window.core.tone import Tones
from app.window.panels.figures_panel import FiguresPanel
from app.window.parts import WindowParts

if TYPE_CHECKING:  # these import NumPy and OpenCV, which the window does not wait for
    from app.analysis.live_angle import LiveAngle
    from app.analysis.live_repetitions import RepetitionCounter
    from app.core.people import Person
    from app.engine import Result


class LiveFigures(QObject):
    """Shows the figures in ``panel``, for the chosen person or else the largest; does nothing while it is hidden."""

    def __init__(self, parts: WindowParts, panel: FiguresPanel, tones: Tones) -> None:
        super().__init__(panel)
        self._player = parts.player
        self._settings = parts.panel
        self._panel = panel
        self._tones = tones
        self._person: int | None = None
        self._joint = ""
        self._angle: LiveAngle | None = None
        self._counter: RepetitionCounter | None = None
        parts.player.shown.connect(self._show)
        parts.player.opened.connect(self.start_at_0)
        parts.people.chosen.connect(self._choose_person)
        panel.reset_requested.connect(self.start_at_0)

    def start_at_0(self) -> None:
        """Count from 0 again."""
        if self._counter is not None:
            self._counter.reset()
        self._panel.show_count(0)

    def _show(self, result: Result) -> None:
        analysis = self._player.analysis
        if analysis is None or not self._panel.isVisible():
            return
        from app.analysis.live_angle import LiveAngle, both_sides
        from app.analysis.live_repetitions import RepetitionCounter
        from app.analysis.repeated_sides import counted_sides
        from app.analysis.repetitions import repeated_angles

        self._angle, self._counter = self._angle or LiveAngle(), self._counter or RepetitionCounter()
        self._panel.offer(repeated_angles(analysis.skeleton))
        if self._panel.chosen != self._joint:
            self._joint = self._panel.chosen
            self._counter.forget()
        person, time_s = self._measured(result), result.frame.time_s
        left = right = float("nan")
        if person is not None:
            threshold, facing = self._settings.settings.threshold, analysis.chosen_facing().get(person.id)
            left, right = self._angle.sides(time_s, person, analysis.skeleton, self._panel.chosen, threshold, facing)
        self._panel.show_angle(both_sides(left, right))
        if person is not None:
            joint, keypoints = self._panel.chosen, person.keypoints
            left, right = counted_sides(left, right, joint, keypoints, analysis.skeleton, result.frame.size)
        if self._counter.add(time_s, left, right):
            self._panel.show_count(self._counter.count)
            if self._panel.sound.isChecked():
                self._tones.play("count")
                if not self._tones.available:
                    self._panel.say_silent()

    def _measured(self, result: Result) -> Person | None:
        people = result.poses.people
        chosen = next((person for person in people if person.id == self._person), None)
        return chosen or max(people, key=_area, default=None)

    def _choose_person(self, number: object) -> None:
        self._person = number if isinstance(number, int) else None


def _area(person: Person) -> float:
    x0, y0, x1, y1 = person.box.tolist()
    return float((x1 - x0) * (y1 - y0))
