"""``python -m export.speed MODEL.onnx ... --images FOLDER``: what half the precision and eight bits bring on this CPU.

Prints a Markdown table: milliseconds a crop one and four at a time, size, by what part of their magnitude the maps
change, how far the keypoints that are seen move in input pixels, and with ``--coco`` the AP on true boxes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnx

from app.core.errors import StanceError
from app.core.people import Image
from app.inference.model_card import METADATA_KEY, PoseCard, write_card
from app.pose.crop import normalize, to_input
from app.pose.top_down import Estimator, open_estimator
from export.crops import folder_crops
from export.info import card_of
from export.quantize import to_fp16, to_int8
from export.verify import answers, noise, open_on_cpu, seen, shift

CALIBRATION, CHECK = 64, 32
"""Number of crops for the INT8 calibration, and of others on which keypoints are compared."""
SECONDS = 4.0
"""Duration of one measurement, in seconds."""
HEADING = (
    "network",
    "numbers",
    "ms per crop",
    "ms per crop, batch of 4",
    "MB",
    "maps change by",
    "keypoints move by",
    "AP",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every model named in ``arguments`` (default: the process's own); returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m export.speed", description=__doc__)
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL.onnx")
    parser.add_argument("--images", required=True, type=Path, help="images of people for calibration and comparison")
    parser.add_argument("--coco", type=Path, help="a folder with annotations.json and images/ in COCO format")
    wanted = parser.parse_args(arguments)
    try:
        _row(HEADING)
        _row(["---"] * len(HEADING))
        for path in wanted.models:
            card = card_of(path)
            if not isinstance(card, PoseCard):
                raise StanceError("{file} is a detector: wanted pose models.", file=path.name)
            _measure(path, card, wanted.images, wanted.coco)
    except StanceError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _measure(path: Path, card: PoseCard, images: Path, coco: Path | None) -> None:
    """Print the rows of one network: float32, FP16, INT8."""
    crops = folder_crops(images, card)
    calibration, check = crops[:CALIBRATION], crops[-CHECK:]
    before = answers(path, card, check)
    plain = onnx.load(path)
    with tempfile.TemporaryDirectory() as folder:
        for numbers in ("float32", "FP16", "INT8"):
            match numbers:
                case "FP16":
                    model = to_fp16(plain)
                case "INT8":
                    with contextlib.redirect_stdout(io.StringIO()):
                        model = to_int8(plain, normalize(calibration, card.picture))
                case _:
                    model = plain
            onnx.helper.set_model_props(model, {METADATA_KEY: write_card(card)})
            file = Path(folder) / f"{numbers}.onnx"
            onnx.save(model, file)
            after = answers(file, card, check)
            moved = shift(card, before, card, after, seen(card, before))
            _row(
                (
                    card.name,
                    numbers,
                    f"{_milliseconds(file, card, check[:1]):.1f}",
                    f"{_milliseconds(file, card, check[:4]):.1f}",
                    f"{file.stat().st_size / 1e6:.1f}",
                    "" if model is plain else f"{noise(before, after):.3f}",
                    "" if model is plain else f"median {moved.median:.2f}, 95 % within {moved.p95:.1f}",
                    f"{average_precision(open_estimator(file, 'cpu'), coco):.3f}" if coco else "",
                )
            )


def _milliseconds(file: Path, card: PoseCard, crops: Image) -> float:
    """Median time per crop, in milliseconds, of runs with ``crops`` (N, H, W, 3) as one batch."""
    inputs = to_input(crops, card.picture)
    network = open_on_cpu(file, inputs.shape, inputs.dtype.type)
    times: list[float] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        network.run([inputs])
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000 / len(crops)


def average_precision(estimator: Estimator, folder: Path) -> float:
    """COCO keypoint AP with ground-truth boxes on the images of ``folder`` (``annotations.json`` and ``images/``)."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(folder / "annotations.json"))
        results = []
        for image in truth.loadImgs(truth.getImgIds()):
            people = [person for person in truth.imgToAnns[image["id"]] if person.get("num_keypoints")]
            picture = cv2.imread(str(folder / "images" / image["file_name"]))
            if picture is None or not people:
                continue
            corners = np.array([person["bbox"] for person in people], np.float32)
            corners[:, 2:] += corners[:, :2]
            for pose in estimator(np.asarray(picture, np.uint8), corners)[:, :17]:
                seen = pose[pose[:, 2] > 0.2, 2]
                score = float(seen.mean()) if len(seen) else 0.0
                found = {"keypoints": [float(value) for value in pose.ravel()], "score": score}
                results.append({"image_id": image["id"], "category_id": 1} | found)
        evaluation = COCOeval(truth, truth.loadRes(results), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0])


def _row(cells: Sequence[str]) -> None:
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
