"""The frames around the current one, for pose models that estimate a pose from several frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from app.core.people import Frame


class FrameHistory:
    """Keeps the last frames and puts together what ``PoseModel.estimate`` gets.

    ``before`` and ``after`` are the numbers of frames before and after the current one. Beyond the start and the end of
    the source the nearest frame is repeated.
    """

    def __init__(self, before: int, after: int) -> None:
        self._before = before
        self._after = after
        self._past: deque[Frame] = deque(maxlen=before)

    def reset(self) -> None:
        """Forget all frames: the next frame does not follow the last one."""
        self._past.clear()

    def window(self, frame: Frame, following: Sequence[Frame] = ()) -> list[Frame]:
        """The frames before ``frame``, ``frame`` itself and those ``following`` it: 1 + before + after, oldest first.

        Frames are passed in order; ``frame`` is kept for the next call.
        """
        past, future = [*self._past], [*following[: self._after]]
        past = [(past or [frame])[0]] * (self._before - len(past)) + past
        future += [(future or [frame])[-1]] * (self._after - len(future))
        self._past.append(frame)
        return [*past, frame, *future]
