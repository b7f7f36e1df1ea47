"""AP of real networks on a part of COCO val2017 with true boxes, compared with the figures of independent code."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from app.inference.model_card import Heatmap
from app.inference.onnx_model import OnnxModel
from app.pose.infer_card import pose_card
from app.pose.top_down import Estimator, open_estimator


class Remembered(OnnxModel):
    """A network that caches its outputs by crop."""

    def __init__(self, network: OnnxModel) -> None:
        vars(self).update(vars(network))
        self._known: dict[bytes, list[NDArray[Any]]] = {}

    def run(self, arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        keys = [hashlib.sha1(crop.tobytes(), usedforsecurity=False).digest() for crop in arrays[0]]
        new = [row for row, key in enumerate(keys) if key not in self._known]
        if new:
            outputs = super().run([arrays[0][new]])
            self._known |= {keys[row]: [output[place] for output in outputs] for place, row in enumerate(new)}
        return [np.stack(parts) for parts in zip(*(self._known[key] for key in keys), strict=True)]


@pytest.fixture(scope="module")
def remembered(shared: Path) -> Callable[[str], Remembered]:
    """Returns the network of a name, the same one each time."""
    return cache(lambda name: Remembered(open_estimator(shared / "models" / f"{name}.onnx", "cpu").network))


def average_precision(estimator: Estimator, folder: Path) -> float:
    """AP of ``estimator`` with true boxes; every annotation with keypoints is a box, with score 1."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(folder / "annotations.json"))
        results = []
        for image in truth.loadImgs(truth.getImgIds()):
            people = [a for a in truth.imgToAnns[image["id"]] if a.get("num_keypoints")]
            if not people:
                continue
            picture = cv2.imread(str(folder / "images" / image["file_name"]))
            assert picture is not None
            xywh = np.array([a["bbox"] for a in people], np.float32)
            boxes = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
            for pose in estimator(picture.astype(np.uint8), boxes)[:, :17]:
                score = float(pose[pose[:, 2] > 0.2, 2].mean()) if (pose[:, 2] > 0.2).any() else 0.0
                results.append(
                    {"image_id": image["id"], "category_id": 1, "keypoints": pose.ravel().tolist(), "score": score}
                )
        evaluation = COCOeval(truth, truth.loadRes(json.loads(json.dumps(results))), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0])


@pytest.mark.parametrize(
    ("name", "codec", "flip_test", "wanted"),
    [
        pytest.param("tinypose_256x192", Heatmap("quarter"), False, 0.667, marks=pytest.mark.slow),
        pytest.param("tinypose_256x192", Heatmap("dark", 11), False, 0.674, marks=pytest.mark.slow),
        pytest.param("tinypose_256x192", Heatmap("quarter"), True, 0.681, marks=pytest.mark.slow),
        pytest.param("tinypose_128x96", Heatmap("quarter"), False, 0.539, marks=pytest.mark.slow),
        pytest.param("ultralight_simplepose_256x192", Heatmap("quarter"), False, 0.5185, marks=pytest.mark.slow),
    ],
)
def test_heatmap_networks_reach_their_figures(
    shared: Path, remembered: Callable[[str], Remembered], name: str, codec: Heatmap, flip_test: bool, wanted: float
) -> None:
    network = remembered(name)
    card = msgspec.structs.replace(pose_card(network), codec=codec)
    estimator = Estimator(network, card, flip_test)
    assert average_precision(estimator, shared / "data" / "coco-val-dev") == pytest.approx(wanted, abs=0.005)
