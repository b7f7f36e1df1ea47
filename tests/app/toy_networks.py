"""A detector and a pose network that need no weights: people are bright rectangles on black."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np

from app.core.people import Floats, Frame, Image
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.pipeline import Pipeline, make_pipeline
from app.pose.model import Candidates, ModelInfo, PoseModel

SIZE = (320, 240)
FPS = 30


class ToyNetwork:
    """The attributes that a pipeline reads from a network, besides its outputs."""

    device = requested = "cpu"

    def __init__(self) -> None:
        self.skipped_devices: dict[str, str] = {}
        self.path = Path("toy.onnx")


class ToyDetector:
    """Detects every bright rectangle; ``runs`` counts the calls."""

    name = "toy"

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, image: Image, threshold: float) -> Floats:
        """See ``Detect``."""
        self.runs += 1
        _, _, stats, _ = cv2.connectedComponentsWithStats((image[..., 0] > 40).astype(np.uint8))
        x, y, width, height = stats[1:, :4].astype(np.float32).T
        return np.stack([x, y, x + width, y + height, np.full_like(x, 0.9)], axis=1)


class ToyEstimator:
    """Puts K keypoints on the bright part of each box, with jitter from the picture; ``crops`` counts boxes."""

    def __init__(self, skeleton: str = "coco17") -> None:
        self.network = ToyNetwork()
        self.card = "toy"
        self.skeleton = load_skeleton(skeleton)
        self.flip_test = False
        self.timed: Callable[[str], AbstractContextManager[None]] = lambda stage: nullcontext()
        self.crops = 0
        self._places = np.random.default_rng(5).uniform(0.05, 0.95, (len(self.skeleton.names), 2))

    def __call__(self, image: Image, boxes: Floats, flip_test: bool = False) -> Floats:
        """Keypoints (N, K, 3) for ``boxes`` (N, 4)."""
        self.crops += len(boxes)
        poses = [self._pose(image, box) for box in boxes]
        return np.array(poses, np.float32).reshape(-1, len(self._places), 3)

    @property
    def info(self) -> ModelInfo:
        """See ``PoseModel``."""
        return ModelInfo("toy", self.skeleton)

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        """See ``PoseModel``."""
        return candidates.with_poses(self(frames[-1].image, candidates.boxes, flip_test))

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[Any]:
        """There is none."""
        return []

    def _pose(self, image: Image, box: Floats) -> Floats:
        x0, y0, x1, y1 = np.clip(np.round(box), 0, [*SIZE, *SIZE]).astype(int)
        ys, xs = np.nonzero(image[y0:y1, x0:x1, 0] > 40)
        if not len(xs):
            return np.zeros((len(self._places), 3), np.float32)
        low, high = np.array([x0 + xs.min(), y0 + ys.min()]), np.array([x0 + xs.max(), y0 + ys.max()])
        tremble = np.random.default_rng(int(image[low[1], low[0], 0])).normal(0, 1, self._places.shape)
        scores = np.linspace(0.1, 0.95, len(self._places))[:, None]
        return np.concatenate([low + self._places * (high - low) + tremble, scores], axis=1).astype(np.float32)


def toy_pipeline(estimator: ToyEstimator | None = None) -> Pipeline:
    """A pipeline of the toy networks."""
    return make_pipeline(ToyDetector(), cast("PoseModel", estimator or ToyEstimator()), Settings())


def toy_clip(frames: int) -> list[Frame]:
    """Two people walk towards each other, a third appears in the middle and leaves, and then no one is visible."""
    return [Frame(index, index / FPS, _picture(index, frames)) for index in range(frames)]


def toy_film(path: Path, frames: int) -> Path:
    """``toy_clip`` as a video at ``path``."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for frame in toy_clip(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame.image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def _picture(index: int, frames: int) -> Image:
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    shade = 60 + index * 37 % 190
    done = index / frames
    if done < 0.9:
        image[60:160, 20 + index : 60 + index] = shade
        image[70:170, 240 - index // 2 : 285 - index // 2] = shade
    if 0.3 < done < 0.7:
        image[180:235, 100 + index : 120 + index] = shade
    return image
