"""One analysis of a clip and its project: restores what is kept, and keeps what is found, as it comes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import FramePoses
from app.network_answers import Answer, NetworkAnswers
from app.pipeline import Pipeline
from app.project.answer_blocks import decode_answers, encode_answers
from app.project.pose_blocks import PoseBlock
from app.project.project_file import ProjectFile, open_project
from app.project.run_info import ClipPart, RunKeys, info_of, keys_of
from app.project.store import ProjectStore, gone_message, gone_project, kept_file, note_saved

log = logging.getLogger(__name__)

BLOCK_FRAMES = 256
"""Number of frames that are written together."""
FLUSH_S = 2.0
"""Longest time between two writes, in seconds: what a kill can lose has to be computed again."""


class ProjectRun:
    """An analysis of ``part`` of the file ``clip`` by ``pipeline``, with the ``answers`` of its networks.

    ``restore`` and ``add`` are called in one thread, ``flush`` in any. Without a readable clip nothing is kept. A
    project that cannot be read or written is reported to ``notify`` in a sentence, once; the analysis itself goes on.
    Where the same analysis is made twice at the same time, by another window or the queue, the one begun last is kept.
    ``anew``: what was kept is deleted first. ``edits`` are the user's changes as they are stored, from ``restore`` on,
    ``checked`` is what was read from the pictures of a restored analysis.
    """

    def __init__(
        self,
        store: ProjectStore,
        clip: Path,
        part: ClipPart,
        pipeline: Pipeline,
        answers: NetworkAnswers,
        *,
        anew: bool = False,
        notify: Callable[[Message], None] = lambda sentence: None,
    ) -> None:
        self.keys: RunKeys | None = None
        self.file: Path | None = None
        self.edits = self.checked = b""
        self._store = store
        self._clip = clip
        self._pipeline: Pipeline | None = pipeline
        self.part = part
        self._info = info_of(part, pipeline)
        self._answers = answers
        self._anew = anew
        self._notify = notify
        self._lock = threading.Lock()
        self._number: int | None = None
        self._written = 0
        self._keeps = False
        self._left: list[Answer] = []
        self._pending: list[FramePoses] = []
        self._flushed_s = 0.0

    def restore(self) -> Iterator[list[FramePoses]] | None:
        """The frames of the analysis, in parts, if it is kept as a whole; else None, and kept answers are restored.

        The first part is there before the others are made.
        """
        pipeline, self._pipeline = self._pipeline, None
        assert pipeline is not None
        try:
            self.keys = keys_of(self._clip, self._info.part, pipeline)
        except OSError as error:
            log.info("nothing is kept of %s: %s", self._clip, error)
            return None
        self.file = self._store.file_of(self._clip, self.keys.clip_id)
        self._keeps, self._flushed_s = True, time.monotonic()
        self._left = self._answers.take_new()
        if self.file == kept_file(self.keys.clip_id) and self.file.exists() and (gone := gone_project(self.file)):
            self._notify(gone_message(gone))
        try:
            return self._restored(self.file, self.keys) if self.file.exists() else None
        except StanceError as error:
            self._set_aside(error)
            return None

    def add(self, poses: FramePoses) -> None:
        """Keep the next frame."""
        with self._lock:
            self._pending.append(poses)
            is_due = len(self._pending) >= BLOCK_FRAMES or time.monotonic() - self._flushed_s > FLUSH_S
        if is_due:
            self.flush()

    def flush(self) -> None:
        """Write the frames and answers that are not written yet."""
        self._write(lambda project, number: None)

    def finish(self, checked: bytes = b"") -> None:
        """Write the rest of an analysis that has all frames; ``checked`` is what was read from the pictures."""
        self._write(lambda project, number: project.end_run(number, checked))
        if self._keeps and self.file is not None:
            self._keeps = False
            self._store.trim(self.file)

    def save_edits(self, edits: bytes) -> Message | None:
        """Write the user's changes into the project, and into the one in the data folder, in case that is deleted.

        Returns what the user is to be told if the project is gone. Raises StanceError if it cannot be written.
        """
        with self._lock:
            if self.file is None or self.keys is None:
                return None
            kept, gone = kept_file(self.keys.clip_id), self._leave_missing(self.file, self.keys)
            if self.file != kept:
                try:
                    self._write_edits(kept, self.keys, edits)
                except (StanceError, OSError) as error:
                    log.warning("the edits are kept in the project alone: %s", error)
            self._write_edits(self.file, self.keys, edits)
            return gone

    def move(self, into: Path, write: Callable[[], None]) -> None:
        """Call ``write``, which copies the project to ``into``, and use the copy from then on."""
        self.flush()
        with self._lock:
            write()
            self.file = into if self.file is not None else None

    def _restored(self, file: Path, keys: RunKeys) -> Iterator[list[FramePoses]] | None:
        with open_project(file) as project:
            kept = next((run for run in project.runs() if run.key == keys.run), None)
            self.edits = project.edits(keys.run)
            if self._anew:
                project.delete_answers(keys.networks)
            elif kept is not None and kept.complete:
                project.use_run(keys.run)
                blocks, self.checked = project.blocks(kept), project.checked(kept.number)
                self._keeps = False  # all is written
                return map(PoseBlock.frames, blocks)
            else:
                for data in project.answers(keys.networks):
                    with suppress(ValueError):
                        self._answers.restore(decode_answers(data))
        return None

    def _write_edits(self, file: Path, keys: RunKeys, edits: bytes) -> None:
        is_kept, is_own = file == kept_file(keys.clip_id), file == self.file
        with open_project(file, create=is_kept) as project:
            if not (is_own and self._number is not None) and all(run.key != keys.run for run in project.runs()):
                number = project.begin_run(keys.run, keys.networks, self._info)
                self._number = number if is_own else self._number
            project.set_edits(keys.run, edits)
            if is_kept:
                note_saved(project, None if is_own else self.file)

    def _leave_missing(self, file: Path, keys: RunKeys) -> Message | None:
        """Go on in the data folder if the project in ``file`` is gone; returns what the user is to be told then.

        The frames that were written are gone with it, so no further ones are kept.
        """
        kept = kept_file(keys.clip_id)
        if file == kept or file.exists():
            return None
        log.warning("the project %s is gone; changes are kept in %s", file, kept)
        self.file, self._number, self._keeps = kept, None, False
        return gone_message(file)

    def _write(self, end: Callable[[ProjectFile, int], None]) -> None:
        with self._lock:
            frames, self._pending = self._pending, []
            self._flushed_s = time.monotonic()
            if not self._keeps or self.file is None or self.keys is None:
                return
            if (gone := self._leave_missing(self.file, self.keys)) is not None:
                self._notify(gone)
                return
            try:
                with open_project(self.file, create=self.file == kept_file(self.keys.clip_id)) as project:
                    if self._number is not None and project.frame_count(self._number) != self._written:
                        self._keeps = False
                        log.info("the clip is analysed elsewhere too; that analysis is kept")
                        return
                    self._write_frames(project, self.keys, frames)
                    self._written += len(frames)
                    if self._number is not None:
                        end(project, self._number)
            except (StanceError, OSError) as error:
                self._give_up(error)

    def _write_frames(self, project: ProjectFile, keys: RunKeys, frames: list[FramePoses]) -> None:
        if self._number is None:
            self._number = project.begin_run(keys.run, keys.networks, self._info)
        if frames:
            project.add_frames(self._number, frames, len(self._info.skeleton.names))
        new, self._left = [*self._left, *self._answers.take_new()], []
        if new:
            project.add_answers(keys.networks, encode_answers(new))

    def _set_aside(self, error: StanceError) -> None:
        """Begin a new file in the place of one in the data folder that cannot be read; leave others alone."""
        assert self.file is not None
        assert self.keys is not None
        if self.file == kept_file(self.keys.clip_id):
            with suppress(OSError):
                self.file.replace(self.file.with_suffix(".damaged"))
                log.warning("%s It was set aside; the clip is analysed again.", error)
                return
        self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Keep nothing further of this analysis."""
        self._keeps = False
        log.warning("the analysis is not kept: %s", error)
        if isinstance(error, StanceError):
            self._notify(error.message)
