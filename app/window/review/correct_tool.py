"""The mouse tool that moves keypoints in the picture."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from math import hypot
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, Qt, QTimer
from PyQt6.QtGui import QColor, QFontMetricsF, QPen
from PyQt6.QtWidgets import QMenu

from app.core.edited import CARRIED, CORRECTED
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import later, tr
from app.window.review.keypoint_corrections import KeypointCorrections, Spot
from app.window.video.video_view import VideoView
from app.window.video.view_tool import Canvas, Pointer, ViewTool

if TYPE_CHECKING:
    from app.core.people import Person

NEAR = 12.0
"""A keypoint this close to the pointer is meant, in logical pixels."""
RING, WIDTH = 7.0, 2.0
"""Radius and width of the rings around keypoints, in logical pixels."""
COLOR, OUTLINE, TEXT = QColor(255, 214, 10), QColor(16, 18, 26, 200), QColor(255, 255, 255)
SETTLE_MS = 500
"""Delay after the last arrow key until the keypoint's new place is carried to other frames, in milliseconds."""
ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
FAST = 10
"""Pixels that an arrow key moves a keypoint with Shift."""

HINT = later("Drag a keypoint to its place. Esc: done")
WORKING = later("Correcting the frames before and after")

Range = Callable[[], tuple[int, int] | None]


