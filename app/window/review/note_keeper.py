"""Saves the user's notes about a clip and restores them.

Names stay with people when the clip is analysed again, and all notes come back when the clip is opened again. Live
sources need none of this: their people keep their ids when the networks change (see ``FrameProcessor``).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.core.address import path_of
from app.core.scale_options import NO_SCALE, ScaleOptions
from app.window.core.tasks import Task, TaskRunner, nothing
from app.window.player.player import Player
from app.window.player.session import Session
from app.window.review.people_table import PeopleTable
from app.window.review.review_controller import ReviewController

if TYPE_CHECKING:  # these import scipy and msgspec, which must not delay the start of the window
    from app.analysis import Analysis
    from app.analysis.people_notes import PeopleMatcher, PersonNote
    from app.project.kept_notes import ClipNotes, NotedClip

Given = tuple[dict[int, str], dict[int, int]]
"""Names and sides of people, by id."""
MATCH_INTERVAL_MS = 300
"""Interval between checks for people to match, in milliseconds."""
SAVE_DELAY_MS = 1000
"""Delay between the last change and writing the notes, in milliseconds."""


@dataclass(slots=True)
class Noted:
    """What the user has noted about the open clip, apart from its people.

    ``points`` are the in and out points in seconds, ``pinned`` is the index of the pinned frame, which is still to be
    shown if ``is_pin_pending``. ``scale`` is None until the user states one in ``session``; ``seen_scale`` is what it
    was when it was last looked at.
    """

    points: tuple[float | None, float | None] = (None, None)
    pinned: int | None = None
    is_pin_pending: bool = False
    scale: ScaleOptions | None = None
    session: Session | None = None
    seen_scale: ScaleOptions = NO_SCALE


class NotePart(Protocol):
    """Something else that is kept in the notes of a clip: marks, say."""

    def forget(self) -> None:
        """Another source is opened, whose notes are not loaded yet."""

    def restore(self, notes: ClipNotes) -> None:
        """Take over the loaded ``notes``; what the user has noted since ``forget`` stays."""

    def noted(self, notes: ClipNotes) -> ClipNotes:
        """``notes`` with those of this part."""


class NoteKeeper(QObject):
    """Keeps the notes of the open clip; ``changed`` is emitted when it has named or ordered people."""

    changed = pyqtSignal()

    def __init__(self, background: TaskRunner, player: Player, review: ReviewController, people: PeopleTable) -> None:
        super().__init__(player)
        self._background = background
        self._player = player
        self._review = review
        self._task: Task | None = None
        self._clip: NotedClip | None = None
        self._size = (0, 0)
        self._analysis: Analysis | None = None
        self._matcher: PeopleMatcher | None = None
        self._noted = Noted()
        self._parts: list[NotePart] = []
        self._saved: ClipNotes | None = None
        self._save_timer = QTimer(self)
        self._save_timer.setSingleShot(True)
        self._save_timer.setInterval(SAVE_DELAY_MS)
        self._save_timer.timeout.connect(self.save)
        self._match_timer = QTimer(self)
        self._match_timer.setInterval(MATCH_INTERVAL_MS)
        self._match_timer.timeout.connect(self.refresh)
        self._match_timer.start()
        player.opened.connect(self._on_opened)
        people.changed.connect(self._on_people_changed)
        review.range.changed.connect(self._on_noted)
        review.pin.changed.connect(self._on_noted)

    def add(self, part: NotePart) -> None:
        """Keep ``part`` too; call ``save_soon`` when the user has changed it."""
        self._parts.append(part)

    def save_soon(self) -> None:
        """Write the notes when they have not changed for a moment."""
        self._save_timer.start()

    def refresh(self) -> None:
        """Apply names and order to people who have been matched since the last call."""
        if self._took_scale():
            self._save_timer.start()
        analysis, source, before = self._player.analysis, self._player.source, self._analysis
        if analysis is None or source is None or source.live:
            return  # people of a live source keep their ids, and with them names and order
        if analysis is not before and (before is None or len(analysis)):
            if before is not None:
                self._match_anew(before)
            self._analysis = analysis
        if self._matcher is not None and self._matcher.apply(analysis):
            self._review.show_names()
            self.changed.emit()
        noted = self._noted
        if noted.is_pin_pending and noted.pinned is not None and (poses := analysis.get(noted.pinned)) is not None:
            noted.is_pin_pending = False
            self._review.pin.show(poses)

    @property
    def saved(self) -> ClipNotes | None:
        """The notes as they were read or written last; None if there are none yet."""
        return self._saved

    def match_again(self) -> None:
        """Match all people again: edits have given them other ids."""
        if self._matcher is not None:
            self._matcher.restart()
            self.refresh()

    def save(self) -> None:
        """Write the notes of the clip in the background, if they differ from those on disk."""
        self._took_scale()
        self._save_timer.stop()
        if self._clip is None or self._saved is None:
            return
        notes = self._notes(self._saved)
        if notes != self._saved:
            self._saved = notes
            store = self._player.clip_analysis.projects
            self._background.queue(partial(self._clip.save, notes, store), nothing, nothing, self)

    def _on_opened(self) -> None:
        """Load the notes of the newly opened source."""
        self.save()
        task = self._task = self._background.new_task(self._task)
        source = self._player.source
        self._clip, self._saved = None, None
        for part in self._parts:
            part.forget()
        self._analysis = self._matcher = None
        self._noted = Noted(session=self._player.session, seen_scale=self._player.scale)
        if source is None or source.live or source.still:
            return
        self._size = source.size
        # The recording, if one is replayed; else the video.
        files = [path_of(self._player.text), path_of(source.name)]
        recorded = self._player.analysis if self._player.recorded else None
        given = (recorded.names(), recorded.chosen_facing()) if recorded is not None else ({}, {})

        store = self._player.clip_analysis.projects

        def work() -> tuple[NotedClip, ClipNotes] | None:
            from app.project.fingerprint import fingerprint
            from app.project.kept_notes import NotedClip

            for file in files:
                with suppress(OSError):
                    clip = NotedClip(file, fingerprint(file))
                    return clip, clip.load(store)
            return None

        def done(found: tuple[NotedClip, ClipNotes] | None) -> None:
            if found is not None:
                self._restore(*found, given)

        # Queued after the notes of the previous source are written: it may be the same clip.
        self._background.queue(work, done, nothing, self, task)

    def _restore(self, clip: NotedClip, notes: ClipNotes, given: Given) -> None:
        """Apply ``notes``; they replace the names and sides ``given`` by a recording."""
        from app.analysis.people_notes import PeopleMatcher

        self._clip, self._saved, noted = clip, notes, self._noted
        if noted.points == (None, None):
            noted.points = (notes.in_s, notes.out_s)
            self._review.range.restore(*noted.points)
        if noted.pinned is None:
            noted.pinned, noted.is_pin_pending = notes.pinned, notes.pinned is not None
        self._restore_scale(notes)
        for part in self._parts:
            part.restore(notes)
        people = notes.person_notes() if notes.size == self._size else []
        if self._matcher is not None:  # the user noted something before these were loaded
            people = [*self._matcher.unmatched(), *people]
        self._matcher = PeopleMatcher(people, notes.ordered, *given)
        self.refresh()

    def _restore_scale(self, notes: ClipNotes) -> None:
        """State the scale of ``notes``, unless the user or the command line has stated one since."""
        noted, player = self._noted, self._player
        self._took_scale()
        if notes.scale is None or noted.scale is not None:
            return
        noted.scale = notes.scale.options(self._size)
        if noted.scale is not None and not player.default_scale:
            player.scale = noted.seen_scale = noted.scale

    def _took_scale(self) -> bool:
        """Take over the scale of the clip, if the user has stated another one; returns whether that is so."""
        noted = self._noted
        if noted.session is None or noted.session.scale == noted.seen_scale:
            return False
        noted.scale = noted.seen_scale = noted.session.scale
        return True

    def _match_anew(self, analysis: Analysis) -> PeopleMatcher:
        """Match the people of ``analysis``, and notes not matched yet, with those of the next analysis."""
        from app.analysis.people_notes import PeopleMatcher

        self._matcher = PeopleMatcher(*self._people(analysis))
        return self._matcher

    def _people(self, analysis: Analysis | None) -> tuple[list[PersonNote], bool]:
        """Notes of each person, and whether the user has ordered them."""
        from app.analysis.people_notes import is_ordered, people_notes

        matcher = self._matcher
        if matcher is None:
            return (people_notes(analysis), is_ordered(analysis)) if analysis is not None else ([], False)
        if analysis is None:
            return matcher.unmatched(), matcher.ordered
        return matcher.merged(analysis), matcher.ordered or is_ordered(analysis)

    def _on_people_changed(self) -> None:
        """Take over names or an order set by the user."""
        self.refresh()
        if self._analysis is not None:
            self._match_anew(self._analysis).apply(self._analysis)
        self._save_timer.start()

    def _on_noted(self) -> None:
        """Take over points or a pinned frame set by the user."""
        playback, pinned, noted = self._player.playback, self._review.pin.poses, self._noted
        noted.points = playback.in_s, playback.out_s
        if pinned is not None or not noted.is_pin_pending:
            noted.pinned, noted.is_pin_pending = (pinned.index if pinned is not None else None), False
        self._save_timer.start()

    def _notes(self, saved: ClipNotes) -> ClipNotes:
        from app.project.kept_notes import ClipNotes, ScaleEntry, entries_of, is_described

        people, ordered = self._people(self._analysis)
        size, entries = self._size, entries_of(people)
        if not ordered and not any(map(is_described, people)):
            # Keep the notes made for the other orientation of the clip until it is rotated back.
            size, ordered, entries = (
                (self._size, False, []) if saved.size == size else (saved.size, saved.ordered, saved.people)
            )
        noted = self._noted
        scale = ScaleEntry(self._size, **noted.scale.fields) if noted.scale is not None else None
        notes = ClipNotes(size, *noted.points, noted.pinned, ordered, entries, scale)
        for part in self._parts:
            notes = part.noted(notes)
        return notes
