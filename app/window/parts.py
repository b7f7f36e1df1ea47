"""The main parts of the window, as its features get them."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QWidget

from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner
from app.window.dialog_launcher import DialogLauncher
from app.window.models.loader import ModelLoader
from app.window.panels.dock_area import DockArea
from app.window.panels.engine_panel import EnginePanel
from app.window.panels.side_panel import SidePanel
from app.window.panels.status_bar import StatusBar
from app.window.player.capture import CaptureController
from app.window.player.player import Player
from app.window.review.note_keeper import NoteKeeper
from app.window.review.people_table import PeopleTable
from app.window.review.plot_panel import PlotPanel
from app.window.review.review_controller import ReviewController
from app.window.video.controls import Controls
from app.window.video.video_stack import VideoStack
from app.window.video.video_view import VideoView


@dataclass(frozen=True, slots=True)
class WindowParts:
    """The main parts of ``window``, which features may use; ``window`` itself is for the parents of dialogs only."""

    window: QWidget
    background: TaskRunner
    preferences: Preferences
    actions: dict[str, QAction]
    player: Player
    loader: ModelLoader
    view: VideoView
    stack: VideoStack
    controls: Controls
    panel: SidePanel
    status: StatusBar
    docks: DockArea
    review: ReviewController
    plots: PlotPanel
    people: PeopleTable
    notes: NoteKeeper
    capture: CaptureController
    dialogs: DialogLauncher
    engine_panel: EnginePanel