class CorrectTool(ViewTool):
    """Highlights the keypoint under the pointer, and moves it; a menu deletes, fills and swaps.

    ``stretch`` gives the first and the last frame between the in point and the out point, None without them.
    """

    def __init__(self, view: VideoView, corrections: KeypointCorrections, stretch: Range) -> None:
        self._view = view
        self._corrections = corrections
        self._stretch = stretch
        self._hovered: Spot | None = None
        self._selected: Spot | None = None
        self._place: tuple[float, float] | None = None  # where the selected keypoint is moved to
        self._grip = (0.0, 0.0)
        self._settling = QTimer(view)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self._commit)
        corrections.changed.connect(view.update)

    @property
    def keys(self) -> Collection[Qt.Key]:  # type: ignore[override]
        """Arrows and Delete while a keypoint of the shown frame is selected."""
        return (*ARROWS, Qt.Key.Key_Delete) if self._shown(self._selected) is not None else ()

    def end(self) -> None:
        """Finish a move by keys, give up one by the mouse."""
        self.finish_move()
        self._hovered = self._selected = self._place = None

    def finish_move(self) -> None:
        """Place a keypoint that keys have moved."""
        if self._settling.isActive():
            self._commit()

    def press(self, pointer: Pointer) -> bool:
        """Take the keypoint under the pointer."""
        self._commit()
        self._selected = spot = self._at(pointer)
        self._view.update()
        if spot is None:
            return False
        x, y = self._where(spot)
        self._grip = (x - pointer.x, y - pointer.y)
        return True

    def move(self, pointer: Pointer, pressed: bool) -> Qt.CursorShape | None:
        """Move the keypoint, or highlight the one under the pointer."""
        if pressed and self._shown(self._selected) is not None:
            self._place = (pointer.x + self._grip[0], pointer.y + self._grip[1])
            self._view.update()
            return Qt.CursorShape.ClosedHandCursor
        hovered = self._at(pointer)
        if hovered != self._hovered:
            self._hovered = hovered
            self._view.update()
        return Qt.CursorShape.OpenHandCursor if hovered is not None else None

    def release(self, pointer: Pointer) -> None:
        """Place the keypoint."""
        self._commit()

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        """Move the selected keypoint by a pixel of the source, or delete it until it is clearly seen again."""
        spot = self._selected
        if spot is None or self._shown(spot) is None:
            return
        if key not in ARROWS:
            self._corrections.delete_until_seen(spot)
            return
        step = FAST if modifiers & Qt.KeyboardModifier.ShiftModifier else 1
        x, y = self._place or self._where(spot)
        style = self._view.draw_style
        sign = -1 if style is not None and style.mirror else 1
        self._place = (x + sign * step * ARROWS[key][0], y + step * ARROWS[key][1])
        self._settling.start()
        self._view.update()

    def menu(self, pointer: Pointer) -> bool:
        """Show what can be done with the keypoint under the pointer, or which ones can be placed there."""
        spot = self._at(pointer)
        menu = self._keypoint_menu(spot) if spot is not None else self._missing_menu(pointer)
        if menu is None:
            return False
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(pointer.place)
        return True

    def paint(self, canvas: Canvas) -> None:
        """Mark corrected and carried keypoints, the one that is meant, and the places that are still being carried."""
        shown = self._view.shown
        if shown is None:
            return
        style = self._view.draw_style
        ringed = style is not None and style.marks.edits and style.skeleton  # by the style itself
        for person in () if ringed else shown.poses.people:
            for keypoint, mark in enumerate([] if person.edited is None else person.edited.tolist()):
                if mark in (CORRECTED, CARRIED) and person.keypoints[keypoint, 2] > 0:
                    _ring(canvas, self._where(Spot(person.id, keypoint, shown.frame.index)), carried=mark == CARRIED)
        for spot, place in self._corrections.pending.items():
            if spot.frame == shown.frame.index:
                _ring(canvas, place, carried=False)
        area, busy = canvas.painter.clipBoundingRect(), self._corrections.busy
        meant = self._selected if self._shown(self._selected) is not None else self._hovered
        if meant is not None and self._shown(meant) is not None:
            place = self._place if self._place is not None and meant == self._selected else self._where(meant)
            _mark(canvas, self._where(meant), place, self._name(meant.keypoint))
        if busy or meant is None or self._shown(meant) is None:
            text = tr(WORKING) if busy else tr(HINT)
            _label(canvas, QPointF(area.center().x(), area.bottom() - 24 * canvas.ratio), text)

    # What is meant.

    def _at(self, pointer: Pointer) -> Spot | None:
        """The nearest keypoint that is drawn within ``NEAR`` of the pointer."""
        shown, threshold = self._view.shown, self._corrections.threshold
        if shown is None:
            return None
        found = [
            (pointer.distance(x, y), Spot(person.id, keypoint, shown.frame.index))
            for person in shown.poses.people
            if person.id
            for keypoint, (x, y, score) in enumerate(person.keypoints.tolist())
            if score >= threshold
        ]
        distance, spot = min(found, default=(NEAR + 1, None))
        return spot if distance <= NEAR else None

    def _shown(self, spot: Spot | None) -> Person | None:
        """The person of ``spot``, if that is in the shown frame."""
        shown = self._view.shown
        if spot is None or shown is None or shown.frame.index != spot.frame:
            return None
        return next((person for person in shown.poses.people if person.id == spot.person), None)

    def _where(self, spot: Spot) -> tuple[float, float]:
        person = self._shown(spot)
        assert person is not None
        x, y = person.keypoints[spot.keypoint, :2].tolist()
        return x, y

    def _name(self, keypoint: int) -> str:
        skeleton = self._view.skeleton
        return display_name(skeleton.names[keypoint]) if skeleton is not None else ""

    def _commit(self) -> None:
        """Place the keypoint where it was moved to."""
        self._settling.stop()
        spot, place, self._place = self._selected, self._place, None
        if spot is not None and place is not None:
            self._corrections.place(spot, *place)
        self._view.update()

    # Menus.

    def _keypoint_menu(self, spot: Spot) -> QMenu:
        self._selected = spot
        menu, corrections, stretch = QMenu(self._view), self._corrections, self._stretch()
        entries: list[tuple[str, Callable[[], None] | None]] = [
            (tr("Delete here"), partial(corrections.delete, spot)),
            (tr("Delete until seen again"), partial(corrections.delete_until_seen, spot)),
            (tr("Swap left and right of this limb here"), partial(corrections.swap_limb, spot, spot.frame, spot.frame)),
        ]
        if stretch is not None:
            first, last = stretch
            entries[1:1] = [
                (
                    tr("Delete between in and out point"),
                    partial(corrections.delete, spot._replace(frame=first), last),
                )
            ]
            entries.append(
                (
                    tr("Swap left and right of this limb between in and out point"),
                    partial(corrections.swap_limb, spot, first, last),
                )
            )
        for text, act in entries:
            action = menu.addAction(text)
            if action is not None and act is not None:
                action.triggered.connect(lambda _, act=act: act())
        return menu

    def _missing_menu(self, pointer: Pointer) -> QMenu | None:
        """The keypoints that the person at the pointer lacks: to be placed there, or their gap filled."""
        shown = self._view.shown
        people = [] if shown is None else [person for person in shown.poses.people if person.id]
        near = [(_outside(person.box.tolist(), pointer), person.id, person) for person in people]
        if shown is None or not near or min(near)[0] > 2 * NEAR * pointer.pixel:
            return None
        person = min(near)[2]
        threshold = self._corrections.threshold
        missing = [number for number, score in enumerate(person.keypoints[:, 2].tolist()) if score < threshold]
        if not missing:
            return None
        menu = QMenu(self._view)
        placed, filled = menu.addMenu(tr("Place here")), menu.addMenu(tr("Fill gap"))
        for keypoint in missing:
            spot = Spot(person.id, keypoint, shown.frame.index)
            for below, act in (
                (placed, partial(self._corrections.place, spot, pointer.x, pointer.y)),
                (filled, partial(self._corrections.fill_gap, spot)),
            ):
                action = below.addAction(self._name(keypoint)) if below is not None else None
                if action is not None:
                    action.triggered.connect(lambda _, act=act: act())
        return menu


