"""Sends the people of the shown frames to other programs, and follows the shown source."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from PyQt6.QtCore import QObject, pyqtSignal

from app.core.errors import StanceError
from app.core.live_address import LiveAddress
from app.window.core.tasks import TaskRunner, nothing
from app.window.player.player import Player

if TYPE_CHECKING:
    from app.core.message import Message
    from app.core.skeleton import Skeleton
    from app.engine import Engine
    from app.overlay import DrawStyle
    from app.pipeline import Pipeline
    from app.sinks.live import Link
    from app.sinks.live.sent import SentOutput


class Run(NamedTuple):
    """What is sent as one run, with one head."""

    engine: Engine
    pipeline: Pipeline
    skeleton: Skeleton


@dataclass(slots=True)
class _Made:
    """What the background has opened, and what it could not."""

    sinks: dict[LiveAddress, SentOutput] = field(default_factory=dict)
    failed: dict[LiveAddress, StanceError] = field(default_factory=dict)
    missed: list[Message] = field(default_factory=list)


class LiveOutput(QObject):
    """Owns the links to ``addresses``, for as long as there are any; ``follow_source`` is called on every change.

    Links are kept when the source or the pipeline changes: receivers stay connected, and get another first line, which
    says what they are now. An address that cannot be opened is left out. ``draw_style`` returns how people are drawn,
    with their names.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(object)
    missed = pyqtSignal(object)  # a sentence on frames that were not sent

    def __init__(
        self, background: TaskRunner, player: Player, draw_style: Callable[[], DrawStyle], parent: QObject
    ) -> None:
        super().__init__(parent)
        self.addresses: tuple[LiveAddress, ...] = ()
        self._background = background
        self._player = player
        self._draw_style = draw_style
        self._links: dict[LiveAddress, Link] = {}  # changed in the background alone, by one thread at a time
        self._changing_links = threading.Lock()
        self._closed = threading.Event()
        self._sinks: dict[LiveAddress, SentOutput] = {}
        self._at: tuple[tuple[LiveAddress, ...], Run | None] = (), None
        self._opening = False

    @property
    def sending(self) -> bool:
        """Whether frames are being sent."""
        return bool(self._sinks) and not self._opening and self._at == (self.addresses, self._run())

    def send(self, addresses: Sequence[LiveAddress]) -> None:
        """Send to ``addresses`` alone from now on; to none: end."""
        self.addresses = tuple(addresses)
        self.follow_source()
        self.changed.emit()

    def follow_source(self) -> None:
        """Send what is shown now; ends what was sent of another source before."""
        addresses, run = self.addresses, self._run()
        if self._opening or (addresses, run) == self._at:
            return
        before = self._at[1]
        ending = {address: sink for address, sink in self._sinks.items() if run != before or address not in addresses}
        for address in ending:
            del self._sinks[address]
        beginning = [address for address in addresses if address not in self._sinks]
        self._at, self._opening = (addresses, run), True
        begin = self._beginner(run)

        def work() -> _Made:
            made = _Made(missed=_close(ending.values(), before))
            with self._changing_links:
                if self._closed.is_set():
                    return made
                for address in [address for address in self._links if address not in addresses]:
                    self._links.pop(address).close()
                for address in beginning:
                    try:
                        self._begin(address, begin, made)
                    except StanceError as error:
                        made.failed[address] = error
            return made

        self._background.run("send", work, self._take, self._fail, self)

    def close(self) -> None:
        """Close all links in the background, and open none any more."""
        self._closed.set()

        def work() -> None:
            with self._changing_links:
                while self._links:
                    self._links.popitem()[1].close()

        self._background.run("send", work, nothing, nothing, self)

    def _run(self) -> Run | None:
        """What is to be sent: nothing unless a source runs and the models are loaded."""
        engine, pipeline, analysis = self._player.engine, self._player.pipeline, self._player.analysis
        if not self.addresses or engine is None or pipeline is None or not engine.alive:
            return None
        return Run(engine, pipeline, pipeline.skeleton if analysis is None else analysis.skeleton)

    def _beginner(self, run: Run | None) -> Callable[[LiveAddress, Link], SentOutput] | None:
        """A function that begins ``run`` over a link, for another thread."""
        if run is None:
            return None
        text, analysis, style = self._player.text, self._player.analysis, self._draw_style()

        def begin(address: LiveAddress, link: Link) -> SentOutput:
            from app.engine.header import make_header, with_people
            from app.sinks.live.sent import SameSkeleton

            header, named = with_people(make_header(text, run.engine.source, run.pipeline), style, analysis)
            header = replace(header, skeleton=run.skeleton)  # that of a recording differs from that of the models
            return SameSkeleton(address, link.begin(header, named.names), len(run.skeleton.names))

        return begin

    def _begin(
        self, address: LiveAddress, begin: Callable[[LiveAddress, Link], SentOutput] | None, made: _Made
    ) -> None:
        """Open the link of ``address`` if that is not open, and begin the run over it."""
        from app.sinks.live import open_link

        if address not in self._links:
            self._links[address] = open_link(address)
        if begin is not None:
            made.sinks[address] = begin(address, self._links[address])

    def _take(self, made: _Made) -> None:
        self._opening = False
        for sentence in made.missed:
            self.missed.emit(sentence)
        run = self._at[1]
        if made.failed:
            self.addresses = tuple(address for address in self.addresses if address not in made.failed)
            self._at = tuple(address for address in self._at[0] if address not in made.failed), run
        for address, sink in made.sinks.items():
            assert run is not None
            try:
                run.engine.add_sink(sink)
                self._sinks[address] = sink
            except StanceError:  # the engine has ended meanwhile
                sink.close()
        self.follow_source()
        self.changed.emit()
        for error in made.failed.values():
            self.failed.emit(error)

    def _fail(self, error: Exception) -> None:
        self._opening = False
        self.send(())
        self.failed.emit(error)


def _close(sinks: Iterable[SentOutput], run: Run | None) -> list[Message]:
    """End ``sinks``, which the engine of ``run`` feeds; returns sentences on what was not sent."""
    missed: list[Message] = []
    for sink in sinks:
        if run is not None:
            run.engine.remove_sink(sink)
        sink.close()  # also where the engine is still ending
        missed += sink.warnings
    return missed
