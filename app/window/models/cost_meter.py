"""Measures what the models in use cost, and keeps what is learned about the user's own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.window.core.preferences import NetworkFacts, Preferences, Speed, own_network
from app.window.core.tasks import TaskRunner
from app.window.models.inspection import networks
from app.window.models.loader import ModelLoader
from app.window.panels.model_facts import ModelFacts
from app.window.panels.side_panel import SidePanel
from app.window.player.player import Player
from app.zoo.sorts import kind_of_card, subject_of_card

if TYPE_CHECKING:  # these bring OpenCV and ONNX Runtime along, which the window does not wait for
    from app.engine import Result
    from app.pipeline import Pipeline

FIRST = 5
"""Frames that are left out after a change of models: they may be of the models before, and are slower."""
SAMPLES = 30
"""Frames of a measurement."""
FASTEST = 0.25
"""Fraction of them that are at most as slow as the time that is kept: other programs slow down the rest."""
CHANGE = 0.1
"""Relative change of a time from which it is kept."""
POSE_STAGES = ("crop", "pose", "decode")


@dataclass(slots=True)
class _Used:
    """A network in use: where its times are kept, how they are computed from a frame, and the latest."""

    name: str
    device: str
    time_in: Callable[[Result], float | None]
    samples: deque[float] = field(default_factory=deque)
    left_out: int = 0


class CostMeter(QObject):
    """Follows the results of ``player``, saves times in ``preferences``, and shows them in ``panel``."""

    def __init__(
        self, background: TaskRunner, preferences: Preferences, loader: ModelLoader, player: Player, panel: SidePanel
    ) -> None:
        super().__init__(loader)
        self._preferences = preferences
        self._loader = loader
        self._panel = panel
        self._lock = Lock()
        self._used: list[_Used] = []
        self._keep_later = background.callback(self._keep, self)
        panel.models.facts = ModelFacts(preferences)
        loader.loaded.connect(self._begin)
        player.shown.connect(self.note)
        player.clip_analysis.on_result = self.note

    def note(self, result: Result) -> None:
        """Take the times of one frame; from any thread."""
        if self._loader.settings.flip_test:  # twice the time
            return
        with self._lock:
            finished = [(used, ms) for used in self._used if (ms := _add(used, result)) is not None]
        for used, ms in finished:
            self._keep_later((used, Speed(ms, used.device, in_use=True)))

    def _begin(self, pipeline: Pipeline) -> None:
        settings = self._loader.settings
        found = networks(pipeline)
        names = [own_network(name) or name for name in (settings.pose, settings.detector)]
        for name, (_, card) in zip(names, found, strict=False):
            if own_network(name):
                facts = NetworkFacts(kind_of_card(card), subject_of_card(card), card.picture.size)
                self._preferences.keep_facts(name, facts)
        times: list[Callable[[Result], float | None]] = [
            partial(_pose_ms, per_person=pipeline.info.proposals == "boxes"),
            _detector_ms,
        ]
        used = [
            _Used(name, network.device, time_in)
            for name, time_in, (network, _) in zip(names, times, found, strict=False)
        ]
        with self._lock:
            self._used = used

    def _keep(self, measured: tuple[_Used, Speed]) -> None:
        used, speed = measured
        before = self._preferences.speed(used.name)
        if before is not None and before.device == speed.device:
            is_benchmark = not before.in_use  # which is more exact: nothing else runs meanwhile
            if is_benchmark or abs(speed.ms / before.ms - 1) < CHANGE:
                return
        self._preferences.keep_speed(used.name, speed)
        self._panel.models.show_costs()


def _add(used: _Used, result: Result) -> float | None:
    """Add the time in ``result``; returns a time once there are ``SAMPLES`` new ones, else None."""
    ms = used.time_in(result)
    if ms is None:
        return None
    if used.left_out < FIRST:
        used.left_out += 1
        return None
    used.samples.append(ms)
    if len(used.samples) < SAMPLES:
        return None
    fast = sorted(used.samples)[int(FASTEST * (SAMPLES - 1))]
    used.samples.clear()
    return fast


def _pose_ms(result: Result, per_person: bool) -> float | None:
    """The time of the pose network in ``result``, per person or per frame; None if it did not run."""
    people = len(result.poses.people) if per_person else 1
    if "pose" not in result.stage_ms or not people:
        return None
    return sum(result.stage_ms.get(stage, 0.0) for stage in POSE_STAGES) / people


def _detector_ms(result: Result) -> float | None:
    return result.stage_ms.get("detect")
