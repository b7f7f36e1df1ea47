"""Side data of decoded frames, of which only the display matrix is used."""

from __future__ import annotations

from typing import Any

from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame


def display_matrix(frame: VideoFrame) -> bytes | None:
    """FFmpeg's display matrix of ``frame`` (nine int32), or None if it has none.

    FFmpeg converts a container's rotation and a frame's EXIF orientation to this matrix.
    """
    matrix = frame.side_data.get("DISPLAYMATRIX")
    return bytes(matrix) if isinstance(matrix, SideData) else None


def _unnamed(cls: type[Type], value: Any) -> Type:
    """Create an enumeration member for a kind of side data that PyAV does not know (EXIF, 3D displays, ...)."""
    member = object.__new__(cls)
    member._name_, member._value_ = f"UNNAMED_{value}", value
    return cls._value2member_map_.setdefault(value, member)  # type: ignore[return-value]


# One kind that is missing in PyAV's enumeration raises ValueError for all side data of the frame.
setattr(Type, "_missing_", classmethod(_unnamed))  # noqa: B010 - mypy refuses to assign to a method
