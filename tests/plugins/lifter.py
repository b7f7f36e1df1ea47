"""A toy lifter: the picture is two meters high, and all people stand in one plane that moves away."""

from __future__ import annotations

import numpy as np

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.registry import LIFTERS
from app.pose.model import TrackWindow


@LIFTERS.register("toy-plane")
class ToyPlane:
    """Uses up to three frames: the plane is as many meters away as there are frames in the window."""

    history = (2, 0)

    def __init__(self, skeleton: Skeleton) -> None:
        self.skeleton = skeleton

    def lift(self, window: TrackWindow) -> Floats:
        """See ``Lifter``."""
        meters = window.keypoints[..., :2] * np.float32(2 / window.size[1])
        depth = np.full_like(meters[..., :1], len(window.times_s))
        return np.concatenate([meters, depth, window.keypoints[..., 2:]], axis=-1)
