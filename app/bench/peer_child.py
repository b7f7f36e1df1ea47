"""Run by another interpreter, where rtmlib is: goes over a clip whenever a line of JSON asks for it.

Its time is that of reading frames by OpenCV and of ``PoseTracker`` itself; it draws and writes nothing.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import redirect_stdout
from functools import partial
from typing import Any

import cv2
from rtmlib import Custom, PoseTracker  # type: ignore[import-not-found]


def trackers(what: dict[str, Any], cadences: set[int]) -> dict[int, PoseTracker]:
    """A tracker for each cadence, at its defaults but for the two networks."""
    solution = partial(
        Custom,
        det_class="YOLOX",
        det=what["detector"],
        det_input_size=tuple(what["detector_size"]),
        pose_class="RTMPose",
        pose=what["pose"],
        pose_input_size=tuple(what["pose_size"]),
    )
    return {cadence: PoseTracker(solution, det_frequency=cadence) for cadence in cadences}


def go_over(clip: str, frames: int, tracker: PoseTracker) -> dict[str, float]:
    """Track the first ``frames`` of ``clip``; opening the file is not counted."""
    capture = cv2.VideoCapture(clip)
    tracker.reset()
    done = 0
    start = time.perf_counter()
    while done < frames:
        there, image = capture.read()
        if not there:
            break
        tracker(image)
        done += 1
    seconds = time.perf_counter() - start
    capture.release()
    return {"seconds": seconds, "frames": done}


def main() -> None:
    """Answer every line with how long it took."""
    what = json.loads(sys.argv[1])
    known: dict[int, PoseTracker] = {}
    for line in sys.stdin:
        cadence = json.loads(line)["cadence"]
        with redirect_stdout(sys.stderr):
            if cadence not in known:
                known |= trackers(what, {cadence})
            answer = go_over(what["clip"], what["frames"], known[cadence])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
