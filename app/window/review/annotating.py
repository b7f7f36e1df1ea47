"""Annotations on the video: the actions of the tools, the menu of an annotation, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction, QColor, QIcon, QPixmap
from PyQt6.QtWidgets import QMenu

from app.window.i18n.tr import later, tr
from app.window.panels.mark_controls import MarkControls
from app.window.player.player import Player
from app.window.review.undo import Undo
from app.window.video.video_view import VideoView

if TYPE_CHECKING:  # these import OpenCV, which must not delay the start of the window
    from app.overlay import Annotation, Annotations
    from app.window.video.annotation_board import AnnotationBoard
    from app.window.video.view_tool import ViewTool

SELECT = "tool-select"
TOOLS = (SELECT, "tool-line", "tool-distance", "tool-angle", "tool-arrow", "tool-text")
"""The actions of the tools; the kind of annotation is what follows the hyphen."""
COLORS = (
    (later("Yellow"), QColor(255, 214, 10)),
    (later("Red"), QColor(255, 82, 82)),
    (later("Green"), QColor(90, 220, 120)),
    (later("Blue"), QColor(64, 172, 255)),
    (later("White"), QColor(255, 255, 255)),
    (later("Black"), QColor(20, 20, 20)),
)


class Annotating(QObject):
    """Owns the annotations of the open source; they are drawn by ``view`` and by films, and changed in ``undo`` steps.

    ``changed`` is emitted when there are others. A new annotation belongs to the shown frame of a file, and to all
    frames of a live source or a picture.
    """

    changed = pyqtSignal()

    def __init__(
        self, view: VideoView, player: Player, actions: dict[str, QAction], controls: MarkControls, undo: Undo
    ) -> None:
        super().__init__(view)
        self._view = view
        self._player = player
        self._actions = {name: actions[name] for name in TOOLS}
        self._controls = controls
        self._undo = undo
        self._board: AnnotationBoard | None = None
        self._source = ""
        controls.add_tools(list(self._actions.values()))
        for name, action in self._actions.items():
            action.triggered.connect(partial(self._use, name))
        view.tools.changed.connect(self._show_tool)
        player.opened.connect(self._open)
        self._show_tool(None)

    @property
    def annotations(self) -> Annotations:
        """The annotations of the open source."""
        return self.board.annotations

    @property
    def board(self) -> AnnotationBoard:
        """Where they are drawn and changed."""
        if self._board is None:
            from app.window.video.annotation_board import AnnotationBoard
            from app.window.video.annotation_tools import SelectTool

            self._board = board = AnnotationBoard(self._view, self._undo.push, self)
            board.new_frames = self._new_frames
            board.shown.connect(lambda annotations: self._controls.know(annotations=annotations))
            board.changed.connect(self.changed)
            self._view.tools.idle = SelectTool(board, self.menu_of)
        return self._board

    def show(self, annotations: Annotations) -> None:
        """Show ``annotations`` of the open source, which were kept with it; not a step that can be undone."""
        self.board.set(annotations)

    def menu_of(self, number: int) -> QMenu:
        """The menu of the annotation ``number``."""
        board = self.board
        annotation = board.annotations.items[number]
        index = self._view.shown.poses.index if self._view.shown is not None else 0
        menu = QMenu(self._view)
        menu.aboutToHide.connect(menu.deleteLater)
        shades = QMenu(tr("Color"), menu)

        def add(to: QMenu, text: str, changed: Annotation | None, checked: bool | None = None) -> QAction:
            step = tr("Color") if to is shades else text
            action = QAction(text, to)
            action.setEnabled(changed is not None)
            action.setCheckable(checked is not None)
            action.setChecked(bool(checked))
            if changed is not None:
                action.triggered.connect(lambda _: self._change(number, step, changed))
            to.addAction(action)
            return action

        here, follows = (index, index), annotation.follows
        add(menu, tr("On this frame only"), replace(annotation, frames=here), annotation.frames == here)
        if (between := self._between_points()) is not None:
            chosen = annotation.frames == between
            add(menu, tr("Between in and out points"), replace(annotation, frames=between), chosen)
        add(menu, tr("On all frames"), replace(annotation, frames=None), annotation.frames is None)
        add(menu, tr("Follow the keypoints"), self._followed(annotation), follows)
        menu.addSeparator()
        for title, color in COLORS:
            from app.window.video.annotation_tools import with_color

            shade = add(shades, tr(title), with_color(annotation, color))
            swatch = QPixmap(14, 14)
            swatch.fill(color)
            shade.setIcon(QIcon(swatch))
        menu.addMenu(shades)
        if annotation.kind == "text":
            edit = QAction(tr("Edit text…"), menu)
            edit.triggered.connect(lambda _: self._edit_text(number))
            menu.addAction(edit)
        delete = QAction(tr("Delete"), menu)
        delete.triggered.connect(lambda _: board.change(tr("Delete"), board.annotations.without(number), None))
        menu.addAction(delete)
        return menu

    def _change(self, number: int, name: str, annotation: Annotation) -> None:
        self.board.change(name, self.board.annotations.changed(number, annotation), number)

    def _followed(self, annotation: Annotation) -> Annotation | None:
        """The annotation following keypoints in all frames, or no more where it does; None if none is seen."""
        from app.overlay.annotations import fixed, following

        shown, style, skeleton = self._view.shown, self._view.draw_style, self._view.skeleton
        at = self.board.points(annotation)
        if at is None or shown is None or style is None or skeleton is None:
            return None
        if annotation.follows:
            return replace(fixed(annotation, at), frames=self._new_frames(shown.poses.index))
        found = following(annotation, at, shown.poses, skeleton, style.threshold)
        return None if found is None else replace(found, frames=None)

    def _edit_text(self, number: int) -> None:
        from app.window.video.annotation_tools import TextField

        annotation = self.board.annotations.items[number]
        at = self.board.points(annotation)
        if at is None:
            return
        place = self._view.at(*at[0]).toPoint()

        def done(text: str) -> None:
            if text and text != annotation.text:
                self._change(number, tr("Edit text…").rstrip("…"), replace(annotation, text=text))

        TextField(self._view, place, annotation.text, done)

    def _use(self, name: str) -> None:
        """Use the tool of the action ``name``."""
        from app.window.video.annotation_tools import DrawTool

        kinds = {f"tool-{kind}": kind for kind in DrawTool.KINDS}
        self._view.tools.use(DrawTool(kinds[name], self.board) if name in kinds else None)
        self._show_tool(self._view.tools.used)

    def _show_tool(self, tool: ViewTool | None) -> None:
        """Check the action of the tool in use; none of them for a tool of another kind."""
        kind = getattr(tool, "kind", "") if tool is not None else "select"
        for name, action in self._actions.items():
            action.setChecked(name == f"tool-{kind}")

    def _open(self) -> None:
        """Begin without annotations, unless the same source is opened again."""
        self._view.tools.use(None)
        board = self.board
        board.select(None)
        if self._player.asked != self._source:
            from app.overlay import Annotations

            self._source = self._player.asked
            board.set(Annotations())

    def _between_points(self) -> tuple[int, int] | None:
        """The indices of the first and the last frame between in and out points; None if these are not set."""
        playback, source, analysis = self._player.playback, self._player.source, self._player.analysis
        if source is None or not playback.marked or not self._player.seekable:
            return None

        def index_at(time_s: float) -> int | None:
            known = analysis.index_at(time_s) if analysis is not None else None
            return round(time_s * source.fps) if known is None and source.fps else known

        end_s = playback.end_s if playback.end_s is not None else source.duration_s
        first, last = index_at(playback.start_s), index_at(end_s) if end_s is not None else None
        return (first, last) if first is not None and last is not None and first <= last else None

    def _new_frames(self, index: int) -> tuple[int, int] | None:
        source = self._player.source
        return (index, index) if source is not None and self._player.seekable and source.frames != 1 else None
