"""What the pipe makes of annotated photos: everybody whom papers count, and those whom the window would show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from app.errors import StanceError
from app.estimate.oks import sigmas_or_even
from app.evaluate.photos import Photo, Photos, corners
from app.people import Floats, Frame, Person
from app.pipeline import CANDIDATE, Pipeline


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """The people found in each photo, by its number, with the keypoints that the photos are annotated with.

    ``everybody`` are all who may be people, best first, as papers count them; ``shown`` those that the window would
    show at its settings, None where the detector was not asked.
    """

    photos: Photos
    everybody: Mapping[int, list[Person]]
    shown: Mapping[int, list[Person]] | None
    in_true_boxes: bool
    sigmas: Floats
    pose: str
    detector: str
    device: str


@dataclass(frozen=True, slots=True, eq=False)
class GivenBoxes:
    """Boxes (N, 5) = x0 y0 x1 y1 score of the people of each photo, that take the detector's place.

    ``name`` tells where they are from, ``true`` that a person drew them.
    """

    name: str
    true: bool
    boxes: Mapping[int, Floats]


def estimate(pipeline: Pipeline, photos: Photos, order: Iterable[Photo], given: GivenBoxes | None = None) -> Estimates:
    """Run the pipe over ``order``, which is the photos, perhaps with their progress told.

    Raises StanceError where the pose network lacks a keypoint of the annotations, or a picture cannot be read.
    """
    columns = _columns(pipeline, photos)
    everybody: dict[int, list[Person]] = {}
    shown: dict[int, list[Person]] = {}
    for photo in order:
        found = None if given is None else given.boxes.get(photo.id, np.empty((0, 5), np.float32))
        if found is not None and not len(found):
            everybody[photo.id] = []
            continue
        image = photo.read()
        everybody[photo.id] = _limited(pipeline.everybody(image, found, columns), columns)
        if found is None:
            pipeline.reset()
            shown[photo.id] = _limited(pipeline.process(Frame(0, 0.0, image)).people, columns)
    skeleton = pipeline.skeleton
    own = photos.skeleton.sigmas or tuple(skeleton.sigmas[i] for i in columns if skeleton.sigmas)
    return Estimates(
        photos=photos,
        everybody=everybody,
        shown=None if given else shown,
        in_true_boxes=given is not None and given.true,
        sigmas=sigmas_or_even(own, len(columns)),
        pose=pipeline.estimator.card.name,
        detector=given.name if given else pipeline.detector.name,
        device=pipeline.device,
    )


def true_boxes(photos: Photos) -> GivenBoxes:
    """The boxes of the people on whom something can be measured, with score 1."""
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
    """The people's boxes in the photos that the COCO detection results in ``path`` name, best first.

    Boxes under the score from which papers count everybody are left out, the photos that have no others are not.
    Raises StanceError where the file is missing, is something else, or is about other photos.
    """
    try:
        rows = msgspec.json.decode(path.read_bytes(), type=list[_Detection])
    except OSError as error:
        raise StanceError(f"The boxes {path} cannot be read: {error.strerror}.") from None
    except msgspec.MsgspecError as error:
        raise StanceError(f"{path} holds no COCO detection results: {error}.") from None
    known = {photo.id for photo in photos.photos}
    found: dict[int, list[Floats]] = {}
    for row in rows:
        if row.image_id in known:
            boxes = found.setdefault(row.image_id, [])
            if row.category_id == photos.category and row.score >= CANDIDATE:
                boxes.append(np.append(corners(row.bbox), np.float32(row.score)))
    if not any(found.values()):
        raise StanceError(f"{path} has no boxes of people for these photos: wanted detections in the annotated ones.")
    best_first = {image: sorted(boxes, key=lambda box: -box[4]) for image, boxes in found.items()}
    arrays = {image: np.array(boxes, np.float32).reshape(-1, 5) for image, boxes in best_first.items()}
    return GivenBoxes(path.name, False, arrays)


def _columns(pipeline: Pipeline, photos: Photos) -> list[int]:
    """Where the annotated keypoints stand in the network's answer."""
    columns = pipeline.skeleton.subset(photos.skeleton)
    if columns is None:
        missing = [name for name in photos.skeleton.names if name not in pipeline.skeleton.names]
        raise StanceError(
            f"{pipeline.estimator.card.name} gives {pipeline.skeleton.name}'s keypoints, which {missing[0]} is not one "
            f"of: wanted a pose network that gives all {len(photos.skeleton.names)} of the annotations."
        )
    return columns


def _limited(people: Iterable[Person], columns: list[int]) -> list[Person]:
    """The people with these keypoints alone."""
    return [replace(person, keypoints=person.keypoints[columns]) for person in people]
