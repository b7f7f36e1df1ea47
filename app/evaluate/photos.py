"""Annotated photos: a folder of pictures and a COCO keypoints file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os.path import isdir
from pathlib import Path

import msgspec
import numpy as np

from app.core.errors import StanceError, message_of
from app.core.json_errors import JSON_ERRORS, json_problem
from app.core.message import Message, foreign
from app.core.people import Floats, Image
from app.core.skeleton import FOLDER, Skeleton, load_skeleton
from app.sources.images import Images

BODY_SHARE = 0.53
"""Area of a person relative to the box, if the annotation does not state it (MMPose's ``TopDown`` data sets)."""


@dataclass(frozen=True, slots=True, eq=False)
class Annotated:
    """One annotated person, in pixels of the photo (pixel centers are integers).

    ``box`` (4,) float32 = x0 y0 x1 y1, ``keypoints`` (K, 3) float32 = x y v with v 0 not labeled, 1 labeled but
    hidden, 2 visible; ``area`` in square pixels; ``head`` (4,) = x0 y0 x1 y1 where the file has head boxes
    (PoseTrack's ``bbox_head``). ``crowd`` marks a group that is annotated as one.
    """

    id: int
    box: Floats
    keypoints: Floats
    labeled: int
    area: float
    crowd: bool
    head: Floats | None = None

    @property
    def counts(self) -> bool:
        """Whether the person counts in the evaluation: labeled keypoints, not a crowd."""
        return self.labeled > 0 and not self.crowd


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One picture; ``annotations`` includes those that do not count (crowds, no keypoints), ``size`` is (w, h)."""

    id: int
    path: Path
    size: tuple[int, int] | None
    annotations: tuple[Annotated, ...]

    @property
    def people(self) -> tuple[Annotated, ...]:
        """The people who count in the evaluation."""
        return tuple(person for person in self.annotations if person.counts)

    def read(self) -> Image:
        """The picture (H, W, 3) uint8 BGR without EXIF rotation, which annotations ignore.

        Raises StanceError if it cannot be read or its size differs from the annotations'.
        """
        frame = Images(self.path, rotate="0").read()
        assert frame is not None, "a single picture is read or refused"
        image = frame.image
        size = (image.shape[1], image.shape[0])
        if self.size is not None and size != self.size:
            raise StanceError(
                "The image {path} is {width}×{height}: wanted {wanted_width}×{wanted_height}, as the annotations say.",
                path=self.path,
                width=size[0],
                height=size[1],
                wanted_width=self.size[0],
                wanted_height=self.size[1],
            )
        return image


@dataclass(frozen=True, slots=True, eq=False)
class Photos:
    """The photos of one annotation file, the skeleton of its keypoints, and the category id of people."""

    skeleton: Skeleton
    category: int
    photos: tuple[Photo, ...]

    @property
    def people(self) -> int:
        """Number of people who count in the evaluation."""
        return sum(len(photo.people) for photo in self.photos)

    def only(self, ids: set[int]) -> Photos:
        """The photos with these ids."""
        return replace(self, photos=tuple(photo for photo in self.photos if photo.id in ids))


class _Image(msgspec.Struct):
    id: int
    file_name: str
    width: int | None = None
    height: int | None = None


class _Annotation(msgspec.Struct):
    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    keypoints: list[float] = []
    num_keypoints: int | None = None
    area: float | None = None
    iscrowd: int = 0
    bbox_head: list[float] | None = None


class _Category(msgspec.Struct):
    id: int
    name: str = ""
    keypoints: list[str] = []
    skeleton: list[tuple[int, int]] = []


class _File(msgspec.Struct):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category] = []


def read_photos(images: Path, annotations: Path) -> Photos:
    """Read the COCO keypoints file ``annotations`` for the pictures in the folder ``images``; photos are sorted by id.

    Raises StanceError if the folder or the file is missing, or if it is not a COCO keypoints file with labeled people.
    """
    if not isdir(images):
        raise StanceError(
            "The image folder {images} does not exist: wanted the images of {annotations}.",
            images=images,
            annotations=annotations,
        )
    try:
        data = annotations.read_bytes()
        file = msgspec.json.decode(data, type=_File)
    except OSError as error:
        raise StanceError(
            "The annotations {annotations} cannot be read: {reason}.",
            annotations=annotations,
            reason=foreign(error.strerror),
        ) from None
    except JSON_ERRORS as error:
        raise StanceError(
            "{annotations} is not a COCO keypoints file: {reason}.",
            annotations=annotations,
            reason=json_problem(error, data, _File, Message("an object with images and annotations")),
        ) from None
    category = _person_category(file)
    skeleton = _skeleton(category, annotations)
    people: dict[int, list[Annotated]] = {}
    for row in file.annotations:
        if row.category_id == category.id:
            people.setdefault(row.image_id, []).append(_annotated(row, len(skeleton.names), annotations))
    photos = tuple(
        Photo(
            image.id,
            images / image.file_name,
            (image.width, image.height) if image.width and image.height else None,
            tuple(people.get(image.id, ())),
        )
        for image in sorted(file.images, key=lambda image: image.id)
    )
    found = Photos(skeleton, category.id, photos)
    if not found.people:
        raise StanceError(
            "No person in {annotations} has keypoints: wanted a COCO keypoints file.", annotations=annotations
        )
    return found


def check_pictures(photos: Photos) -> None:
    """Raise StanceError if a picture is missing; called before the first one is read."""
    missing = [photo.path for photo in photos.photos if not photo.path.is_file()]
    if missing:
        others = f" and {len(missing) - 1} others are" if len(missing) > 1 else " is"
        raise StanceError(
            "The image {missing}{others} missing: wanted all images of the annotations.",
            missing=missing[0],
            others=others,
        )


def _person_category(file: _File) -> _Category:
    """The category with keypoints, else the one named person."""
    named = [category for category in file.categories if category.keypoints]
    people = [category for category in file.categories if category.name == "person"]
    return (named + people or [_Category(id=1)])[0]


def _skeleton(category: _Category, annotations: Path) -> Skeleton:
    """The skeleton of the category: one that ships if it has exactly these keypoints, else the category's own."""
    if not category.keypoints:
        return load_skeleton("coco17")
    names = tuple(category.keypoints)
    for path in sorted(FOLDER.glob("*.json")):
        if load_skeleton(path.stem).names == names:
            return load_skeleton(path.stem)
    mirrored = {name: name.replace("left", "right", 1) for name in names if name.startswith("left")}
    try:
        return Skeleton(
            name=category.name or "annotated",
            names=names,
            limbs=tuple((a - 1, b - 1) for a, b in category.skeleton),
            flip_pairs=tuple((names.index(a), names.index(b)) for a, b in mirrored.items() if b in names),
        )
    except ValueError as error:
        raise StanceError(
            "{annotations} is not a COCO keypoints file: {reason}.", annotations=annotations, reason=message_of(error)
        ) from None


def _annotated(row: _Annotation, count: int, annotations: Path) -> Annotated:
    points = row.keypoints or [0.0] * 3 * count
    if len(points) != 3 * count:
        raise StanceError(
            "Annotation {number} of {annotations} has {found} keypoint numbers: "
            "wanted 3 for each of {count} keypoints.",
            number=row.id,
            annotations=annotations,
            found=len(points),
            count=count,
        )
    keypoints = np.array(points, np.float32).reshape(count, 3)
    labeled = int((keypoints[:, 2] > 0).sum()) if row.num_keypoints is None else row.num_keypoints
    area = row.bbox[2] * row.bbox[3] * BODY_SHARE if row.area is None else row.area
    head = corners(row.bbox_head) if row.bbox_head and len(row.bbox_head) == 4 else None
    return Annotated(row.id, corners(row.bbox), keypoints, labeled, area, bool(row.iscrowd), head)


def corners(xywh: list[float] | tuple[float, ...]) -> Floats:
    """COCO's box x y width height as (4,) x0 y0 x1 y1, float32."""
    x, y, width, height = xywh
    return np.array([x, y, x + width, y + height], np.float32)
