"""Checks before a run that a film can be made as it is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.analysis.angles import angle_names
from app.core.errors import StanceError
from app.core.film_options import FilmOptions
from app.core.skeleton import Skeleton
from app.sinks import ANIMATION_ENDINGS, is_film
from app.sinks.animation import MAX_S
from app.sources import Source

SPARE_S = 0.5
"""Durations that files declare are not exact."""


def check_film(
    film: FilmOptions, outputs: Sequence[Path], source: Source, start_s: float = 0.0, end_s: float | None = None
) -> None:
    """Check that ``film`` can be made of ``source`` between ``start_s`` and ``end_s``, in seconds.

    Raises StanceError if there is no output that it changes, for what only a recorded video has, and for a freeze
    outside of the film.
    """
    _check_length(film, outputs, source, start_s, end_s)
    option = film.named()
    if not option:
        return
    if not any(map(is_film, outputs)):
        raise StanceError("{option} changes films only: wanted an --output such as film.mp4 with it.", option=option)
    timed = film.named(only_of_videos=True)
    if timed and (source.live or source.still):
        raise StanceError(
            "{source} is not a recorded video, which {option} needs: wanted the file of a video.",
            source=source.name,
            option=timed,
        )
    last_s = source.duration_s if end_s is None else end_s
    for freeze in film.freezes:
        if freeze.time_s < start_s or (last_s and freeze.time_s >= last_s):
            raise StanceError(
                "The freeze at {time_s:g} s is outside of the film: wanted {start_s:g} s to {last_s:.2f} s.",
                time_s=freeze.time_s,
                start_s=start_s,
                last_s=last_s or 0.0,
            )


def _check_length(
    film: FilmOptions, outputs: Sequence[Path], source: Source, start_s: float, end_s: float | None
) -> None:
    """Raise StanceError if an animation becomes too long."""
    paths = [path for path in outputs if path.suffix.lower() in ANIMATION_ENDINGS]
    if not paths or source.live or source.still or not source.duration_s:
        return
    shown_s = (min(end_s or source.duration_s, source.duration_s) - start_s) / film.speed
    shown_s += sum(freeze.seconds for freeze in film.freezes)
    if shown_s > MAX_S + SPARE_S:
        raise StanceError(
            "The animation {path} would be {seconds:.0f} s long: wanted up to {most:g} s, by a shorter part of the "
            "source, or .mp4.",
            path=paths[0],
            seconds=shown_s,
            most=MAX_S,
        )


def check_curves(film: FilmOptions, skeleton: Skeleton) -> None:
    """Raise StanceError if ``film`` has a curve of an angle that ``skeleton`` does not have."""
    known = angle_names(skeleton)
    for name in film.curves:
        if name not in known:
            raise StanceError(
                "There is no angle {name!r} to plot: wanted one of {known}.",
                name=name.replace(" ", "_"),
                known=", ".join(one.replace(" ", "_") for one in known) or "none",
            )
