"""Warnings of options that have no effect on the files of a run."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.settings import CUTOFF_HZ, RunOptions
from app.sinks import METRIC_ENDINGS, SHOWING_ENDINGS, WHOLE_ENDINGS, in_folder

MEASURED = (*METRIC_ENDINGS, *WHOLE_ENDINGS)


def idle_lines(options: RunOptions) -> Iterator[str]:
    """A sentence for each option that has no effect with the outputs of ``options``."""
    has_lines = _has(options, (".jsonl",))
    if options.scale and not _has(options, MEASURED) and not (has_lines and options.events):
        option = "--scale" if options.scale.height_m is None else "--height"
        yield f"{option} has no effect without a file in meters, such as .csv, .trc or .xlsx."
    if options.events and not has_lines:
        yield "--events has no effect without JSON lines (.jsonl)."
    if options.angles and not _has(options, SHOWING_ENDINGS):
        yield "--angles has no effect without a film or picture."
    elif options.angles and not options.film.overlay:
        yield "--angles has no effect with --no-overlay."
    if options.privacy != "off" and not _has(options, SHOWING_ENDINGS):
        yield "--privacy has no effect without a film, a picture or a report."
    if options.language != "en" and not _has(options, (".html",)):
        yield "--language has no effect without a report (.html)."
    if options.smooth_offline and not (options.outputs or options.live):
        yield "--smooth offline has no effect without an output."
    if options.cutoff_hz != CUTOFF_HZ and not options.smooth_offline:
        yield "--cutoff has no effect without --smooth offline."


def _has(options: RunOptions, endings: tuple[str, ...]) -> bool:
    return any(in_folder(path).name.lower().endswith(endings) for path in options.outputs)
