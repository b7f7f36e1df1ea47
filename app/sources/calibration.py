"""Reads the calibration files of Pose2Sim and Sports2D (.toml)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from app.analysis.calibration import Calibration
from app.core.errors import StanceError
from app.core.message import foreign

METADATA = "metadata"
"""The table of a calibration file that is no camera."""

Row = tuple[float, float, float]
Length = Annotated[float, msgspec.Meta(gt=0)]


class _Camera(msgspec.Struct):
    """One camera, as Pose2Sim and Anipose write it: the world's coordinates are in meters, z up."""

    size: tuple[Length, Length]
    matrix: tuple[Row, Row, Row]
    rotation: Row
    translation: Row
    name: str = ""


def read_calibration(path: Path, size: tuple[int, int], source: str = "") -> Calibration:
    """The camera of the calibration file ``path`` that has filmed pictures of ``size`` (width, height) in pixels.

    Of several cameras it is the one whose name is part of the name of the ``source``, else the only one whose pictures
    have this shape.

    Raises StanceError if the file cannot be read, has no such camera, or has several.
    """
    cameras = _cameras(path)
    fitting = [fitted for camera in cameras if (fitted := camera.for_size(size)) is not None]
    if not fitting:
        shapes = ", ".join(f"{width}x{height}" for width, height in dict.fromkeys(camera.size for camera in cameras))
        raise StanceError(
            "The calibration {path} is for pictures of {shapes}: wanted one for {width}x{height}.",
            path=path,
            shapes=shapes,
            width=size[0],
            height=size[1],
        )
    named = [camera for camera in fitting if camera.name and camera.name in Path(source).name]
    chosen = named if named else fitting
    if len(chosen) > 1:
        raise StanceError(
            "The calibration {path} has several cameras: wanted the name of one in that of the source, of {names}.",
            path=path,
            names=", ".join(camera.name for camera in chosen),
        )
    return chosen[0]


def _cameras(path: Path) -> list[Calibration]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        found = {
            name: msgspec.convert(table, _Camera, strict=False) for name, table in tables.items() if name != METADATA
        }
    except OSError as error:
        reason = foreign(error.strerror or error)
        raise StanceError("The calibration {path} cannot be read: {reason}.", path=path, reason=reason) from None
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise StanceError(
            "{path} is no calibration of Pose2Sim: wanted a table for each camera, with size, matrix, rotation and"
            " translation ({reason}).",
            path=path,
            reason=foreign(error),
        ) from None
    cameras = [_calibration(name, camera) for name, camera in found.items()]
    if not all(camera.focal_px > 0 for camera in cameras):
        raise StanceError("The calibration {path} has a camera without a focal length.", path=path)
    if not cameras:
        raise StanceError("The calibration {path} has no camera: wanted a table for each camera.", path=path)
    return cameras


def _calibration(name: str, camera: _Camera) -> Calibration:
    return Calibration(
        camera.name or name,
        (round(camera.size[0]), round(camera.size[1])),
        np.array(camera.matrix, np.float64),
        np.array(camera.rotation, np.float64),
        np.array(camera.translation, np.float64),
    )
