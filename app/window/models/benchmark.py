"""How long a network takes on this machine, for a picture of which it does not matter what it shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from app.window.background import CancelledError
from app.window.preferences import Speed

if TYPE_CHECKING:
    from app.settings import Device
    from app.window.foreign import Kind

LAST_S = 2.0
FEWEST = 3
WIDTH, HEIGHT = 1280, 720


def measured(kind: Kind, path: Path, device: Device, cancelled: Callable[[], bool]) -> Speed:
    """The median time that the network in ``path`` takes for a picture (detector) or a person in it (pose).

    It is run for ``LAST_S`` seconds on ``device``, for a thread that may wait. Raises StanceError where it does not run
    there, CancelledError soon after ``cancelled()`` is true.
    """
    import numpy as np

    from app.detect.detector import open_detector
    from app.estimate.estimator import open_estimator

    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    if kind == "pose":
        estimator = open_estimator(path, device)
        boxes = np.array([[400, 60, 700, 660]], np.float32)
        runs_on = estimator.network.device

        def run() -> object:
            return estimator(image, boxes)
    else:
        detector = open_detector(path, device)
        runs_on = detector.network.device

        def run() -> object:
            return detector(image, 0.5)

    times: list[float] = []
    end = time.perf_counter() + LAST_S
    while len(times) < FEWEST or time.perf_counter() < end:
        if cancelled():
            raise CancelledError
        begun = time.perf_counter()
        run()
        times.append((time.perf_counter() - begun) * 1000)
    return Speed(median(times), runs_on)
