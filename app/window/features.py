"""Adds to the window what works beside its main parts; each feature is built here from the parts that it needs."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import QObject, Qt

from app.window.analyses import Analyses
from app.window.appearance import AppearanceChanges
from app.window.clip_queue import ClipQueueController
from app.window.coaching import Coaching
from app.window.compare import Compare
from app.window.core.view_ticks import follow_switch, follow_visibility
from app.window.engine_notices import show_event
from app.window.figures import Figures
from app.window.i18n.tr import tr
from app.window.marking import Marking
from app.window.models.cost_meter import CostMeter
from app.window.panels.check_panel import CheckPanel
from app.window.parts import WindowParts
from app.window.presets import Presets
from app.window.project_files import ProjectFiles
from app.window.project_title import ProjectTitle
from app.window.review.annotating import Annotating
from app.window.review.annotation_keeper import AnnotationKeeper
from app.window.review.correct_mode import CorrectMode
from app.window.review.edit_keeper import EditKeeper
from app.window.review.mark_values import MarkValues
from app.window.review.people_editing import PeopleEditing
from app.window.review.recording_checks import RecordingChecks
from app.window.review.undo import Undo
from app.window.sending import Sending
from app.window.simple_view import SimpleView
from app.window.three_d import ThreeD
from app.window.video.loss import Loss
from app.window.video.private_picture import frames_near
from app.window.widgets.notification import Notice, sentence_of


class Features(QObject):
    """Owns the features of one window. They connect themselves with the parts."""

    def __init__(self, parts: WindowParts, loss: Loss) -> None:
        super().__init__(parts.window)
        self.figures = Figures(parts, loss)
        CostMeter(parts.background, parts.preferences, parts.loader, parts.player, parts.panel)
        left = Qt.DockWidgetArea.LeftDockWidgetArea
        for docked in parts.review.docked_panels():
            parts.docks.dock(*docked)
        checks = CheckPanel()
        RecordingChecks(parts.background, parts.player, parts.capture.recorder, checks)
        parts.docks.dock("check", tr("Recording check"), checks, left, 300)
        parts.docks.dock("engine", tr("Engine"), parts.engine_panel, left, 260)
        self.queue = ClipQueueController(parts)
        _connect_view(parts)
        parts.view.private.frames_near = frames_near(parts.player)
        _report_failures(parts)
        self.marking = Marking(parts)
        self.coaching = Coaching(parts)
        self.presets = Presets(parts)
        ThreeD(parts)
        self.sending = Sending(parts)
        SimpleView(parts)
        AppearanceChanges(parts.preferences, parts.dialogs)
        self.undo = Undo(parts.actions, self)
        parts.player.opened.connect(self.undo.clear)
        self.edits = EditKeeper(parts.background, parts.player)
        self.edits.failed.connect(lambda error: _notify_failed(parts, error))
        self.edits.noted.connect(lambda sentence: show_event(parts.stack.banner, "notice", sentence, False))
        self.undo.changed.connect(self.edits.save)
        self.projects = ProjectFiles(parts, self.edits)
        self.title = ProjectTitle(parts.window, parts.player)
        for kept_elsewhere in (self.projects.saved, self.edits.noted):
            kept_elsewhere.connect(self.title.refresh)
        self.analyses = Analyses(parts)
        self.annotating = Annotating(parts.view, parts.player, parts.actions, parts.panel.display.marks, self.undo)
        AnnotationKeeper(parts.background, parts.player, self.annotating)
        MarkValues(parts.background, parts.player, parts.panel)
        _connect_legend(parts)
        self.compare = Compare(parts)  # after the analyses, which draw what they compare in the same place
        self.undo.changed.connect(parts.review.refresh)
        self.undo.changed.connect(lambda: parts.player.show_known())
        timeline, notify = parts.controls.timeline, parts.stack.banner.notify
        PeopleEditing(
            parts.player, self.undo, parts.people, timeline, parts.notes, notify, parts.actions["revert-edits"]
        )
        self.correct = CorrectMode(parts.background, parts.player, parts.view, self.undo, parts.actions["correct"])
        self.correct.corrections.failed.connect(lambda error: _notify_failed(parts, error))
        self.edits.pending = self.correct.corrections.placed
        self.correct.corrections.advanced.connect(self.edits.save)

    def stop(self) -> None:
        """Stop what would go on in the background; the window closes."""
        self.figures.stop()
        self.sending.output.close()


def _connect_view(parts: WindowParts) -> None:
    """Connect the actions that change how the picture is shown."""
    for name, zoom in (
        ("zoom-in", partial(parts.view.zoom_by, 1.25)),
        ("zoom-out", partial(parts.view.zoom_by, 0.8)),
        ("zoom-fit", parts.view.zoom_fit),
        ("zoom-actual", parts.view.zoom_actual),
    ):
        parts.actions[name].triggered.connect(lambda _, zoom=zoom: zoom())
    for name in ("skeleton", "boxes", "ids", "mirror"):
        follow_switch(parts.actions[name], parts.panel.display.switches[name])
    follow_visibility(parts.actions["panel"], parts.panel)


def _connect_legend(parts: WindowParts) -> None:
    """Show the legend on the screen while its switch is on."""
    legend, switch = parts.view.legend, parts.panel.display.switches["legend"]
    legend.switched_on = switch.isChecked()
    switch.toggled.connect(legend.switch)


def _notify_failed(parts: WindowParts, error: Exception) -> None:
    parts.stack.banner.notify(Notice("error", sentence_of(error)))


def _report_failures(parts: WindowParts) -> None:
    """Show a notice where work in the background fails, and where a plot was written."""
    for failed in (parts.review.measures.measured.failed, parts.plots.failed):
        failed.connect(lambda error: _notify_failed(parts, error))
    parts.plots.exported.connect(lambda path: parts.capture.saved([path]))
