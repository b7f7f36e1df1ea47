"""Runs the pipeline on annotated photos: all candidates, as papers evaluate, and the people that the window shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np

from app.core.errors import StanceError
from app.core.json_errors import JSON_ERRORS, json_problem
from app.core.message import Message, foreign
from app.core.people import Floats, Frame, Person
from app.evaluate.photos import Photo, Photos, corners
from app.pipeline import Pipeline
from app.pose.image_people import COCO_BOX_THRESHOLD
from app.pose.oks import sigmas_or_even


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """The estimated people of each photo, with the annotations' keypoints.

    Attributes:
        photos: The annotated photos.
        candidates: All candidates by photo id, best first, as papers evaluate.
        shown: The people that the window shows with its settings, by photo id; None without a detector.
        in_true_boxes: The boxes were the annotated ones.
        sigmas: (K,), OKS sigmas of the annotations' keypoints.
        pose: Name of the pose network.
        detector: Name of the detector or of the boxes.
        device: The device that the networks ran on.
        notes: Further notes about the pipeline, see ``Pipeline.notes``.
    """

    photos: Photos
    candidates: Mapping[int, list[Person]]
    shown: Mapping[int, list[Person]] | None
    in_true_boxes: bool
    sigmas: Floats
    pose: str
    detector: str
    device: str
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class GivenBoxes:
    """Given boxes that replace the detector.

    ``boxes`` are (N, 5) x0 y0 x1 y1 score by photo id, ``name`` is their origin, ``true`` marks annotated boxes.
    """

    name: str
    true: bool
    boxes: Mapping[int, Floats]


def estimate(pipeline: Pipeline, photos: Photos, order: Iterable[Photo], given: GivenBoxes | None = None) -> Estimates:
    """Run the pipeline on the photos.

    Args:
        pipeline: The pipeline.
        photos: The annotated photos.
        order: The same photos, possibly wrapped in a progress bar.
        given: Boxes that replace the detector.

    Raises:
        StanceError: The pose network lacks a keypoint of the annotations, or a picture cannot be read.
    """
    columns = _columns(pipeline, photos)
    candidates: dict[int, list[Person]] = {}
    shown: dict[int, list[Person]] = {}
    for photo in order:
        found = None if given is None else given.boxes.get(photo.id, np.empty((0, 5), np.float32))
        if found is not None and not len(found):
            candidates[photo.id] = []
            continue
        image = photo.read()
        candidates[photo.id] = _select_keypoints(pipeline.estimate_image(image, found, columns), columns)
        if found is None:
            pipeline.reset()
            shown[photo.id] = _select_keypoints(pipeline.process(Frame(0, 0.0, image)).people, columns)
    skeleton = pipeline.skeleton
    sigmas = photos.skeleton.sigmas or tuple(skeleton.sigmas[i] for i in columns if skeleton.sigmas)
    return Estimates(
        photos=photos,
        candidates=candidates,
        shown=None if given else shown,
        in_true_boxes=given is not None and given.true,
        sigmas=sigmas_or_even(sigmas, len(columns)),
        pose=pipeline.info.name,
        detector=given.name if given else pipeline.detector_name,
        device=pipeline.device,
        notes=pipeline.notes,
    )


def true_boxes(photos: Photos) -> GivenBoxes:
    """The annotated boxes of the people who count in the evaluation, with score 1."""
    boxes = {
        photo.id: np.array([[*person.box, 1] for person in photo.people], np.float32).reshape(-1, 5)
        for photo in photos.photos
    }
    return GivenBoxes("true boxes", True, boxes)


class _Detection(msgspec.Struct):
    image_id: int
    bbox: tuple[float, float, float, float]
    score: float
    category_id: int = 1


def read_boxes(path: Path, photos: Photos) -> GivenBoxes:
    """Read the boxes of people from the COCO detection results in ``path``, best first.

    Boxes below ``COCO_BOX_THRESHOLD`` are left out, but a photo with no others is kept. Raises StanceError if the file
    is missing, has another format, or is about other photos.
    """
    try:
        data = path.read_bytes()
        rows = msgspec.json.decode(data, type=list[_Detection])
    except OSError as error:
        raise StanceError(
            "The boxes {path} cannot be read: {reason}.", path=path, reason=foreign(error.strerror)
        ) from None
    except JSON_ERRORS as error:
        reason = json_problem(error, data, list[_Detection], Message("a list of objects with image_id, bbox and score"))
        raise StanceError(
            "{path} is not a file of COCO detection results: {reason}.", path=path, reason=reason
        ) from None
    known = {photo.id for photo in photos.photos}
    found: dict[int, list[Floats]] = {}
    for row in rows:
        if row.image_id in known:
            boxes = found.setdefault(row.image_id, [])
            if row.category_id == photos.category and row.score >= COCO_BOX_THRESHOLD:
                boxes.append(np.append(corners(row.bbox), np.float32(row.score)))
    if not any(found.values()):
        raise StanceError(
            "{path} has no boxes of people for these photos: wanted detections in the annotated ones.", path=path
        )
    best_first = {image: sorted(boxes, key=lambda box: -box[4]) for image, boxes in found.items()}
    arrays = {image: np.array(boxes, np.float32).reshape(-1, 5) for image, boxes in best_first.items()}
    return GivenBoxes(path.name, False, arrays)


def _columns(pipeline: Pipeline, photos: Photos) -> list[int]:
    """Indices of the annotated keypoints among the network's. Raises StanceError if one is missing."""
    columns = pipeline.skeleton.subset(photos.skeleton)
    if columns is None:
        missing = [name for name in photos.skeleton.names if name not in pipeline.skeleton.names]
        raise StanceError(
            "{name} gives {skeleton}'s keypoints, which {missing} is not one "
            "of: wanted a pose model that outputs all {count} of the annotations.",
            name=pipeline.info.name,
            skeleton=pipeline.skeleton.name,
            missing=missing[0],
            count=len(photos.skeleton.names),
        )
    return columns


def _select_keypoints(people: Iterable[Person], columns: list[int]) -> list[Person]:
    """The people with only these keypoints."""
    return [replace(person, keypoints=person.keypoints[columns]) for person in people]