def _outside(box: list[float], pointer: Pointer) -> float:
    """The distance of the pointer from ``box`` (x0 y0 x1 y1), in pixels of the source; 0 inside."""
    x0, y0, x1, y1 = box
    return hypot(max(x0 - pointer.x, 0, pointer.x - x1), max(y0 - pointer.y, 0, pointer.y - y1))


def _ring(canvas: Canvas, place: tuple[float, float], carried: bool) -> None:
    """A ring around a keypoint that was placed, a dashed and lighter one around one that was carried along."""
    center, ratio = canvas.at(*place), canvas.ratio
    color = QColor(COLOR)
    color.setAlphaF(0.65 if carried else 1.0)
    canvas.painter.setBrush(Qt.BrushStyle.NoBrush)
    if not carried:
        canvas.painter.setPen(QPen(OUTLINE, (WIDTH + 2) * ratio))
        canvas.painter.drawEllipse(center, RING * ratio, RING * ratio)
    pen = QPen(color, (WIDTH - 0.5 * carried) * ratio)
    if carried:
        pen.setDashPattern([2.4, 2.0])
    canvas.painter.setPen(pen)
    canvas.painter.drawEllipse(center, RING * ratio, RING * ratio)


def _mark(canvas: Canvas, before: tuple[float, float], place: tuple[float, float], name: str) -> None:
    """Mark the keypoint that is meant at ``place``, with its name; a line comes from where it was ``before``."""
    painter, ratio, center = canvas.painter, canvas.ratio, canvas.at(*place)
    if place != before:
        for color, width in ((OUTLINE, WIDTH + 2), (COLOR, WIDTH)):
            painter.setPen(QPen(color, width * ratio, Qt.PenStyle.DotLine))
            painter.drawLine(canvas.at(*before), center)
    painter.setPen(QPen(OUTLINE, 2 * ratio))
    painter.setBrush(COLOR)
    painter.drawEllipse(center, 5 * ratio, 5 * ratio)
    _label(canvas, center + QPointF(12 * ratio, -18 * ratio), name, centered=False)


def _label(canvas: Canvas, place: QPointF, text: str, centered: bool = True) -> None:
    """A text with its center, or the middle of its left edge, at ``place`` in device pixels."""
    painter, ratio = canvas.painter, canvas.ratio
    font = painter.font()
    font.setPixelSize(round(12 * ratio))
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 14 * ratio, metrics.height() + 6 * ratio
    box = QRectF(place.x() - width / 2 * centered, place.y() - height / 2, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(OUTLINE)
    painter.drawRoundedRect(box, 5 * ratio, 5 * ratio)
    painter.setPen(TEXT)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
