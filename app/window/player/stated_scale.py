"""What the user states about the size of things in a source, and the scale that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.core.scale_options import NO_SCALE, ScaleOptions

if TYPE_CHECKING:  # these import OpenCV, which must not delay the start of the window
    from app.analysis import Analysis
    from app.analysis.scale import Scale


@dataclass(frozen=True, slots=True)
class StatedScale:
    """``options`` for the source named ``source``, whose pictures have ``size`` (width, height) in pixels."""

    options: ScaleOptions = NO_SCALE
    size: tuple[int, int] = (0, 0)
    source: str = ""

    def find(self, analysis: Analysis, threshold: float) -> Scale | None:
        """The scale by the people of ``analysis``; None if nothing is stated. Takes tenths of a second.

        Raises StanceError if it cannot be found, or a calibration file cannot be used.
        """
        if not self.options:
            return None
        from app.analysis.find_scale import find_scale
        from app.sources.calibration import read_calibration

        path = self.options.calibration
        calibration = read_calibration(path, self.size, self.source) if path is not None else None
        return find_scale(analysis, self.options, self.size, threshold, calibration)
