"""What the user states about the size of things in the picture, and about the floor."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any

from app.core.errors import StanceError

NUMBER = r"\d+(?:\.\d*)?|\.\d+"
LENGTHS = re.compile(rf"({NUMBER})\s*(?:px)?\s*=\s*({NUMBER})\s*m?")
"""A length in pixels and the same in meters: 420=1.5."""
CALIBRATION = ".toml"
AUTO, NONE = "auto", "none"
MIN_HEIGHT_M, MAX_HEIGHT_M = 0.3, 2.8
MAX_SLOPE_DEGREES = 45.0
Line = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ScaleOptions:
    """How pixels become meters.

    ``height_m`` is the body height of the person who is seen longest, None if it is unknown. ``scale`` is a length in
    pixels and in meters ("420=1.5"), or the name of a calibration file of Pose2Sim; empty for neither. ``floor`` is
    "auto" (found from the feet), "none" (heights count from the lower edge of the picture), or the slope of the floor
    in degrees, positive where it rises to the right. ``floor_line`` is a floor drawn by the user through two pixels,
    x y x y, which replaces ``floor``.

    Raises StanceError for a value that is not valid, for two scales, and for a floor without a scale.
    """

    height_m: float | None = None
    scale: str = ""
    floor: str = AUTO
    floor_line: Line | None = None

    def __post_init__(self) -> None:
        if self.height_m is not None and not MIN_HEIGHT_M <= self.height_m <= MAX_HEIGHT_M:
            raise StanceError(
                "The height of {height} m is out of range: wanted a body height from {low} to {high} m, such as 1.78.",
                height=self.height_m,
                low=MIN_HEIGHT_M,
                high=MAX_HEIGHT_M,
            )
        if self.scale and self.calibration is None:
            self._check_lengths()
        if self.height_m is not None and self.lengths is not None:
            raise StanceError("There are two scales, a height and a length in pixels: wanted one of them.")
        if self.floor not in (AUTO, NONE) and self.slope_degrees is None:
            raise StanceError(
                "The floor {floor!r} is not valid: wanted auto, none, or its slope in degrees from -{most} to {most}.",
                floor=self.floor,
                most=f"{MAX_SLOPE_DEGREES:g}",
            )
        if self.floor != AUTO and not self:
            raise StanceError(
                "The floor {floor!r} has no effect without a scale: wanted --height or --scale with it.",
                floor=self.floor,
            )

    def __bool__(self) -> bool:
        """Whether there is a scale."""
        return self.height_m is not None or bool(self.scale)

    def mirrored(self, width: int) -> ScaleOptions:
        """The same for mirrored pictures of ``width`` pixels."""
        floor = self.floor if self.slope_degrees is None else f"{-self.slope_degrees:g}"
        line = self.floor_line
        ends = None if line is None else (width - 1 - line[2], line[3], width - 1 - line[0], line[1])
        return replace(self, floor=floor, floor_line=ends)

    @property
    def fields(self) -> dict[str, Any]:
        """The values that differ from the defaults, by name, for files."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name)) != field.default}

    @property
    def calibration(self) -> Path | None:
        """The calibration file, if ``scale`` is one."""
        return Path(self.scale) if self.scale.lower().endswith(CALIBRATION) else None

    @property
    def lengths(self) -> tuple[float, float] | None:
        """A length in pixels and in meters, if ``scale`` is one."""
        match = LENGTHS.fullmatch(self.scale.strip())
        return (float(match[1]), float(match[2])) if match else None

    @property
    def slope_degrees(self) -> float | None:
        """The slope of the floor, if ``floor`` states it."""
        try:
            slope = float(self.floor)
        except ValueError:
            return None
        return slope if isfinite(slope) and abs(slope) <= MAX_SLOPE_DEGREES else None

    def _check_lengths(self) -> None:
        if (self.lengths is None or not all(self.lengths)) and _has_two_numbers(self.scale):
            raise StanceError(
                "The scale {scale!r} is not valid: wanted a length above 0 in pixels and in meters, without an "
                "exponent, such as 420=1.5.",
                scale=self.scale,
            )
        if self.lengths is None:
            raise StanceError(
                "The scale {scale!r} is not valid: wanted PIXELS=METERS such as 420=1.5, or a calibration (.toml).",
                scale=self.scale,
            )


def _has_two_numbers(text: str) -> bool:
    """Whether ``text`` is two numbers with = between them, of whatever size."""
    pixels, _, meters = text.partition("=")
    try:
        return isfinite(float(pixels)) and isfinite(float(meters))
    except ValueError:
        return False


NO_SCALE = ScaleOptions()
"""Nothing is stated."""
