"""A source that cannot be opened: the error is shown once it is clear what is shown instead."""

from __future__ import annotations

from collections.abc import Callable


class Refusal:
    """Holds back the error of a refused source while the source before it is opened again.

    ``reopen`` opens the source that was shown before; ``give_up`` is called where that cannot be opened either.
    """

    def __init__(self, reopen: Callable[[], None], give_up: Callable[[], None]) -> None:
        self._reopen = reopen
        self._give_up = give_up
        self._pending: Callable[[], None] | None = None

    def take(self, show_error: Callable[[], None], *, released: bool, is_same: bool) -> None:
        """A source cannot be opened; ``show_error`` says so.

        ``released``: the source that was shown was closed for it, so it is opened again first. ``is_same``: this was
        that attempt to open it again.
        """
        if not released:
            show_error()
        elif not is_same:
            self._reopen()
            self._pending = show_error
        else:
            pending = self._pending or show_error
            self._give_up()
            pending()

    def forget(self) -> None:
        """Drop the error: another source was requested."""
        self._pending = None

    def settle(self) -> None:
        """A source is shown: show the error that was held back."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending()
