"""Annotated photos: a folder of pictures and a COCO keypoints file that says who is where in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os.path import isdir
from pathlib import Path

import msgspec
import numpy as np

from app.errors import StanceError
from app.people import Floats, Image
from app.skeleton import FOLDER, Skeleton, load_skeleton
from app.sources.images import Images

BODY_SHARE = 0.53
"""How much of a person's box the person covers, where the annotation does not tell (MMPose's ``TopDown`` data sets)."""


@dataclass(frozen=True, slots=True, eq=False)
class Annotated:
    """One annotated person, in pixels of the photo (pixel centres are integers).

    ``box`` (4,) float32 = x0 y0 x1 y1, ``keypoints`` (K, 3) float32 = x y v with v 0 not labelled, 1 labelled but
    hidden, 2 visible; ``area`` in square pixels; ``head`` (4,) = x0 y0 x1 y1 where the file has head boxes
    (PoseTrack's ``bbox_head``). ``crowd`` marks a group that is annotated as one.
    """

    id: int
    box: Floats
    keypoints: Floats
    labelled: int
    area: float
    crowd: bool
    head: Floats | None = None

    @property
    def counts(self) -> bool:
        """Whether anything can be measured on this person."""
        return self.labelled > 0 and not self.crowd


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One picture and everybody in it; ``everybody`` holds those too that do not count (crowds, no keypoints)."""

    id: int
    path: Path
    size: tuple[int, int] | None
    everybody: tuple[Annotated, ...]

    @property
    def people(self) -> tuple[Annotated, ...]:
        """Those on whom something can be measured."""
        return tuple(person for person in self.everybody if person.counts)

    def read(self) -> Image:
        """The picture (H, W, 3) uint8 BGR, as it lies in the file: annotations know no EXIF orientation.

        Raises StanceError where it cannot be read or has another size than the annotations say.
        """
        frame = Images(self.path, rotate="0").read()
        assert frame is not None, "a lone picture is read or refused"
        image = frame.image
        size = (image.shape[1], image.shape[0])
        if self.size is not None and size != self.size:
            raise StanceError(
                f"The picture {self.path} is {size[0]}×{size[1]}: "
                f"wanted {self.size[0]}×{self.size[1]}, as the annotations say."
            )
        return image


@dataclass(frozen=True, slots=True, eq=False)
class Photos:
    """The photos of one annotation file and the skeleton that their people are annotated with."""

    skeleton: Skeleton
    category: int
    photos: tuple[Photo, ...]

    @property
    def people(self) -> int:
        """How many people something can be measured on."""
        return sum(len(photo.people) for photo in self.photos)

    def only(self, ids: set[int]) -> Photos:
        """The photos of these numbers alone."""
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
    """The photos in the folder ``images`` that the COCO keypoints file ``annotations`` lists, by number.

    Raises StanceError where the folder or the file is missing, the file is no COCO keypoints file, nobody in it
    has keypoints, or a picture is not there.
    """
    if not isdir(images):
        raise StanceError(
            f"The folder of pictures {images} does not exist: wanted the one that {annotations} is about."
        )
    try:
        file = msgspec.json.decode(annotations.read_bytes(), type=_File)
    except OSError as error:
        raise StanceError(f"The annotations {annotations} cannot be read: {error.strerror}.") from None
    except msgspec.MsgspecError as error:
        raise StanceError(f"{annotations} is no COCO keypoints file: {error}.") from None
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
        raise StanceError(f"Nobody in {annotations} has keypoints: wanted a COCO keypoints file.")
    return found


def check_pictures(photos: Photos) -> None:
    """Raises StanceError where a picture is not there, before the first one is looked at."""
    missing = [photo.path for photo in photos.photos if not photo.path.is_file()]
    if missing:
        others = f" and {len(missing) - 1} others are" if len(missing) > 1 else " is"
        raise StanceError(f"The picture {missing[0]}{others} missing: wanted all that the annotations list.")


def _person_category(file: _File) -> _Category:
    """The category with keypoints, else the one that is called person."""
    named = [category for category in file.categories if category.keypoints]
    people = [category for category in file.categories if category.name == "person"]
    return (named + people or [_Category(id=1)])[0]


def _skeleton(category: _Category, annotations: Path) -> Skeleton:
    """The skeleton that the category names: one that ships if it has these very keypoints, else its own."""
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
        raise StanceError(f"{annotations} is no COCO keypoints file: {error}.") from None


def _annotated(row: _Annotation, count: int, annotations: Path) -> Annotated:
    points = row.keypoints or [0.0] * 3 * count
    if len(points) != 3 * count:
        raise StanceError(
            f"Annotation {row.id} of {annotations} has {len(points)} numbers as keypoints: "
            f"wanted 3 for each of {count} keypoints."
        )
    keypoints = np.array(points, np.float32).reshape(count, 3)
    labelled = int((keypoints[:, 2] > 0).sum()) if row.num_keypoints is None else row.num_keypoints
    area = row.bbox[2] * row.bbox[3] * BODY_SHARE if row.area is None else row.area
    head = corners(row.bbox_head) if row.bbox_head and len(row.bbox_head) == 4 else None
    return Annotated(row.id, corners(row.bbox), keypoints, labelled, area, bool(row.iscrowd), head)


def corners(xywh: list[float] | tuple[float, ...]) -> Floats:
    """COCO's box x y width height as x0 y0 x1 y1."""
    x, y, width, height = xywh
    return np.array([x, y, x + width, y + height], np.float32)
