"""A real pipeline whose detector can be watched."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.core.people import Floats, FramePoses, Image
from app.core.settings import Settings
from app.detection.detector import Detect, open_detector
from app.pipeline import Pipeline, make_pipeline
from app.pose.top_down import open_estimator


@pytest.fixture(autouse=True)
def freed_frames() -> Iterator[None]:
    """Free the frames of a test: Python collects cycles by their number, and these are few but large."""
    yield
    gc.collect()


class Witness:
    """A detector that records the threads it is called from; it does not answer before ``may_answer`` is set."""

    name = "witness"

    def __init__(self, detector: Detect) -> None:
        self.threads: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._detector = detector

    def __call__(self, image: Image, threshold: float) -> Floats:
        self.threads.append(threading.current_thread().name)
        assert self.may_answer.wait(60)
        return self._detector(image, threshold)


@pytest.fixture
def witness(yolox_tiny: Path) -> Witness:
    return Witness(open_detector(yolox_tiny, "cpu"))


@pytest.fixture
def pipeline(witness: Witness, rtmpose_s: Path) -> Iterator[Pipeline]:
    before = set(threading.enumerate())
    yield make_pipeline(witness, open_estimator(rtmpose_s, "cpu"), Settings())
    left = [thread for thread in threading.enumerate() if thread.name.startswith("stance-") and thread not in before]
    assert not left


def same(one: FramePoses, other: FramePoses) -> bool:
    return (
        one.index == other.index
        and [person.id for person in one.people] == [person.id for person in other.people]
        and all(
            np.array_equal(a.keypoints, b.keypoints) and np.array_equal(a.box, b.box)
            for a, b in zip(one.people, other.people, strict=True)
        )
    )
