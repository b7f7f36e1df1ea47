"""Child process in rtmlib's environment: processes a clip for each line of JSON on the standard input.

The measured time covers reading frames with OpenCV and ``PoseTracker``; nothing is drawn or written.
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


def trackers(options: dict[str, Any], cadences: set[int]) -> dict[int, PoseTracker]:
    """A tracker for each cadence, with default options except for the two networks."""
    solution = partial(
        Custom,
        det_class="YOLOX",
        det=options["detector"],
        det_input_size=tuple(options["detector_size"]),
        pose_class="RTMPose",
        pose=options["pose"],
        pose_input_size=tuple(options["pose_size"]),
    )
    return {cadence: PoseTracker(solution, det_frequency=cadence) for cadence in cadences}


def process_clip(clip: str, frames: int, tracker: PoseTracker) -> dict[str, float]:
    """Track the first ``frames`` of ``clip``; returns ``seconds``, without opening the file, and ``frames``."""
    capture = cv2.VideoCapture(clip)
    tracker.reset()
    done = 0
    start = time.perf_counter()
    while done < frames:
        ok, image = capture.read()
        if not ok:
            break
        tracker(image)
        done += 1
    seconds = time.perf_counter() - start
    capture.release()
    return {"seconds": seconds, "frames": done}


def main() -> None:
    """For each line with a cadence, process the clip and print seconds and frames as JSON."""
    options = json.loads(sys.argv[1])
    trackers_by_cadence: dict[int, PoseTracker] = {}
    for line in sys.stdin:
        cadence = json.loads(line)["cadence"]
        with redirect_stdout(sys.stderr):
            if cadence not in trackers_by_cadence:
                trackers_by_cadence |= trackers(options, {cadence})
            reply = process_clip(options["clip"], options["frames"], trackers_by_cadence[cadence])
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
