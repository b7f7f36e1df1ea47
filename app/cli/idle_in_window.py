"""Warnings of options that have no effect in the window."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.settings import CUTOFF_HZ, RunOptions


def idle_in_window(options: RunOptions) -> Iterator[str]:
    """A sentence for each of ``options`` that has no effect in the window."""
    if options.smooth_offline or options.cutoff_hz != CUTOFF_HZ:
        option = "--smooth offline" if options.smooth_offline else "--cutoff"
        yield f"{option} has no effect in the window: it is chosen in File, Export, or used with --headless."
    if options.language != "en":
        yield "--language has no effect in the window: its language is chosen in the settings."
