"""COCO keypoint metrics with pycocotools: average precision and recall by object keypoint similarity (OKS)."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from app.core.people import Floats, Person
from app.evaluate.pairs import Estimated, Pair
from app.evaluate.photos import Annotated, Photos

FIGURES = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")
"""Names of the ten metrics, in COCOeval's order."""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Precision (101,) at 101 recalls 0..1: at OKS 0.5, at OKS 0.75, and the mean over OKS 0.50:0.05:0.95."""

    recall: NDArray[np.float64]
    half: NDArray[np.float64]
    three_quarters: NDArray[np.float64]
    mean: NDArray[np.float64]


def average_precision(photos: Photos, estimated: Estimated, sigmas: Floats) -> tuple[dict[str, float | None], Curves]:
    """The ten COCO keypoint metrics (Lin et al., 2014) as COCOeval computes them, 0..1, and the precision curves.

    OKS is the mean over the labeled keypoints of exp(-d² / (2 a (2 sigma)²)), where d is the distance and a the
    ground-truth person's area. AP and AR are means over OKS thresholds 0.50:0.05:0.95; M are people of 32² to 96²
    square pixels, L larger ones. A metric without samples is None.

    Args:
        photos: The ground truth.
        estimated: Estimated people with scores, by photo id.
        sigmas: (K,), COCO's keypoint sigmas.
    """
    evaluation = _Evaluation(photos, estimated, sigmas).made
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.accumulate()
        evaluation.summarize()
    figures = {
        name: float(value) if value >= 0 else None for name, value in zip(FIGURES, evaluation.stats, strict=True)
    }
    precision = evaluation.eval["precision"][:, :, 0, 0, 0]
    thresholds = evaluation.params.iouThrs
    half, three_quarters = (precision[int(np.argmin(abs(thresholds - value)))] for value in (0.5, 0.75))
    return figures, Curves(evaluation.params.recThrs, half, three_quarters, precision.mean(axis=0))


def pairs_by_similarity(photos: Photos, estimated: Estimated, sigmas: Floats, similarity: float) -> list[Pair]:
    """Match estimates to people as COCOeval does: by descending score, each to the unmatched person of highest OKS.

    The OKS of a pair is at least ``similarity``. Estimates matched to crowds or to people without keypoints are left
    out, as COCO ignores them. Returns the pairs, the false positives and the misses, in the order of the photos.
    """
    evaluation = _Evaluation(photos, estimated, sigmas, similarity)
    made: list[Pair] = []
    for row in evaluation.made.evalImgs:
        if row is None:
            continue
        photo = row["image_id"]
        similarities = evaluation.made.ious[photo, photos.category]
        columns = {gt["id"]: j for j, gt in enumerate(evaluation.made._gts[photo, photos.category])}
        taken: dict[int, Pair] = {}
        for i, number in enumerate(row["dtIds"]):
            person, match = evaluation.people[number - 1], int(row["dtMatches"][0][i])
            if not match:
                made.append(Pair(photo, None, person, 0.0))
            elif evaluation.truths[match - 1].counts:
                oks = float(similarities[i][columns[match]])
                taken[match] = Pair(photo, evaluation.truths[match - 1], person, oks)
        for number in sorted(row["gtIds"]):
            truth = evaluation.truths[number - 1]
            if truth.counts:
                made.append(taken.get(number, Pair(photo, truth, None, 0.0)))
    return made


class _Evaluation:
    """COCOeval on the photos, and the people by its ids, which start at 1 because it uses 0 for no match."""

    def __init__(self, photos: Photos, estimated: Estimated, sigmas: Floats, similarity: float | None = None) -> None:
        self.truths = [person for photo in photos.photos for person in photo.annotations]
        self.people = [person for photo in photos.photos for person in estimated.get(photo.id, ())]
        rows = ((photo.id, person) for photo in photos.photos for person in photo.annotations)
        truth = [_truth(number, image, photos.category, person) for number, (image, person) in enumerate(rows, 1)]
        results = ((photo.id, person) for photo in photos.photos for person in estimated.get(photo.id, ()))
        result = [_result(number, image, photos.category, person) for number, (image, person) in enumerate(results, 1)]
        with contextlib.redirect_stdout(io.StringIO()):
            self.made: Any = COCOeval(_index(photos, truth), _index(photos, result), "keypoints")
            params = self.made.params
            params.kpt_oks_sigmas = np.asarray(sigmas, np.float64)
            if similarity is not None:
                params.iouThrs = np.array([similarity])
                params.areaRng, params.areaRngLbl = params.areaRng[:1], params.areaRngLbl[:1]
            self.made.evaluate()


def _index(photos: Photos, annotations: list[dict[str, Any]]) -> Any:
    dataset = COCO()
    dataset.dataset = {
        "images": [{"id": photo.id} for photo in photos.photos],
        "categories": [{"id": photos.category, "name": "person"}],
        "annotations": annotations,
    }
    dataset.createIndex()
    return dataset


def _truth(number: int, image: int, category: int, person: Annotated) -> dict[str, Any]:
    x0, y0, x1, y1 = person.box.tolist()
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "keypoints": person.keypoints.ravel().tolist(),
        "num_keypoints": person.labeled,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": person.area,
        "iscrowd": int(person.crowd),
    }


def _result(number: int, image: int, category: int, person: Person) -> dict[str, Any]:
    """A result as COCO's ``loadRes`` prepares it: the area is that of the box around the keypoints."""
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "keypoints": person.keypoints.ravel().tolist(),
        "area": float(np.prod(np.ptp(person.keypoints[:, :2].astype(np.float64), axis=0))),
        "score": person.score,
    }
