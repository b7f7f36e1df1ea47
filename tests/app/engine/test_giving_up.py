"""An engine that is stopped does not wait for the grouping of a frame's people."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import cast

import numpy as np

from app.core.people import Frame
from app.core.settings import Settings
from app.engine import Engine
from app.inference.bottom_up_card import AssociativeEmbedding
from app.pipeline import make_pipeline
from app.pose.grouping import grouping_of
from app.pose.grouping.grouping import Run
from app.pose.model import Candidates, ModelInfo, PoseModel
from tests.app.engine.artificial import Film, Tape
from tests.app.toy_networks import ToyEstimator

SIZE = (64, 64)


class Endless(ToyEstimator):
    """Groups the keypoints of maps of noise over and over, and never finishes a frame by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = threading.Event()

    @property
    def info(self) -> ModelInfo:
        """See ``PoseModel``."""
        return ModelInfo("endless", self.skeleton, proposals="self")

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        """See ``PoseModel``; does not return."""
        grouping = grouping_of(AssociativeEmbedding(at_input_size=False), self.skeleton)
        maps = np.random.default_rng(1).normal(0, 0.3, (34, *SIZE)).astype(np.float32)
        while True:
            grouping.people([Run(1.0, [maps])], SIZE)
            self.busy.set()


def test_stopping_gives_up_the_grouping_in_progress() -> None:
    model, tape = Endless(), Tape()
    engine = Engine(Film(5), make_pipeline(None, cast("PoseModel", model), Settings()), sinks=[tape])
    engine.start()
    assert model.busy.wait(120)
    engine.stop(wait_s=0)
    assert engine.wait(120)
    assert engine.state == "ended"
    assert (tape.frames, tape.closed) == ([], 1)
