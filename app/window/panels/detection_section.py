"""The side panel's detection settings: thresholds, interval, number of people, smoothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtWidgets import QSlider

from app.core.settings import SMOOTHERS, Settings
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.panels.model_choice import pick
from app.window.panels.rows import add_choice, add_slider, add_switches, make_switch
from app.window.panels.shown_settings import ShownSettings
from app.window.widgets.collapsible import Section
from app.window.widgets.toggle import Switch

DETECT_STEP_S = 0.05
"""Step of the slider for the detection interval, in seconds."""
DETECT_STEPS = 40
"""Number of steps of that slider."""
MAX_PEOPLE = 20
"""Largest value of the slider for the maximum number of people."""


class DetectionSection(Section):
    """Sliders, a choice and switches, each for one field of the settings."""

    def __init__(self, shown: ShownSettings) -> None:
        super().__init__(tr("Detection"))
        self._shown = shown
        self._tips: dict[str, str] = {}
        self._setters: list[Callable[[Settings], None]] = []
        self.person_threshold = self._slider(tr("Person threshold"), "person_threshold", 0.01, 100, _score)
        self.threshold = self._slider(tr("Keypoint threshold"), "threshold", 0.01, 100, _score)
        self.detect_every = self._slider(tr("Detect people"), "detect_every", DETECT_STEP_S, DETECT_STEPS, _interval)
        self.max_people = self._slider(tr("Maximum people"), "max_people", 1, MAX_PEOPLE, _count)
        self.smooth = add_choice(self.column, tr("Smoothing"), lambda box: shown.request(smooth=box.currentData()))
        titles = {"one-euro": tr("One-Euro"), "kalman": tr("Kalman"), "none": tr("None")}
        for smooth in SMOOTHERS:
            self.smooth.addItem(titles[smooth], smooth)
        self.flip_test = self._switch(
            tr("Flip test"), "flip_test", tr("Also estimate on the mirrored image: steadier, half as fast")
        )
        self.half_rate = self._switch(
            tr("Half rate"), "half_rate", tr("Estimate every second frame and predict between: for slow computers")
        )
        add_switches(self.column, [self.flip_test, self.half_rate])

    def show_settings(self, settings: Settings) -> None:
        """Show ``settings``, which are those of ``ShownSettings`` already, so that nothing is requested."""
        pick(self.smooth, settings.smooth)
        for show in self._setters:
            show(settings)

    def show_unsupported(self, reasons: Mapping[str, str]) -> None:
        """Disable the settings named in ``reasons``, with the reason as tool tip."""
        for name, control in {"detect_every": self.detect_every, "flip_test": self.flip_test}.items():
            control.setEnabled(name not in reasons)
            control.setToolTip(translate(reasons.get(name, "")) or self._tips.get(name, ""))

    def retranslate(self, of: Callable[[str], str]) -> None:
        """The tool tips that were replaced by a reason come back in another language."""
        self._tips = {name: of(tip) for name, tip in self._tips.items()}

    def _switch(self, title: str, name: str, tip: str) -> Switch:
        """A switch for the boolean setting ``name``."""
        switch = make_switch(title, tip)
        self._tips[name] = tip
        switch.toggled.connect(lambda on: self._shown.request(**{name: on}))
        self._setters.append(lambda settings: switch.setChecked(getattr(settings, name)))
        return switch

    def _slider(self, title: str, name: str, step: float, steps: int, text_of: Callable[[float], str]) -> QSlider:
        """A slider for the numeric setting ``name``, from 0 to ``step * steps``."""

        def position(settings: Settings) -> int:
            return min(round(getattr(settings, name) / step), steps)

        usual = position(Settings())
        slider = add_slider(self.column, title, (0, steps), usual, lambda number: text_of(number * step))

        def moved(number: int) -> None:
            if position(self._shown.settings) != number:
                self._shown.request(**{name: round(number * step, 2) if step < 1 else number})

        slider.valueChanged.connect(moved)
        self._setters.append(lambda settings: slider.setValue(position(settings)))
        return slider


def _score(value: float) -> str:
    return f"{value:.2f}"


def _interval(seconds: float) -> str:
    return tr("every {seconds} s", seconds=f"{seconds:.2f}") if seconds else tr("every frame")


def _count(people: float) -> str:
    return f"{people:.0f}" if people else tr("no limit")
