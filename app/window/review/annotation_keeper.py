"""Keeps the annotations on the picture of a clip in the clip's project."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.core.address import path_of
from app.core.errors import StanceError
from app.window.core.tasks import Task, TaskRunner, nothing
from app.window.player.player import Player
from app.window.review.annotating import Annotating

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.overlay import Annotations
    from app.sources import Source

log = logging.getLogger(__name__)


class AnnotationKeeper(QObject):
    """Saves the annotations of ``annotating`` when they change, and restores them when a clip is opened again."""

    def __init__(self, background: TaskRunner, player: Player, annotating: Annotating) -> None:
        super().__init__(player)
        self._background = background
        self._player = player
        self._annotating = annotating
        self._task: Task | None = None
        self._clip: tuple[Path, str] | None = None  # the file and its fingerprint
        self._saved: Sequence[object] = []
        self._source: Source | None = None  # which the clip was opened as
        player.opened.connect(self._load)
        annotating.changed.connect(self.save)

    def save(self) -> None:
        """Write the annotations in the background, if they have changed."""
        clip = self._clip
        if clip is None or self._player.source is not self._source:
            return
        plain = self._annotating.annotations.to_plain()
        if plain == self._saved:
            return
        self._saved = plain
        store, rotate = self._player.clip_analysis.projects, self._player.rotate

        def work() -> None:
            from app.project.kept_annotations import save_annotations
            from app.project.store import kept_file

            for file in dict.fromkeys((kept_file(clip[1]), store.file_of(*clip))):  # the first stays if the other goes
                save_annotations(file, plain, rotate)

        self._background.queue(
            work, nothing, lambda error: log.warning("the annotations are not kept: %s", error), self
        )

    def _load(self) -> None:
        task = self._task = self._background.new_task(self._task)
        self._clip, self._saved = None, []
        source = self._source = self._player.source
        if source is None or source.live or source.still:
            return
        file, store = path_of(self._player.film), self._player.clip_analysis.projects
        rotate, size = self._player.rotate, source.size

        def work() -> tuple[str, Annotations] | None:
            from app.project.fingerprint import fingerprint
            from app.project.kept_annotations import read_annotations

            with suppress(OSError):
                clip_id = fingerprint(file)
                try:
                    return clip_id, read_annotations(store.file_of(file, clip_id), file, rotate, size)
                except StanceError as error:
                    log.warning("the annotations are not restored: %s", error)
            return None

        def done(found: tuple[str, Annotations] | None) -> None:
            if found is None:
                return
            self._clip = file, found[0]
            self._saved = found[1].to_plain()
            present = self._annotating.annotations
            missing = [one for one in found[1] if one not in present.items]
            if missing:
                from app.overlay import Annotations

                self._annotating.show(Annotations((*missing, *present)))
            self.save()  # what was drawn before these were loaded

        self._background.queue(work, done, nothing, self, task)
