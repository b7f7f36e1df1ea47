"""The command line's options for films."""

from __future__ import annotations

import argparse

from app.cli.console import number
from app.core.film_options import PRIVACIES, FilmOptions, read_curves, read_freezes, read_size


def add_film(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``FilmOptions``, and ``--privacy``."""
    film = parser.add_argument_group("films and pictures")
    film.add_argument(
        "--privacy",
        choices=PRIVACIES,
        default="off",
        help="in films, pictures and reports: blur faces, or show the skeletons on a plain ground (off)",
    )
    film.add_argument(
        "--speed",
        type=number(float, "the speed of films, as 0.25 for slow motion"),
        default=1.0,
        metavar="X",
        help="speed of films, below 1 for slow motion; films of another speed have no sound (1)",
    )
    film.add_argument(
        "--freeze",
        default="",
        metavar="S,...",
        help="freeze films at these seconds of the source for 2 s each; 1.2:4,3.5 freezes for 4 s and 2 s",
    )
    film.add_argument("--size", default="", metavar="WxH", help="size of films in pixels, width first; even numbers")
    film.add_argument(
        "--crop-to", type=number(int, "the id of a person"), metavar="ID", help="films show the person with this id"
    )
    film.add_argument(
        "--curves",
        default="",
        metavar="ANGLE,...",
        help="plot angles under films, as right_knee,left_knee: of the person of --crop-to, or the one seen longest",
    )
    film.add_argument("--no-overlay", action="store_true", help="draw nobody in films")


def film_of(arguments: argparse.Namespace) -> FilmOptions:
    """The options for films in ``arguments``. Raises StanceError for a value that is not valid."""
    return FilmOptions(
        speed=arguments.speed,
        freezes=read_freezes(arguments.freeze),
        size=read_size(arguments.size),
        crop_to=arguments.crop_to,
        curves=read_curves(arguments.curves),
        overlay=not arguments.no_overlay,
    )
