"""Checks before a run that a film can be made as it is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.analysis.angles import angle_names
from app.core.errors import StanceError
from app.core.film_options import FilmOptions
from app.core.skeleton import Skeleton
from app.sinks import is_film
from app.sources import Source


def check_film(
    film: FilmOptions, outputs: Sequence[Path], source: Source, start_s: float = 0.0, end_s: float | None = None
) -> None:
    """Check that ``film`` can be made of ``source`` between ``start_s`` and ``end_s``, in seconds.

    Raises StanceError if there is no output that it changes, for what only a recorded video has, and for a freeze
    outside of the film.
    """
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
