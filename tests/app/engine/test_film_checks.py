"""Films that cannot be made are refused before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.core.film_options import AS_SOURCE, FilmOptions, Freeze
from app.core.skeleton import load_skeleton
from app.engine.film_checks import check_curves, check_film
from app.sources import Source, open_source
from tests.app.sources.clips import make_clip, steady
from tests.app.sources.test_images import picture, save

MP4, GIF, CSV = Path("a.mp4"), Path("a.gif"), Path("a.csv")


@pytest.fixture
def clip(tmp_path: Path) -> Source:
    """A video of 30 seconds."""
    return open_source(str(make_clip(tmp_path / "clip.mp4", steady(60, 2.0))))


@pytest.mark.parametrize(
    ("film", "outputs", "bounds", "sentence"),
    [
        (FilmOptions(speed=0.5), [CSV], (0.0, None), "--speed changes films only: wanted an --output such as film.mp4"),
        (FilmOptions(overlay=False), [], (0.0, None), "--no-overlay changes films only"),
        (FilmOptions(freezes=(Freeze(40),)), [MP4], (0.0, None), "The freeze at 40 s is outside of the film"),
        (FilmOptions(freezes=(Freeze(3),)), [MP4], (5.0, 9.0), "at 3 s is outside of the film: wanted 5 s to 9.00 s"),
        (AS_SOURCE, [GIF], (0.0, None), "a.gif would be 30 s long: wanted up to 20 s"),
        (FilmOptions(speed=0.5), [GIF], (0.0, 12.0), "a.gif would be 24 s long"),
        (FilmOptions(freezes=(Freeze(2.0, 9.0),)), [GIF], (0.0, 15.0), "a.gif would be 24 s long"),
    ],
)
def test_films_are_refused_in_one_sentence(
    clip: Source, film: FilmOptions, outputs: list[Path], bounds: tuple[float, float | None], sentence: str
) -> None:
    with pytest.raises(StanceError) as error:
        check_film(film, outputs, clip, *bounds)
    assert sentence in str(error.value)


def test_films_that_can_be_made_are_not_refused(clip: Source) -> None:
    check_film(AS_SOURCE, [CSV], clip)
    check_film(FilmOptions(speed=2.0), [GIF, CSV], clip)
    check_film(AS_SOURCE, [GIF], clip, 10.0)
    check_film(FilmOptions(speed=0.1, freezes=(Freeze(29.0),), crop_to=1, curves=("trunk",)), [MP4], clip)


def test_photos_have_no_speed_but_a_size(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    photos = open_source(str(save(tmp_path / "photos" / "a.png", picture(90)).parent))
    check_film(FilmOptions(size=(640, 480)), [Path("%d.png")], photos)
    with pytest.raises(StanceError, match="is not a recorded video, which --freeze needs: wanted the file of a video"):
        check_film(FilmOptions(freezes=(Freeze(0),)), [Path("%d.png")], photos)


def test_unknown_angles_are_named() -> None:
    check_curves(FilmOptions(curves=("right knee",)), load_skeleton("coco17"))
    with pytest.raises(StanceError, match="no angle 'right_ankle' to plot: wanted one of right_knee, left_knee"):
        check_curves(FilmOptions(curves=("right ankle",)), load_skeleton("coco17"))
