"""Measures how long a model takes on this machine, on a random image."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from app.system.threads import foreground_work
from app.window.core.preferences import Speed
from app.window.core.tasks import CancelledError, Task

if TYPE_CHECKING:
    from app.core.settings import Device
    from app.window.models.inspection import Kind

DURATION_S = 2.0
"""Duration of a measurement, in seconds."""
MIN_RUNS = 3
"""Minimum number of runs in a measurement."""
WIDTH, HEIGHT = 1280, 720
"""Size of the random image, in pixels."""


def measure_model(kind: Kind, path: Path, device: Device, task: Task) -> Speed:
    """The median time the model in ``path`` takes, in milliseconds.

    It is that of a frame with one person; a pose model that needs boxes gets one.
    Blocks for about ``DURATION_S`` seconds while it runs on ``device``. Raises StanceError if it does not run there,
    CancelledError soon after ``task`` is cancelled.
    """
    import numpy as np

    from app.core.people import Frame
    from app.detection.detector import open_detector
    from app.pose.model import Candidates
    from app.pose.open_model import open_pose_model

    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    if kind == "pose":
        model = open_pose_model(path, device)
        frames = [Frame(0, 0.0, image)] * (1 + sum(model.info.history))
        one_box = Candidates.from_boxes(np.array([[400, 60, 700, 660]], np.float32), np.ones(1, np.float32))
        runs_on = model.network.device

        def run() -> object:
            return model.estimate(frames, one_box)
    else:
        detector = open_detector(path, device)
        runs_on = detector.network.device

        def run() -> object:
            return detector(image, 0.5)

    times: list[float] = []
    end = time.perf_counter() + DURATION_S
    with foreground_work:
        while len(times) < MIN_RUNS or time.perf_counter() < end:
            if task.is_cancelled:
                raise CancelledError
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1000)
    return Speed(median(times), runs_on)
