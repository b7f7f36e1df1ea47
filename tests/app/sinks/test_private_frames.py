"""Written pictures with privacy: faces are hidden in all kinds of files, also before a person is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.film_options import Privacy
from app.core.people import Frame, FramePoses, Image
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.overlay.privacy import GROUND
from app.sinks import Header, Sink, open_sinks
from app.sinks.private_frames import PrivateFrames
from app.sources.file import VideoFile
from tests.app.overlay.test_privacy import detail, frame, head_of, person, photo
from tests.app.sinks.people import header

GRAIN: Image = np.kron(np.random.default_rng(5).integers(0, 256, (60, 80, 3), np.uint8), np.ones((4, 4, 1), np.uint8))
FACE = head_of(person(1, 150, 80))


def head(still: bool = False) -> Header:
    return replace(header(still=still), size=(320, 240), fps=10.0)


def write(path: Path, privacy: Privacy, images: list[Image], people: list[FramePoses]) -> None:
    """Write the frames to ``path``, without an overlay."""
    style = DrawStyle(privacy=privacy, skeleton=privacy == "skeleton", ids=False)
    (sink,) = open_sinks([path], head(), style)
    for image, poses in zip(images, people, strict=True):
        sink.write(Frame(poses.index, poses.time_s, image), poses)
    sink.close()


def found_late() -> list[FramePoses]:
    """Ten frames; the person is found from the fourth on, and missed in the seventh."""
    return [frame(n) if n < 3 or n == 6 else frame(n, person(1, 150, 80)) for n in range(10)]


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_faces_are_hidden_in_all_frames_of_a_film(tmp_path: Path, ending: str) -> None:
    write(tmp_path / f"out{ending}", "faces", [GRAIN] * 10, found_late())
    frames = list(iter(VideoFile(tmp_path / f"out{ending}").read, None))
    assert [one.time_s for one in frames] == pytest.approx([n / 10 for n in range(10)], abs=0.001)
    assert max(detail(one.image, FACE) for one in frames) < 0.1 * detail(GRAIN, FACE)
    assert detail(frames[0].image, FACE + 100) > 0.5 * detail(GRAIN, FACE + 100)


def test_faces_are_hidden_in_all_pictures(tmp_path: Path) -> None:
    write(tmp_path / "%02d.png", "faces", [GRAIN] * 10, found_late())
    images = [photo(path) for path in sorted(tmp_path.iterdir())]
    assert len(images) == 10
    assert max(detail(image, FACE) for image in images) < 0.05 * detail(GRAIN, FACE)


def test_films_of_skeletons_do_not_depend_on_the_source(tmp_path: Path) -> None:
    other = np.random.default_rng(8).integers(0, 256, GRAIN.shape, np.uint8)
    write(tmp_path / "a.mkv", "skeleton", [GRAIN] * 10, found_late())
    write(tmp_path / "b.mkv", "skeleton", [other] * 10, found_late())
    a, b = (list(iter(VideoFile(tmp_path / name).read, None)) for name in ("a.mkv", "b.mkv"))
    assert all((one.image == two.image).all() for one, two in zip(a, b, strict=True))
    assert np.abs(a[0].image.astype(int) - GROUND).max() <= 2
    assert np.abs(a[5].image.astype(int) - GROUND).max() > 100


def test_reports_hide_faces(tmp_path: Path) -> None:
    for privacy in ("off", "faces"):
        write(tmp_path / f"{privacy}.html", privacy, [GRAIN] * 10, found_late())
    off, faces = ((tmp_path / f"{privacy}.html").read_bytes() for privacy in ("off", "faces"))
    assert b"data:image/jpeg" in faces
    assert off != faces


class Kept:
    """A sink that keeps what it is given."""

    paths: tuple[Path, ...] = ()

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.is_closed = False

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        self.frames.append(frame)

    def close(self) -> None:
        self.is_closed = True


def private(sink: Sink, still: bool = False) -> PrivateFrames:
    return PrivateFrames(sink, replace(head(still), skeleton=load_skeleton("coco17")), "faces")


def test_photos_do_not_wait_and_have_their_own_people() -> None:
    kept = Kept()
    sink = private(kept, still=True)
    sink.write(Frame(0, 0.0, GRAIN), frame(0, person(1, 150, 80)))
    sink.write(Frame(1, 0.1, GRAIN), frame(1))
    assert len(kept.frames) == 2
    assert detail(kept.frames[0].image, FACE) < 0.05 * detail(GRAIN, FACE)
    assert (kept.frames[1].image == GRAIN).all()


def test_a_step_back_in_time_ends_the_waiting() -> None:
    kept = Kept()
    sink = private(kept)
    for n in (5, 6, 1, 2):
        sink.write(Frame(n, n / 10, GRAIN), frame(n))
    assert [one.index for one in kept.frames] == [5, 6]
    sink.close()
    assert [one.index for one in kept.frames] == [5, 6, 1, 2]
    assert kept.is_closed


def test_few_large_frames_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.sinks.private_frames.MAX_BYTES", 2 * GRAIN.nbytes)
    kept = Kept()
    sink = private(kept)
    for n in range(5):
        sink.write(Frame(n, n / 10, GRAIN), frame(n))
    assert len(kept.frames) == 3


def test_people_who_do_not_count_are_hidden_too() -> None:
    kept = Kept()
    sink = private(kept)
    both = frame(0, person(1, 150, 80), person(2, 260, 80))
    sink.write(Frame(0, 0.0, GRAIN), both.of((both.people[1],)))
    sink.close()
    assert detail(kept.frames[0].image, FACE) < 0.05 * detail(GRAIN, FACE)
