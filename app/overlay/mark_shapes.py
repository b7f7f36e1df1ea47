"""The shapes of marks: those under the people, and those over them."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor

from app.analysis.landmarks import keypoint_indices
from app.core.people import FramePoses, Person
from app.core.skeleton import Skeleton
from app.overlay.angle_arcs import angle_parts
from app.overlay.angle_readout import Readings
from app.overlay.annotation_shapes import annotation_parts
from app.overlay.color_legend import legend_parts
from app.overlay.drawing import Part, line_width, mirrored
from app.overlay.edit_rings import edit_rings
from app.overlay.label import Label, apart, text_height
from app.overlay.shape import FAR, Color, Line, Shape
from app.overlay.style import DrawStyle

CELLS = 12
"""About the number of cells of the grid along the longer side of the picture."""
METERS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Sides of a cell in meters."""
GRID, GRID_HALO = Color(255, 255, 255, 0.45), Color(0, 0, 0, 0.2)
PLUMB, PLUMB_HALO = Color(120, 255, 190), Color(10, 12, 18, 0.5)
ANGLE_TEXT = 0.85
"""Height of the values of angles, relative to that of names."""
DASH = 1 / 60
"""Length of a dash of the plumb line, and of a gap, relative to the longer side of the picture."""


def marks_under(poses: FramePoses, skeleton: Skeleton | None, style: DrawStyle, size: tuple[int, int]) -> list[Part]:
    """What is drawn under the people of a frame of ``size`` (width, height): grid and plumb lines."""
    marks, drawn = style.marks, list[Shape]()
    thin = max(1.0, max(size) / 1200) * style.scale
    if marks.grid:
        lines = list(_grid(size, grid_step(size, marks.metres_per_pixel)))
        drawn += [Line(a, b, thin + 2.0, GRID_HALO) for a, b in lines]
        drawn += [Line(a, b, thin, GRID) for a, b in lines]
    if marks.plumb and skeleton is not None:
        for person in (mirrored(poses, size[0]) if style.mirror else poses).people:
            x = _hips_x(person, skeleton, style.threshold)
            if x is not None:
                ends = [((x, top), (x, bottom)) for top, bottom in _dashes(size)]
                drawn += [Line(a, b, 1.6 * thin + 2.4, PLUMB_HALO) for a, b in ends]
                drawn += [Line(a, b, 1.6 * thin, PLUMB) for a, b in ends]
    return list(drawn)


def marks_over(
    poses: FramePoses, skeleton: Skeleton | None, style: DrawStyle, size: tuple[int, int], readings: Readings
) -> list[Part]:
    """What is drawn over the people: rings of corrections, angles and annotations."""
    marks, drawn = style.marks, list[Part]()
    rings: list[Part] = []
    if marks.edits and style.skeleton:
        for person in (mirrored(poses, size[0]) if style.mirror else poses).people:
            rings += edit_rings(person, style.threshold, line_width(person, size) * style.scale)
    height = ANGLE_TEXT * text_height(size) * style.scale
    if skeleton is not None and readings:
        for person in (mirrored(poses, size[0]) if style.mirror else poses).people:
            width = line_width(person, size) * style.scale
            for reading in readings.get(person.id, ()):
                drawn += angle_parts(reading, person, skeleton, style, width, height)
        labels = apart([part for part in drawn if isinstance(part, Label)])
        drawn = [*(part for part in drawn if not isinstance(part, Label)), *labels]
    for annotation in marks.annotations:
        drawn += annotation_parts(annotation, poses, skeleton, style, size)
    return [*rings, *drawn]


def legend_over(poses: FramePoses, skeleton: Skeleton | None, style: DrawStyle, size: tuple[int, int]) -> list[Part]:
    """The legend, where it is switched on and people are drawn."""
    if not style.marks.legend or skeleton is None or not style.skeleton or not poses.people:
        return []
    return legend_parts(skeleton, style, size)


def grid_step(size: tuple[int, int], metres_per_pixel: float | None) -> float:
    """The side of a cell in pixels: a twelfth of the longer side, or about as much in round meters."""
    step = max(size) / CELLS
    if not metres_per_pixel:
        return step
    side = min(METERS, key=lambda meters: abs(meters / metres_per_pixel - step))
    return max(side / metres_per_pixel, max(size) / (4 * CELLS))


def _grid(size: tuple[int, int], step: float) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The lines of a grid that has a crossing in the middle of the picture."""
    width, height = size
    for across in _steps(width, step):
        yield (across, 0.0), (across, height - 1.0)
    for down in _steps(height, step):
        yield (0.0, down), (width - 1.0, down)


def _steps(length: int, step: float) -> list[float]:
    middle = (length - 1) / 2
    return [middle + number * step for number in range(ceil(-middle / step), floor(middle / step) + 1)]


def _dashes(size: tuple[int, int]) -> Iterator[tuple[float, float]]:
    dash, top = DASH * max(size), 0.0
    while top < size[1] - 1:
        yield top, min(top + dash, size[1] - 1.0)
        top += 2 * dash


def _hips_x(person: Person, skeleton: Skeleton, threshold: float) -> float | None:
    """The x of the middle of the hips in pixels; None if they are not seen."""
    rows = [person.keypoints[number].tolist() for number in keypoint_indices(skeleton, "hip")]
    if not rows or not all(score >= threshold and abs(x) < FAR for x, _, score in rows):
        return None
    return float(sum(row[0] for row in rows) / len(rows))
