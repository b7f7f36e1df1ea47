"""Mouse tools on the video: what a tool is told and may do, and which one is in use."""

from __future__ import annotations

from collections.abc import Callable, Collection
from math import hypot
from typing import NamedTuple

from PyQt6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QTransform
from PyQt6.QtWidgets import QWidget


class Pointer(NamedTuple):
    """Where the pointer is.

    ``x`` and ``y`` are in pixels of the source, not mirrored; centers of pixels are integers. ``pixel`` is the length
    of one pixel of the screen (logical) in pixels of the source: 12 screen pixels are ``12 * pixel`` of the source.
    ``place`` is the position on the whole screen, for menus.
    """

    x: float
    y: float
    pixel: float
    modifiers: Qt.KeyboardModifier
    place: QPoint

    def distance(self, x: float, y: float) -> float:
        """The distance to (x, y) of the source, in logical pixels of the screen."""
        return hypot(x - self.x, y - self.y) / self.pixel


class Canvas(NamedTuple):
    """What a tool paints on: over the frame and its people, on the screen only.

    ``painter`` paints in device pixels; widths of what keeps its size on the screen are multiplied by ``ratio``, the
    number of device pixels per logical pixel. ``to_screen`` maps pixels of the source to device pixels, mirrored where
    the view is.
    """

    painter: QPainter
    to_screen: QTransform
    ratio: float

    def at(self, x: float, y: float) -> QPointF:
        """The device pixel of (x, y) of the source."""
        return self.to_screen.map(QPointF(x, y))


class ViewTool:
    """A tool that gets the mouse on the video before the view does; every method may be left as it is.

    How it is used: ``view.tools.use(tool)`` hands the tool the mouse until ``view.tools.use(None)``, another tool or
    Esc; ``view.tools.changed`` then tells which one is in use. ``view.tools.idle`` is a tool that gets the mouse while
    no other one is in use, and gives back what it does not want. What is shown is ``view.shown`` (frame and people)
    with ``view.skeleton`` and ``view.draw_style``. A tool calls ``view.update()`` after a change of what it paints.
    """

    keys: Collection[Qt.Key] = ()
    """The keys that the tool takes now, before the shortcuts of the window; only while the video has the focus."""

    def begin(self) -> None:
        """The tool is in use from now on."""

    def end(self) -> None:
        """The tool is in use no more; what it has begun is given up."""

    def press(self, pointer: Pointer) -> bool:
        """The left button is pressed. True: the tool has the mouse until ``release``; False: the view goes on."""
        return False

    def move(self, pointer: Pointer, pressed: bool) -> Qt.CursorShape | None:
        """The pointer has moved, with the left button ``pressed`` (after ``press`` was True) or without.

        Returns the shape of the cursor; None: the view goes on as without a tool.
        """
        return None

    def release(self, pointer: Pointer) -> None:
        """The left button is released, after ``press`` was True."""

    def menu(self, pointer: Pointer) -> bool:
        """The right button asks for a menu. True: the tool has shown one."""
        return False

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        """One of ``keys`` is pressed."""

    def paint(self, canvas: Canvas) -> None:
        """Paint over the frame and its people."""


class ViewTools(QObject):
    """Passes the mouse and the keys of ``view`` to the tool in use, if any, else to ``idle``.

    ``changed`` is emitted with the tool in use, or None. ``find`` returns x and y in pixels of the source for a place
    of ``view``, and the length of one of its pixels there; None while no frame is shown.
    """

    changed = pyqtSignal(object)

    def __init__(self, view: QWidget, find: Callable[[QPointF], tuple[float, float, float] | None]) -> None:
        super().__init__(view)
        self.idle: ViewTool | None = None
        self.used: ViewTool | None = None
        self._view = view
        self._find = find
        self._pressed: ViewTool | None = None  # the tool that has the mouse until the button is released
        view.installEventFilter(self)

    def use(self, tool: ViewTool | None) -> None:
        """Use ``tool`` instead of the one in use; None: no tool."""
        if tool is self.used:
            return
        before, self.used, self._pressed = self.used, tool, None
        if before is not None:
            before.end()
        if tool is not None:
            tool.begin()
            self._view.setFocus()
        self._view.unsetCursor()
        self._view.update()
        self.changed.emit(tool)

    def paint(self, painter: QPainter, to_screen: QTransform, ratio: float) -> None:
        """Let the tools paint; see ``Canvas``."""
        for tool in (self.idle, self.used):
            if tool is not None:
                painter.save()
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                tool.paint(Canvas(painter, to_screen, ratio))
                painter.restore()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Give the tool what it takes; True: the view does not get the event."""
        tool = self._pressed or self.used or self.idle
        if tool is None:
            return False
        if isinstance(event, QMouseEvent):
            pointer = self._pointer(event.position(), event.globalPosition().toPoint(), event.modifiers())
            return pointer is not None and self._on_mouse(tool, event, pointer)
        if isinstance(event, QContextMenuEvent):
            pointer = self._pointer(QPointF(event.pos()), event.globalPos(), event.modifiers())
            return pointer is not None and tool.menu(pointer)
        return isinstance(event, QKeyEvent) and self._on_key(tool, event)

    def _on_mouse(self, tool: ViewTool, event: QMouseEvent, pointer: Pointer) -> bool:
        is_left = event.button() == Qt.MouseButton.LeftButton
        kind = event.type()
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            if is_left and tool.press(pointer):
                self._pressed = tool
            return self._pressed is not None
        if kind == QEvent.Type.MouseButtonRelease and is_left and self._pressed is not None:
            self._pressed = None
            tool.release(pointer)
            return True
        if kind == QEvent.Type.MouseMove and (self._pressed is not None or not event.buttons()):
            shape = tool.move(pointer, self._pressed is not None)
            if shape is not None:
                self._view.setCursor(shape)
                event.ignore()  # the parent needs mouse moves too
                return True
        return False

    def _on_key(self, tool: ViewTool, event: QKeyEvent) -> bool:
        key = next((one for one in tool.keys if one == event.key()), None)
        leaves = event.key() == Qt.Key.Key_Escape and self.used is not None
        if key is None and not leaves:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # the key is pressed next, instead of the window's shortcut
        elif event.type() == QEvent.Type.KeyPress:
            if key is not None:
                tool.key(key, event.modifiers())
            else:
                self.use(None)
        return True

    def _pointer(self, at: QPointF, place: QPoint, modifiers: Qt.KeyboardModifier) -> Pointer | None:
        found = self._find(at)
        return Pointer(*found, modifiers, place) if found is not None else None
