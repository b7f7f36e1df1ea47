"""A real pipeline whose detector can be watched."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.detect.detector import Detect, open_detector
from app.estimate.estimator import open_estimator
from app.people import Floats, FramePoses, Image
from app.pipeline import Pipeline
from app.settings import Settings


class Witness:
    """A detector that notes in which thread it is asked, and may be slow."""

    name = "witness"

    def __init__(self, detector: Detect, delay_s: float = 0.0) -> None:
        self.threads: list[str] = []
        self.delay_s = delay_s
        self._detector = detector

    def __call__(self, image: Image, threshold: float) -> Floats:
        self.threads.append(threading.current_thread().name)
        time.sleep(self.delay_s)
        return self._detector(image, threshold)


@pytest.fixture
def witness(yolox_tiny: Path) -> Witness:
    return Witness(open_detector(yolox_tiny, "cpu"))


@pytest.fixture
def pipeline(witness: Witness, rtmpose_s: Path) -> Iterator[Pipeline]:
    yield Pipeline(witness, open_estimator(rtmpose_s, "cpu"), Settings())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("stance-")]


def same(one: FramePoses, other: FramePoses) -> bool:
    return (
        one.index == other.index
        and [person.id for person in one.people] == [person.id for person in other.people]
        and all(
            np.array_equal(a.keypoints, b.keypoints) and np.array_equal(a.box, b.box)
            for a, b in zip(one.people, other.people, strict=True)
        )
    )
