"""Films of another speed, size and part of the picture, with freezes and curves: what their frames show, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as Pillow

from app.analysis import Analysis
from app.core.errors import StanceError
from app.core.film_options import FilmOptions, Freeze, read_curves, read_freezes, read_size
from app.core.people import Frame, FramePoses, Image, Person
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.overlay.annotations import Annotation, Annotations, Place
from app.overlay.marks import Marks
from app.sinks import Header, open_sinks
from app.sinks.film_curves import Curve, FilmCurves, empty_curves
from app.sinks.header import ClipPeople
from app.sources.file import VideoFile
from app.sources.film_note_reader import read_note
from tests.app.sinks.people import blank, header
from tests.app.sources.clips import make_clip, number_of, numbered, steady

BARE = DrawStyle(skeleton=False, ids=False)
UNEVEN = [0.0, 0.04, 0.1, 0.5, 0.52, 0.6, 1.3, 1.34, 1.5, 2.0]
HALPE = load_skeleton("halpe26")


def film(options: FilmOptions, people: Analysis | None = None, fps: float = 25.0) -> Header:
    known = ClipPeople(people) if people is not None else None
    skeleton = people.skeleton if people is not None else load_skeleton("coco17")
    return replace(header(), film=options, people=known, fps=fps, skeleton=skeleton)


def write(
    path: Path, head: Header, frames: list[Frame], found: list[FramePoses] | None = None, style: DrawStyle = BARE
) -> list[Frame]:
    """Write ``frames`` to ``path`` and return the decoded frames."""
    (sink,) = open_sinks([path], head, style)
    people = found or [FramePoses(frame.index, frame.time_s, ()) for frame in frames]
    for frame, poses in zip(frames, people, strict=True):
        sink.write(frame, poses)
    sink.close()
    return list(iter(VideoFile(path).read, None))


def numbers(times: list[float]) -> list[Frame]:
    return [Frame(i, time_s, numbered(i)) for i, time_s in enumerate(times)]


@pytest.mark.parametrize("speed", [0.25, 0.5, 0.05])
@pytest.mark.parametrize("times", [UNEVEN, steady(10)], ids=["uneven", "steady"])
def test_slow_motion_shows_every_frame_longer(tmp_path: Path, speed: float, times: list[float]) -> None:
    back = write(tmp_path / "out.mp4", film(FilmOptions(speed=speed)), numbers(times))
    assert [number_of(frame.image) for frame in back] == list(range(10))
    assert [frame.time_s for frame in back] == pytest.approx([(t - times[0]) / speed for t in times], abs=0.002)


def test_a_fast_film_has_no_more_frames_per_second(tmp_path: Path) -> None:
    back = write(tmp_path / "out.mp4", film(FilmOptions(speed=4.0)), numbers(steady(41)))
    assert [number_of(frame.image) for frame in back] == list(range(0, 41, 4))
    assert [frame.time_s for frame in back] == pytest.approx([i / 25 for i in range(11)], abs=0.002)


def test_a_fast_film_keeps_sparse_frames(tmp_path: Path) -> None:
    back = write(tmp_path / "out.mp4", film(FilmOptions(speed=2.0)), numbers([i / 10 for i in range(8)]))
    assert [frame.time_s for frame in back] == pytest.approx([i / 20 for i in range(8)], abs=0.002)


def test_freezes_hold_the_frame_of_the_moment(tmp_path: Path) -> None:
    options = FilmOptions(freezes=(Freeze(0.1, 0.4), Freeze(0.139, 0.2), Freeze(0.36, 0.4)))
    back = write(tmp_path / "out.mp4", film(options), numbers(steady(10)))
    shown = [number_of(frame.image) for frame in back]
    assert shown == [0, 1, 2, *[2] * 10, 3, *[3] * 5, 4, 5, 6, 7, 8, 9, *[9] * 10]
    assert [frame.time_s for frame in back] == pytest.approx(steady(len(shown)), abs=0.002)


def test_a_freeze_of_an_uneven_source_delays_what_follows(tmp_path: Path) -> None:
    back = write(tmp_path / "out.mp4", film(FilmOptions(freezes=(Freeze(0.5, 1.0),))), numbers(UNEVEN))
    first = {number_of(frame.image): frame.time_s for frame in reversed(back)}
    expected = [time_s + (1.0 if time_s > 0.5 else 0.0) for time_s in UNEVEN]
    assert [first[i] for i in range(10)] == pytest.approx(expected, abs=0.002)
    slow = write(tmp_path / "slow.mp4", film(FilmOptions(speed=0.1, freezes=(Freeze(0.5, 1.0),))), numbers(UNEVEN))
    first = {number_of(frame.image): frame.time_s for frame in reversed(slow)}
    assert [first[i] for i in range(10)] == pytest.approx(
        [9 * t + time_s for t, time_s in zip(UNEVEN, expected, strict=True)], abs=0.002
    )
    assert max(after.time_s - before.time_s for before, after in pairwise(back)) < 0.71  # as in the source


def test_slow_motion_and_freezes_together(tmp_path: Path) -> None:
    options = FilmOptions(speed=0.5, freezes=(Freeze(0.08, 1.0),))
    back = write(tmp_path / "out.mp4", film(options), numbers(steady(6)))
    first = {number_of(frame.image): frame.time_s for frame in reversed(back)}
    assert [first[i] for i in range(6)] == pytest.approx([0, 0.08, 0.16, 1.24, 1.32, 1.40], abs=0.05)


@pytest.mark.parametrize(
    ("options", "has_sound"),
    [(FilmOptions(), True), (FilmOptions(size=(128, 96)), True), (FilmOptions(speed=0.5), False)]
    + [(FilmOptions(freezes=(Freeze(0.1),)), False)],
)
def test_only_films_with_the_source_times_have_sound(tmp_path: Path, options: FilmOptions, has_sound: bool) -> None:
    source = make_clip(tmp_path / "a.mp4", steady(25), sound="aac", sound_s=1.0)
    frames = [Frame(i, i / 25, numbered(i)) for i in range(25)]
    write(tmp_path / "out.mp4", replace(film(options), source_file=source), frames)
    with av.open(str(tmp_path / "out.mp4")) as made:
        assert bool(made.streams.audio) == has_sound


@pytest.mark.parametrize(
    ("options", "is_edited"),
    [(FilmOptions(), False), (FilmOptions(overlay=False), False), (FilmOptions(speed=0.5), True)]
    + [(FilmOptions(size=(64, 64)), True), (FilmOptions(freezes=(Freeze(0.0),)), True)],
)
def test_films_say_whether_places_and_times_are_those_of_the_source(
    tmp_path: Path, options: FilmOptions, is_edited: bool
) -> None:
    write(tmp_path / "out.mp4", film(options), numbers(steady(3)), style=DrawStyle())
    note = read_note(tmp_path / "out.mp4")
    assert note is not None
    assert (note.edited, note.people) == (is_edited, "drawn" if options.overlay else "clean")


def person(number: int, x: float, y: float) -> Person:
    """Somebody 40 pixels high around (x, y), with one limb: from the right hip at (x, y) to the knee below."""
    keypoints = np.zeros((26, 3), np.float32)
    keypoints[HALPE.names.index("right_hip")] = x, y, 0.9
    keypoints[HALPE.names.index("right_knee")] = x, y + 12, 0.9
    return Person(number, 0.9, np.array([x - 10, y - 20, x + 10, y + 20], np.float32), keypoints)


def walk(count: int = 20) -> tuple[list[Frame], list[FramePoses], Analysis]:
    """A white square of 5 pixels around the right hip, which moves to the right at 4 pixels per frame."""
    frames, found, people = [], [], Analysis(HALPE)
    for i in range(count):
        image = np.full((120, 200, 3), 60, np.uint8)
        x = 50 + 4 * i
        image[58:63, x - 2 : x + 3] = 255
        frames.append(Frame(i, i / 25, image))
        found.append(FramePoses(i, i / 25, (person(1, x, 60), person(2, 500, 60))))
        people.add(found[-1])
    return frames, found, people


def center(image: Image, like: np.ndarray) -> tuple[float, float]:
    """The center (x, y) of the pixels that are about of the color ``like``."""
    y, x = np.nonzero(np.abs(image.astype(int) - like).max(axis=2) < 70)
    return float(x.mean()), float(y.mean())


WHITE, ORANGE = np.array([255, 255, 255]), np.array([43, 146, 255])


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("size", [None, (320, 240), (200, 300)])
def test_a_film_follows_a_person_and_the_overlay_stays_in_place(
    tmp_path: Path, size: tuple[int, int] | None, mirror: bool
) -> None:
    frames, found, people = walk()
    options = FilmOptions(crop_to=1, size=size, overlay=False)
    plain = write(tmp_path / "a.mkv", film(options, people), frames, found, DrawStyle(mirror=mirror))
    style = DrawStyle(mirror=mirror, ids=False)
    drawn = write(tmp_path / "b.mkv", film(replace(options, overlay=True), people), frames, found, style)
    width, height = plain[0].image.shape[1], plain[0].image.shape[0]
    assert size in (None, (width, height))
    assert {frame.image.shape for frame in drawn} == {(height, width, 3)}
    for one, two in zip(plain, drawn, strict=True):
        square, limb = center(one.image, WHITE), center(two.image, ORANGE)
        assert abs(square[0] - width / 2) < 0.12 * width  # the person stays in the middle
        assert limb[0] == pytest.approx(square[0], abs=2.5)
        assert limb[1] > square[1]


def test_a_whole_picture_is_scaled_with_bars(tmp_path: Path) -> None:
    frames, found, _ = walk(3)
    head = replace(film(FilmOptions(size=(400, 400))), skeleton=HALPE)
    back = write(tmp_path / "out.mkv", head, frames, found, DrawStyle(ids=False))
    assert back[0].image.shape == (400, 400, 3)
    assert back[0].image[:78].max() < 20
    assert back[0].image[-78:].max() < 20
    x, _ = center(back[2].image, ORANGE)
    assert x == pytest.approx(2 * 58.5 - 0.5, abs=2)  # pixel 58 is at twice its place


def test_annotations_move_with_the_picture(tmp_path: Path) -> None:
    frames, _, _ = walk(2)
    line = Annotation("line", (Place(50.0, 60.0), Place(50.0, 100.0)))
    style = DrawStyle(skeleton=False, ids=False, marks=Marks(annotations=Annotations((line,))))
    back = write(tmp_path / "out.mkv", film(FilmOptions(size=(400, 240))), frames, style=style)
    yellow = np.array([10, 214, 255])
    assert center(back[0].image, yellow) == pytest.approx((2 * 50.5 - 0.5, 2 * 80.5 - 0.5), abs=3)


def test_a_person_who_is_not_in_the_clip_is_an_error(tmp_path: Path) -> None:
    frames, found, people = walk(3)
    (sink,) = open_sinks([tmp_path / "out.mp4"], film(FilmOptions(crop_to=7), people), BARE)
    with pytest.raises(StanceError, match="There is no person 7 in the clip: wanted one of 1, 2"):
        sink.write(frames[0], found[0])
    sink.close()


def bending(count: int = 50) -> Analysis:
    """A person seen from the side whose right knee bends from 0 to 90 degrees and stays; the left one is straight."""
    people = Analysis(HALPE)
    for i in range(count):
        bent = np.radians(min(i / 25, 1.0) * 90)
        keypoints = np.zeros((26, 3), np.float32)
        places = {"nose": (112, 20), "neck": (100, 40), "hip": (100, 80), "head": (104, 10)}
        places |= {"left_hip": (100, 80), "left_knee": (100, 110), "left_ankle": (100, 140)}
        places |= {"right_hip": (100, 80), "right_knee": (100, 110)}
        places |= {"right_ankle": (100 - 30 * np.sin(bent), 110 + 30 * np.cos(bent))}
        for side in ("left", "right"):
            places |= {f"{side}_heel": (97, 142), f"{side}_big_toe": (112, 144), f"{side}_shoulder": (100, 40)}
        for name, (x, y) in places.items():
            keypoints[HALPE.names.index(name)] = x, y, 0.9
        box = np.array([70, 5, 130, 150], np.float32)
        people.add(FramePoses(i, i / 25, (Person(1, 0.9, box, keypoints),)))
    return people


def cursor(strip: Image) -> float:
    """The column of the upright line at the moment that is shown: the brightest one."""
    return float(strip.astype(int).sum(axis=(0, 2)).argmax())


def test_curves_are_below_the_picture_with_a_line_at_the_moment(tmp_path: Path) -> None:
    people = bending()
    options = FilmOptions(curves=("right knee", "left knee", "trunk"))
    frames = [blank(i, i / 25, 400, 160) for i in range(50)]
    found = [people.get(i) or FramePoses(0, 0, ()) for i in range(50)]
    back = write(tmp_path / "out.mkv", film(options, people), frames, found)
    assert (back[0].image[:160] == back[0].image[0, 0]).all()
    strips = [frame.image[160:] for frame in back]
    assert strips[0].shape[0] > 60
    columns = [cursor(strip) for strip in strips]
    assert np.diff(columns) == pytest.approx(np.full(49, (columns[-1] - columns[0]) / 49), abs=2.1)
    assert columns[-1] - columns[0] > 300


def test_the_dot_of_a_curve_is_at_the_value() -> None:
    times = np.arange(50) / 25
    strip = FilmCurves([Curve("right knee", times, np.linspace(0, 90, 50))], (0.0, 1.96), 800, 400)
    heights = []
    for time_s in (0.2, 0.8, 1.4):
        drawn = strip.draw(time_s)
        column = int(cursor(drawn))
        dot = drawn[:, column + 2 : column + 4]  # the later part of the curve is faint, the dot is not
        heights.append(center(dot, ORANGE)[1])
    assert np.diff(heights) == pytest.approx(np.full(2, np.diff(heights).mean()), abs=2)
    assert heights[0] > heights[-1] + 20


def test_curves_of_angles_that_are_never_seen_are_named() -> None:
    people = bending()
    for poses in people.frames():
        for person in poses.people:
            person.keypoints[people.skeleton.names.index("left_ankle"), 2] = 0
    film_options = FilmOptions(curves=("right knee", "left knee"))
    assert empty_curves(people, film_options, 0.3) == [
        "The curve of left knee is empty: this angle is seen in no frame."
    ]
    assert empty_curves(people, FilmOptions(curves=("right knee",)), 0.3) == []
    assert empty_curves(people, FilmOptions(), 0.3) == []


def test_curves_fit_into_a_wanted_size(tmp_path: Path) -> None:
    people = bending(5)
    options = FilmOptions(curves=("right knee", "trunk", "right ankle", "right hip"), size=(320, 240), crop_to=1)
    found = [people.get(i) or FramePoses(0, 0, ()) for i in range(5)]
    back = write(tmp_path / "out.mp4", film(options, people), [blank(i, i / 25, 400, 160) for i in range(5)], found)
    assert back[0].image.shape == (240, 320, 3)


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_animations_have_the_times_of_the_source_at_a_lower_rate(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    (sink,) = open_sinks([path], film(FilmOptions(), fps=60), BARE)
    for i in range(121):
        sink.write(Frame(i, i / 60, numbered(i, 960, 540)), FramePoses(i, i / 60, ()))
    sink.close()
    with Pillow.open(path) as made:
        assert made.size == ((480, 270) if ending == ".gif" else (640, 360))
        values, times, now = [], [], 0.0
        for number in range(made.n_frames):  # type: ignore[attr-defined]
            made.seek(number)
            values.append(number_of(np.asarray(made.convert("RGB"))))
            times.append(now)
            now += made.info["duration"] / 1000
        assert made.info["loop"] == 0
    assert 28 <= len(times) <= 32
    assert now == pytest.approx(2.0, abs=0.05)
    assert [value / 60 for value in values] == pytest.approx(times, abs=0.011)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_an_animation_that_is_too_long_keeps_its_beginning(tmp_path: Path) -> None:
    (sink,) = open_sinks([tmp_path / "out.gif"], film(FilmOptions()), BARE)
    for i in range(21):
        sink.write(Frame(i, float(i), numbered(i)), FramePoses(i, float(i), ()))
    with pytest.raises(StanceError, match="longer than 20 s"):
        sink.write(blank(21, 21.0), FramePoses(21, 21.0, ()))
    sink.close()
    with Pillow.open(tmp_path / "out.gif") as made:
        assert made.n_frames == 21  # type: ignore[attr-defined]


def test_an_animation_without_frames_is_not_written(tmp_path: Path) -> None:
    (sink,) = open_sinks([tmp_path / "out.webp"], film(FilmOptions()), BARE)
    sink.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: FilmOptions(speed=0), "The speed 0 is out of range: wanted 0.05 to 8, 1 for that of the source."),
        (lambda: FilmOptions(speed=float("nan")), "The speed nan is out of range: wanted 0.05 to 8, 1 for that"),
        (lambda: FilmOptions(size=(10, 400)), "The film size 10x400 is out of range: wanted 64 to 8192 pixels"),
        (lambda: FilmOptions(crop_to=0), "There is no person 0 to crop to: wanted an id from 1."),
        (lambda: read_freezes("-1"), "The freeze at -1 s for 2 s is out of range: wanted a moment of the video"),
        (lambda: read_freezes("1:100"), "The freeze at 1 s for 100 s is out of range"),
        (lambda: FilmOptions(freezes=read_freezes("1:0")), "The freeze at 1 s for 0 s is out of range"),
        (lambda: read_freezes("soon"), "The freezes 'soon' cannot be read: wanted moments in seconds"),
        (lambda: read_freezes("1,,2"), "The freezes '1,,2' cannot be read: wanted moments in seconds"),
        (
            lambda: FilmOptions(size=read_size("100000x100000")),
            "The film size 100000x100000 is out of range: wanted 64 to 8192 pixels for width and height.",
        ),
        (lambda: read_size("large"), "The film size 'large' is not valid: wanted WIDTHxHEIGHT such as 1280x720."),
    ],
)
def test_values_out_of_range_are_refused(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(StanceError) as error:
        make()
    assert str(error.value).startswith(sentence)


def test_options_are_read_from_text() -> None:
    assert read_freezes(" 3.5:4, 1.2 ") == (Freeze(1.2, 2.0), Freeze(3.5, 4.0))
    assert read_freezes("") == ()
    assert (read_size("1280x720"), read_size(" ")) == ((1280, 720), None)
    assert read_curves("right_knee, trunk,right knee,") == ("right knee", "trunk")
