"""Saves the user's notes about a clip and restores them.

Names stay with people when the clip is analysed again, and all notes come back when the clip is opened again. Live
sources need none of this: their people keep their ids when the networks change (see ``FrameProcessor``).
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.core.address import path_of
from app.window.core.tasks import Task, TaskRunner, nothing
from app.window.player.player import Player
from app.window.review.people_table import PeopleTable
from app.window.review.review_controller import ReviewController

if TYPE_CHECKING:  # these import scipy and msgspec, which must not delay the start of the window
    from app.analysis import Analysis
    from app.analysis.people_notes import PeopleMatcher, PersonNote
    from app.window.review.clip_notes import ClipNotes, NotedClip

MATCH_INTERVAL_MS = 300
"""Interval between checks for people to match, in milliseconds."""
SAVE_DELAY_MS = 1000
"""Delay between the last change and writing the notes, in milliseconds."""


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
        self._points: tuple[float | None, float | None] = (None, None)
        self._pinned: int | None = None
        self._pin_pending = False
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

    def refresh(self) -> None:
        """Apply names and order to people who have been matched since the last call."""
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
        if self._pin_pending and self._pinned is not None and (poses := analysis.get(self._pinned)) is not None:
            self._pin_pending = False
            self._review.pin.show(poses)

    @property
    def saved(self) -> ClipNotes | None:
        """The notes as they were read or written last; None if there are none yet."""
        return self._saved

    def save(self) -> None:
        """Write the notes of the clip in the background, if they differ from those on disk."""
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
        self._analysis = self._matcher = self._pinned = None
        self._points, self._pin_pending = (None, None), False
        if source is None or source.live or source.still:
            return
        self._size = source.size
        # The recording, if one is replayed; else the video.
        files = [path_of(self._player.text), path_of(source.name)]

        store = self._player.clip_analysis.projects

        def work() -> tuple[NotedClip, ClipNotes] | None:
            from app.project.fingerprint import fingerprint
            from app.window.review.clip_notes import NotedClip

            for file in files:
                with suppress(OSError):
                    clip = NotedClip(file, fingerprint(file))
                    return clip, clip.load(store)
            return None

        def done(found: tuple[NotedClip, ClipNotes] | None) -> None:
            if found is not None:
                self._restore(*found)

        # Queued after the notes of the previous source are written: it may be the same clip.
        self._background.queue(work, done, nothing, self, task)

    def _restore(self, clip: NotedClip, notes: ClipNotes) -> None:
        from app.analysis.people_notes import PeopleMatcher

        self._clip, self._saved = clip, notes
        if self._points == (None, None):
            self._points = (notes.in_s, notes.out_s)
            self._review.range.restore(*self._points)
        if self._pinned is None:
            self._pinned, self._pin_pending = notes.pinned, notes.pinned is not None
        people = notes.person_notes() if notes.size == self._size else []
        if self._matcher is not None:  # the user noted something before these were loaded
            people = [*self._matcher.unmatched(), *people]
        self._matcher = PeopleMatcher(people, notes.ordered)
        self.refresh()

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
        playback, pinned = self._player.playback, self._review.pin.poses
        self._points = playback.in_s, playback.out_s
        if pinned is not None or not self._pin_pending:
            self._pinned, self._pin_pending = (pinned.index if pinned is not None else None), False
        self._save_timer.start()

    def _notes(self, saved: ClipNotes) -> ClipNotes:
        from app.window.review.clip_notes import ClipNotes, entries_of, is_described

        people, ordered = self._people(self._analysis)
        size, entries = self._size, entries_of(people)
        if not ordered and not any(map(is_described, people)):
            # Keep the notes made for the other orientation of the clip until it is rotated back.
            size, ordered, entries = (
                (self._size, False, []) if saved.size == size else (saved.size, saved.ordered, saved.people)
            )
        return ClipNotes(size, *self._points, self._pinned, ordered, entries)
