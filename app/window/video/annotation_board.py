"""The annotations of the shown source while the user draws and changes them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import hypot
from typing import NamedTuple

from PyQt6.QtCore import QObject, pyqtSignal

from app.overlay import Annotation, Annotations
from app.overlay.annotation_shapes import label_of
from app.overlay.annotations import places
from app.overlay.label import LINE_HEIGHT
from app.overlay.shape import Point
from app.window.video.video_view import VideoView
from app.window.video.view_tool import Pointer

Step = Callable[[str, Callable[[], None], Callable[[], None]], None]
"""Runs a change and keeps it as a step that can be taken back: its name, the change, and what takes it back."""

GRIP, BODY = 9.0, 7.0
"""Distances in logical pixels within which a point and a line are meant."""


class Hit(NamedTuple):
    """An annotation under the pointer: its number, and that of its point; None for the annotation as a whole."""

    number: int
    point: int | None


class AnnotationBoard(QObject):
    """The ``annotations`` of what ``view`` shows, and which one is ``selected``; changes are steps that can be undone.

    ``changed`` is emitted when there are other annotations, ``shown`` (Annotations) when others are drawn: while one is
    being drawn or moved, these are not yet the kept ones.
    """

    changed = pyqtSignal()
    shown = pyqtSignal(object)

    def __init__(self, view: VideoView, step: Step, parent: QObject) -> None:
        super().__init__(parent)
        self.view = view
        self.annotations = Annotations()
        self.selected: int | None = None
        self.new_frames: Callable[[int], tuple[int, int] | None] = lambda index: None
        self._step = step

    def set(self, annotations: Annotations) -> None:
        """Show ``annotations`` instead, without a step."""
        self.annotations = annotations
        if self.selected is not None and self.selected >= len(annotations):
            self.selected = None
        self.shown.emit(annotations)
        self.changed.emit()

    def change(self, name: str, annotations: Annotations, selected: int | None) -> None:
        """Replace the annotations in a step called ``name``, and select one of them."""
        before = self.annotations
        self._step(name, lambda: self.set(annotations), lambda: self.set(before))
        self.select(selected)

    def preview(self, annotations: Annotations | None) -> None:
        """Draw ``annotations`` for now; None: those that are kept."""
        self.shown.emit(self.annotations if annotations is None else annotations)

    def select(self, number: int | None) -> None:
        """Select the annotation ``number``, or none."""
        self.selected = number
        self.view.update()

    def points(self, annotation: Annotation) -> tuple[Point, ...] | None:
        """Where the points of ``annotation`` are in the shown frame; None if it is not shown."""
        shown, style = self.view.shown, self.view.draw_style
        if shown is None or style is None or not annotation.is_shown(shown.poses.index):
            return None
        return places(annotation, shown.poses, self.view.skeleton, style.threshold)

    def hit(self, pointer: Pointer) -> Hit | None:
        """What is under the pointer; points before lines, and the one that was drawn last first."""
        found = [(number, at) for number, one in enumerate(self.annotations) if (at := self.points(one)) is not None]
        grips = [
            (number != self.selected, distance, -number, point)
            for number, at in found
            for point, place in enumerate(at)
            if len(at) > 1 and (distance := pointer.distance(*place)) <= GRIP
        ]
        if grips:
            _, _, number, point = min(grips)
            return Hit(-number, point)
        bodies = [number for number, at in found if self._is_on(pointer, self.annotations.items[number], at)]
        return Hit(bodies[-1], None) if bodies else None

    def _is_on(self, pointer: Pointer, annotation: Annotation, at: tuple[Point, ...]) -> bool:
        """Whether the pointer is on a line of the annotation or on its label."""
        sides = list(pairwise(at))
        if any(_distance((pointer.x, pointer.y), a, b) <= BODY * pointer.pixel for a, b in sides):
            return True
        shown, style = self.view.shown, self.view.draw_style
        if shown is None or style is None:
            return False
        width = shown.frame.size[0]
        flipped = tuple((width - 1 - x, y) for x, y in at) if style.mirror else at
        label = label_of(annotation, flipped, style, shown.frame.size)
        if label is None:
            return False
        x = width - 1 - pointer.x if style.mirror else pointer.x
        half = LINE_HEIGHT * label.height / 2
        return abs(x - label.at[0]) <= label.half_width + half and abs(pointer.y - label.at[1]) <= half


def _distance(point: Point, a: Point, b: Point) -> float:
    """The distance of ``point`` to the line from ``a`` to ``b``."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / max(dx * dx + dy * dy, 1e-9)
    along = min(max(along, 0.0), 1.0)
    return hypot(point[0] - a[0] - along * dx, point[1] - a[1] - along * dy)
