"""Notices of a source: each is shown once, even if several readers read it several times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.window.widgets.timeline import merged

if TYPE_CHECKING:  # these bring OpenCV along, which the window does not wait for
    from app.sources import Source, SourceEvent

SLACK_S = 1e-3
"""Spans that overlap by less than this, in seconds, follow each other."""


class SourceNotices(QObject):
    """Collects the events of the shown source from all its readers.

    ``notified`` (kind, sentence) passes each notice on once per source; ``replaced`` (sentence, new sentence) says that
    a notice passed on before reads differently now. ``damaged`` gives all damaged spans as (start, end) in seconds.
    """

    notified = pyqtSignal(str, object)
    replaced = pyqtSignal(object, object)
    damaged = pyqtSignal(list)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._source: Source | None = None
        self._sentences: set[str] = set()
        self._spans: list[tuple[float, float]] = []

    def hear(self, source: Source | None, event: SourceEvent) -> None:
        """Take an event of ``source``, or of another reader of the same file."""
        if source is not self._source:
            self._source, self._sentences, self._spans = source, set(), []
        is_known = event.message in self._sentences and event.state in ("notice", "damaged")
        if event.state == "damaged":
            # Another reader may find that the same stretch begins a frame earlier or later.
            is_known |= all(map(self._is_marked, event.spans))
            self._mark(event.spans)
        if event.message and event.message not in self._sentences and event.replaces in self._sentences:
            self.replaced.emit(event.replaces, event.message)
        elif event.message and not is_known:
            self.notified.emit("notice" if event.state in ("skipped", "damaged") else event.state, event.message)
        else:
            return
        self._sentences.add(event.message)

    def _is_marked(self, span: tuple[float, float]) -> bool:
        """Whether a part of ``span`` is marked already."""
        return any(start < span[1] - SLACK_S and span[0] < end - SLACK_S for start, end in self._spans)

    def _mark(self, spans: tuple[tuple[float, float], ...]) -> None:
        before, self._spans = self._spans, merged(sorted({*self._spans, *spans}), 0.0)
        if self._spans != before:
            self.damaged.emit(list(self._spans))
