"""Detects damaged parts of a video: undecodable frames, frames concealed by the decoder, and a missing end."""

from __future__ import annotations

from app.core.message import Message
from app.sources import NO_MESSAGE, Notify, SourceEvent

ALARM_FRAMES = 64
"""Number of frames after an error in which its effects can appear: decoders delay frames."""
MAX_MESSAGES = 5
"""Number of damaged intervals reported with a message; further ones give an event without a message."""
GROWTH_S = 0.2
"""Seconds by which a damaged interval has to grow to be reported again."""


class Damage:
    """Watches the decoded frames and reports damaged intervals to ``notify``: as they begin, grow and end.

    ``spans`` are the intervals (start, end) that have ended, in seconds of the source, sorted; ``missing_from_s`` is
    the start of a missing rest, None if none was noticed. ``step_s`` is the nominal duration of a frame in seconds.
    """

    def __init__(self, name: str, step_s: float, notify: Notify) -> None:
        self.spans: list[tuple[float, float]] = []
        self.missing_from_s: float | None = None
        self._name = name
        self._step_s = step_s
        self._notify = notify
        self._last_s: float | None = None
        self._damaged_since_s: float | None = None
        self._reported_until_s: float | None = None
        self._alarm = 0

    @property
    def open(self) -> bool:
        """Whether the last frame was damaged or depends on a damaged frame."""
        return self._damaged_since_s is not None

    @property
    def alarmed(self) -> bool:
        """Whether there was an error within the last ``ALARM_FRAMES`` frames."""
        return self._alarm > 0

    def jump(self) -> None:
        """Note a seek: the next frame does not follow the last one."""
        self._last_s = self._damaged_since_s = self._reported_until_s = None
        self._alarm = 0

    def frame(self, time_s: float, *, alarm: bool, corrupt: bool, key: bool) -> bool:
        """Note the frame decoded at ``time_s`` seconds and return whether frames before it were lost.

        ``alarm`` means that an error occurred before it, ``corrupt`` that its decoder concealed an error in it, ``key``
        that it is a key frame. Frames before the first key frame are ignored: decoding that starts in mid-file has no
        whole frame until then.
        """
        self._alarm = ALARM_FRAMES if alarm else max(self._alarm - 1, 0)
        if self._last_s is None:
            self._last_s = time_s if key and not corrupt else None
            return False
        lost = time_s - self._last_s > 1.5 * self._step_s and (self._alarm > 0 or self.open)
        if not self.open and (corrupt or lost):
            self._damaged_since_s = self._last_s + self._step_s
        if self.open and key and not corrupt:
            self._close(time_s)
        else:
            self._grow(time_s)
        self._last_s = time_s
        return lost

    def end(self, declared_s: float | None, last_step_s: float, tolerance_s: float) -> None:
        """Note the end of the file and report a missing rest.

        ``declared_s`` is the declared duration, ``last_step_s`` the duration of the last frame and ``tolerance_s`` the
        tolerance, in seconds.
        """
        if self._last_s is None:
            return
        end_s = self._last_s + max(self._step_s, last_step_s)
        if declared_s is not None and declared_s - end_s > tolerance_s:
            begun = self._begun_message()
            self.missing_from_s = end_s
            self._damaged_since_s = self._reported_until_s = None
            if self._add(end_s, declared_s):
                message = Message(
                    "{name} ends at {end_s:.1f} s of {declared_s:.1f} s: the rest is missing or damaged.",
                    name=self._name,
                    end_s=end_s,
                    declared_s=declared_s,
                )
                self._notify(SourceEvent("damaged", message, tuple(self.spans), replaces=begun))
        elif self.open:
            self._close(end_s)
        self._last_s = None

    def _grow(self, time_s: float) -> None:
        """Report that the damage goes on after the frame at ``time_s``: if it is new, or has grown by ``GROWTH_S``."""
        start_s, reported_s = self._damaged_since_s, self._reported_until_s
        if start_s is None or time_s - start_s < self._step_s / 2:  # a single damaged frame is reported at its end
            return
        end_s = time_s + self._step_s
        if (reported_s is not None and end_s - reported_s < GROWTH_S) or self._is_known(start_s, end_s):
            return
        self._reported_until_s = end_s
        spans = sorted([*self.spans, (start_s, end_s)])
        self._notify(SourceEvent("damaged", self._begun_message(), tuple(spans), ongoing=True))

    def _begun_message(self) -> Message:
        """The message of the events about the present interval before its end; empty if there were none."""
        if self._reported_until_s is None or len(self.spans) >= MAX_MESSAGES:
            return NO_MESSAGE
        start_s = self._damaged_since_s or 0.0
        return Message("{name} is damaged from {start_s:.2f} s on.", name=self._name, start_s=start_s)

    def _close(self, end_s: float) -> None:
        begun, start_s = self._begun_message(), self._damaged_since_s
        self._damaged_since_s = self._reported_until_s = None
        if start_s is None or end_s - start_s < self._step_s / 2 or not self._add(start_s, end_s):
            return
        message = Message(
            "{name} is damaged from {start_s:.2f} s to {end_s:.2f} s.", name=self._name, start_s=start_s, end_s=end_s
        )
        verbose = len(self.spans) <= MAX_MESSAGES
        self._notify(SourceEvent("damaged", message if verbose else NO_MESSAGE, tuple(self.spans), replaces=begun))

    def _add(self, start_s: float, end_s: float) -> bool:
        """Add an interval; False if it overlaps a known one."""
        if self._is_known(start_s, end_s):
            return False
        self.spans = sorted([*self.spans, (start_s, end_s)])
        return True

    def _is_known(self, start_s: float, end_s: float) -> bool:
        return any(start < end_s and start_s < end for start, end in self.spans)
