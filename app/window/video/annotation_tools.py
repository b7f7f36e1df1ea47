"""Tools that draw annotations on the video, and the one that selects and moves them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from math import atan2, cos, hypot, pi, sin

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor, QFocusEvent, QKeyEvent, QPen
from PyQt6.QtWidgets import QLineEdit, QMenu, QWidget

from app.overlay import Annotation, Place
from app.overlay.annotations import KINDS, Kind, moved
from app.overlay.shape import Point
from app.window.i18n.tr import tr
from app.window.video.annotation_board import AnnotationBoard, Hit
from app.window.video.view_tool import Canvas, Pointer, ViewTool

MIN_LENGTH = 4.0
"""A shorter line is a slip of the mouse, in logical pixels."""
HANDLE = 4.5
"""Radius of the handles at the points of the selected annotation, in logical pixels."""
FIELD_WIDTH = 220
"""Width of the field for a text, in logical pixels."""


class SelectTool(ViewTool):
    """Selects annotations, moves them or their points, and deletes the selected one; ``menu_of`` makes the menu."""

    def __init__(self, board: AnnotationBoard, menu_of: Callable[[int], QMenu]) -> None:
        self._board = board
        self._menu_of = menu_of
        self._hit: Hit | None = None
        self._start: Point = (0.0, 0.0)
        self._moved: Annotation | None = None

    @property
    def keys(self) -> Collection[Qt.Key]:  # type: ignore[override]
        """Delete and Esc, while an annotation is selected."""
        chosen = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape)
        return chosen if self._is_selected_shown() else ()

    def press(self, pointer: Pointer) -> bool:
        """Select what is under the pointer."""
        self._hit, self._start, self._moved = self._board.hit(pointer), (pointer.x, pointer.y), None
        if self._hit is None and self._board.selected is None:
            return False
        self._board.select(self._hit.number if self._hit is not None else None)
        return self._hit is not None

    def move(self, pointer: Pointer, pressed: bool) -> Qt.CursorShape | None:
        """Move what was pressed."""
        if not pressed:
            hit = self._board.hit(pointer)
            if hit is None:
                return None
            return Qt.CursorShape.SizeAllCursor if hit.point is None else Qt.CursorShape.CrossCursor
        if self._hit is not None and (self._moved is not None or pointer.distance(*self._start) >= MIN_LENGTH):
            self._moved = self._shifted(self._hit, pointer)
            if self._moved is not None:
                self._board.preview(self._board.annotations.changed(self._hit.number, self._moved))
        return Qt.CursorShape.SizeAllCursor

    def release(self, pointer: Pointer) -> None:
        """Keep the moved annotation."""
        hit, shifted, self._hit, self._moved = self._hit, self._moved, None, None
        if hit is not None and shifted is not None:
            self._board.change(tr("Move"), self._board.annotations.changed(hit.number, shifted), hit.number)

    def menu(self, pointer: Pointer) -> bool:
        """Show the menu of the annotation under the pointer."""
        hit = self._board.hit(pointer)
        if hit is None:
            return False
        self._board.select(hit.number)
        self._menu_of(hit.number).popup(pointer.place)
        return True

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        """Delete the selected annotation, or select none."""
        number = self._board.selected
        if number is not None and key != Qt.Key.Key_Escape:
            self._board.change(tr("Delete"), self._board.annotations.without(number), None)
        else:
            self._board.select(None)

    def paint(self, canvas: Canvas) -> None:
        """Paint handles at the points of the selected annotation."""
        board = self._board
        if board.selected is None or not self._is_selected_shown():
            return
        for x, y in board.points(self._moved or board.annotations.items[board.selected]) or ():
            canvas.painter.setPen(QPen(QColor(10, 12, 18), 1.5 * canvas.ratio))
            canvas.painter.setBrush(QColor(255, 255, 255))
            canvas.painter.drawEllipse(canvas.at(x, y), HANDLE * canvas.ratio, HANDLE * canvas.ratio)

    def _is_selected_shown(self) -> bool:
        number, items = self._board.selected, self._board.annotations.items
        return number is not None and number < len(items) and self._board.points(items[number]) is not None

    def _shifted(self, hit: Hit, pointer: Pointer) -> Annotation | None:
        """The annotation as it is moved by the pointer."""
        annotation = self._board.annotations.items[hit.number]
        at = self._board.points(annotation)
        if at is None:
            return None
        dx, dy = pointer.x - self._start[0], pointer.y - self._start[1]
        for number, (x, y) in enumerate(at):
            if hit.point in (None, number):
                annotation = moved(annotation, number, (x, y), (x + dx, y + dy))
        return annotation


class DrawTool(ViewTool):
    """Draws one annotation of ``kind`` from where the button is pressed to where it is released; then it ends.

    An angle is drawn from its vertex along one side; the other side follows the pointer until the next click. Shift
    keeps lines horizontal, upright or halfway between.
    """

    KINDS = KINDS

    def __init__(self, kind: Kind, board: AnnotationBoard) -> None:
        self.kind = kind
        self._board = board
        self._start: Point | None = None
        self._side: tuple[Point, Point] | None = None  # the first side of an angle, and its vertex

    def end(self) -> None:
        """Give up what is being drawn."""
        self._start = self._side = None
        for field in self._board.view.findChildren(TextField):
            field.cancel()
        self._board.preview(None)

    def press(self, pointer: Pointer) -> bool:
        """Begin, or end the second side of an angle."""
        self._board.select(None)
        self._start = (pointer.x, pointer.y)
        return True

    def move(self, pointer: Pointer, pressed: bool) -> Qt.CursorShape | None:
        """Draw up to the pointer."""
        points = self._points(pointer) if pressed or self._side is not None else None
        if points is not None:
            self._board.preview(self._board.annotations.added(self._annotation(points)))
        return Qt.CursorShape.CrossCursor

    def release(self, pointer: Pointer) -> None:
        """Keep what was drawn, unless it is too short."""
        start = self._start
        if start is None:
            return
        if self.kind == "angle" and self._side is None:
            self._start = None
            if pointer.distance(*start) >= MIN_LENGTH:
                self._side = _snapped(start, pointer), start
            return
        points = self._points(pointer)
        self._start = None
        if points is None or (len(points) == 2 and pointer.distance(*start) < MIN_LENGTH):
            self._board.preview(None)
        elif self.kind == "text":
            self._ask_for_text(pointer, points)
        else:
            self._keep(self._annotation(points))

    def _points(self, pointer: Pointer) -> tuple[Point, ...] | None:
        """The points so far, the last one at the pointer."""
        if self._side is not None:
            first, vertex = self._side
            return first, vertex, _snapped(vertex, pointer)
        if self._start is None:
            return None
        if self.kind == "text":
            return ((pointer.x, pointer.y),)
        end = _snapped(self._start, pointer)
        return (end, self._start, end) if self.kind == "angle" else (self._start, end)

    def _annotation(self, points: tuple[Point, ...], text: str = "") -> Annotation:
        shown = self._board.view.shown
        frames = self._board.new_frames(shown.poses.index) if shown is not None else None
        return Annotation(self.kind, tuple(Place(x, y) for x, y in points), text, frames=frames)

    def _keep(self, annotation: Annotation) -> None:
        board = self._board
        self._side = None
        board.change(tr("Draw"), board.annotations.added(annotation), len(board.annotations))
        board.view.tools.use(None)

    def _ask_for_text(self, pointer: Pointer, points: tuple[Point, ...]) -> None:
        view = self._board.view
        at = view.mapFromGlobal(pointer.place)

        def done(text: str) -> None:
            if text:
                self._keep(self._annotation(points, text))
            else:
                view.tools.use(None)

        TextField(view, at, "", done)


class TextField(QLineEdit):
    """A field over the video for the text of an annotation; ``done`` gets the text, empty if there is to be none."""

    def __init__(self, view: QWidget, at: QPoint, text: str, done: Callable[[str], None]) -> None:
        super().__init__(text, view)
        self.setAccessibleName(tr("Text"))
        self.setPlaceholderText(tr("Text"))
        self.setMaxLength(80)
        self._done: Callable[[str], None] | None = done
        height = self.sizeHint().height()
        left = min(max(at.x() - FIELD_WIDTH // 2, 0), max(view.width() - FIELD_WIDTH, 0))
        top = min(max(at.y() - height // 2, 0), max(view.height() - height, 0))
        self.setGeometry(left, top, FIELD_WIDTH, height)
        self.show()
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Enter keeps the text, Esc does not."""
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish(self.text().strip())
        elif event is not None and event.key() == Qt.Key.Key_Escape:
            self._finish("")
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """A click elsewhere keeps the text."""
        super().focusOutEvent(event)
        if event is not None and event.reason() != Qt.FocusReason.PopupFocusReason:
            self._finish(self.text().strip())

    def cancel(self) -> None:
        """Keep no text; idempotent."""
        self._finish("")

    def _finish(self, text: str) -> None:
        done, self._done = self._done, None
        if done is not None:
            parent = self.parentWidget()
            if parent is not None and self.hasFocus():
                parent.setFocus()  # else hiding moves the focus on, to a button of a panel
            self.hide()
            self.deleteLater()
            done(text)


def with_color(annotation: Annotation, color: QColor) -> Annotation:
    """The annotation in another color."""
    parts = annotation.color._replace(red=color.red(), green=color.green(), blue=color.blue())
    return replace(annotation, color=parts)


def _snapped(start: Point, pointer: Pointer) -> Point:
    """The place of the pointer; with Shift in one of eight directions from ``start``."""
    if not pointer.modifiers & Qt.KeyboardModifier.ShiftModifier:
        return pointer.x, pointer.y
    dx, dy = pointer.x - start[0], pointer.y - start[1]
    turn, length = round(atan2(dy, dx) / (pi / 4)) * pi / 4, hypot(dx, dy)
    return start[0] + length * cos(turn), start[1] + length * sin(turn)
