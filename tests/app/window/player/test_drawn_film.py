"""Videos written by Stance open with their recorded people, and are analysed again only on request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.core.film_note import FilmNote
from app.core.film_options import FilmOptions
from app.core.people import FramePoses
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from app.sources.film_note_reader import read_note
from app.window.main_window import MainWindow
from app.window.player.drawn_film import people_of_film
from tests.app.sinks.people import blank, header, person
from tests.app.sources.mjpeg import Mjpeg
from tests.app.window.test_main_window import PATIENCE, play

FRAMES, FPS, BEGINS_S = 12, 25, 14.65
LIVE = replace(header(), live=True, source="http://127.0.0.1:1/stream.mjpg")


def write(paths: list[Path], look: DrawStyle, head: Header = LIVE) -> None:
    """A recording of a person who walks to the right; it begins after the stream has run for a while."""
    sinks = open_sinks(paths, head, look)
    for index in range(FRAMES):
        frame = blank(400 + index, BEGINS_S + index / FPS)
        walker = person(1, head.skeleton)
        walker.box[[0, 2]] += index
        for sink in sinks:
            sink.write(frame, FramePoses(frame.index, frame.time_s, (walker,)))
    for sink in sinks:
        sink.close()


def left_edges(window: MainWindow) -> list[float]:
    analysis = window.player.analysis
    assert analysis is not None
    return [float(poses.people[0].box[0]) for poses in analysis.frames()]


def until_over(window: MainWindow, qtbot: QtBot) -> None:
    """The last frame is shown."""

    def is_over() -> bool:
        shown = window.player.current
        return shown is not None and shown.frame.index == FRAMES - 1 and not window.player.playing

    qtbot.waitUntil(is_over, timeout=PATIENCE)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("opened", ["rec.mp4", "rec.jsonl"])
def test_a_recording_opens_with_its_own_people_in_its_own_time(
    window: MainWindow, tmp_path: Path, mirror: bool, opened: str, qtbot: QtBot
) -> None:
    write([tmp_path / "rec.mp4", tmp_path / "rec.jsonl"], DrawStyle(mirror=mirror))
    window.panel.display.switches["mirror"].setChecked(True)  # as the camera was shown
    play(window, tmp_path / opened, qtbot)
    until_over(window, qtbot)
    assert Path(window.player.film) == tmp_path / "rec.mp4"
    analysis, source, shown = window.player.analysis, window.player.source, window.player.current
    assert analysis is not None
    assert source is not None
    assert shown is not None
    assert window.player.recorded
    times = [poses.time_s for poses in analysis.frames()]
    assert times == pytest.approx([index / FPS for index in range(FRAMES)], abs=1e-3)
    assert times[-1] < (source.duration_s or 0)
    # The last frame is shown with the person who was in it.
    assert shown.frame.index == FRAMES - 1
    assert [found.id for found in shown.poses.people] == [1]
    x0 = float(person(1, LIVE.skeleton).box[0])
    x1 = float(person(1, LIVE.skeleton).box[2])
    expected = [63 - x1 - index if mirror else x0 + index for index in range(FRAMES)]
    assert left_edges(window) == pytest.approx(expected)
    assert not window.panel.display.switches["mirror"].isChecked()  # the video is already mirrored
    assert "saved with this video" in window.video_stack.banner.sentence


def test_people_match_those_drawn_in_a_mirrored_video(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    write([tmp_path / "rec.mp4", tmp_path / "rec.jsonl"], DrawStyle(mirror=True, skeleton=False, ids=False, boxes=True))
    play(window, tmp_path / "rec.mp4", qtbot)
    until_over(window, qtbot)
    shown = window.player.current
    assert shown is not None
    bright = np.nonzero(shown.frame.image.max(axis=2) > 120)
    box = shown.poses.people[0].box
    assert [bright[1].min(), bright[0].min(), bright[1].max(), bright[0].max()] == pytest.approx(box, abs=3)


def test_a_drawn_film_without_data_is_analysed_on_request(posing: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    write([tmp_path / "rec.mp4"], DrawStyle())
    play(posing, tmp_path / "rec.mp4", qtbot)
    until_over(posing, qtbot)
    assert len(posing.player.analysis or ()) == 0
    assert "drawn into this video" in posing.video_stack.banner.sentence
    posing.player.analyse_again()  # what the banner offers
    posing.player.play()
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 0, timeout=PATIENCE)


def test_a_clean_film_without_its_data_is_analysed_as_any_other(
    posing: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    write([tmp_path / "rec.mp4"], DrawStyle(skeleton=False, ids=False))
    play(posing, tmp_path / "rec.mp4", qtbot)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 0, timeout=PATIENCE)
    assert not posing.player.recorded


@pytest.fixture
def camera() -> Iterator[str]:
    """A camera on the network."""
    served = Mjpeg()
    yield served.address
    served.unplug()


def test_a_recording_of_a_stream_opens_with_one_click(
    posing: MainWindow, camera: str, tmp_path: Path, qtbot: QtBot
) -> None:
    posing.panel.display.switches["mirror"].setChecked(True)
    play(posing, camera, qtbot)  # type: ignore[arg-type]
    paths = [tmp_path / "rec.mp4", tmp_path / "rec.jsonl"]
    notices: list[tuple[str, Callable[[], object]]] = []
    posing.capture.notified.connect(lambda notice: notices.append((notice.label, notice.action)))
    with qtbot.waitSignal(posing.capture.recorder.started, timeout=PATIENCE):
        posing.record_to(paths)
    qtbot.waitUntil(lambda: len(paths[1].read_text(encoding="utf-8").splitlines()) > 10, timeout=PATIENCE)
    with qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE):
        posing.actions_by_name["record"].trigger()
    lines = [json.loads(line) for line in paths[1].read_text(encoding="utf-8").splitlines()[1:]]
    assert lines[0]["time_s"] == 0
    assert lines[-1]["source_s"] - lines[0]["source_s"] == pytest.approx(lines[-1]["time_s"], abs=1e-3)
    (watch,) = [action for label, action in notices if label == "Watch"]
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        watch()
    assert Path(posing.player.film) == paths[0]
    assert posing.player.recorded
    assert len(posing.player.analysis or ()) == len(lines)
    assert not posing.panel.display.switches["mirror"].isChecked()


# Which data file belongs to a film.


def data_of(film: Path, note: FilmNote) -> list[int] | None:
    """Frame numbers in the data file used for ``film``; None if the film is analysed instead."""
    found = people_of_film(note, film, 64, None, None)
    return None if found is None else [poses.index for poses in found.poses]


def test_data_are_found_by_the_name_in_the_video_and_after_both_were_renamed(tmp_path: Path) -> None:
    write([tmp_path / "rec.mp4", tmp_path / "people.jsonl"], DrawStyle())
    note = FilmNote("drawn", data="people.jsonl")
    assert data_of(tmp_path / "rec.mp4", note) == list(range(FRAMES))
    for name in ("rec.mp4", "people.jsonl"):
        path = tmp_path / name
        path.rename(path.with_stem("squat"))
    assert data_of(tmp_path / "squat.mp4", note) == list(range(FRAMES))


@pytest.mark.parametrize("stated", ["../secret.jsonl", "/etc/passwd", "\\\\evil\\share\\a.jsonl", "people.txt", ""])
def test_film_note_with_a_path_to_another_folder_is_ignored(tmp_path: Path, stated: str) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    write([folder / "rec.mp4", tmp_path / "secret.jsonl"], DrawStyle())
    assert data_of(folder / "rec.mp4", FilmNote("drawn", data=stated)) == []
    assert data_of(folder / "rec.mp4", FilmNote("clean", data=stated)) is None


def test_damaged_data_count_as_none(tmp_path: Path) -> None:
    (tmp_path / "rec.jsonl").write_text("damaged")
    assert data_of(tmp_path / "rec.mp4", FilmNote("drawn", data="rec.jsonl")) == []


def test_people_of_an_analysed_drawn_film_are_not_mirrored_again(tmp_path: Path) -> None:
    film = tmp_path / "rec.mp4"
    write([film], DrawStyle(mirror=True))
    write([tmp_path / "rec.jsonl"], DrawStyle(), replace(header(), source=str(film)))
    assert data_of(film, FilmNote("drawn", mirrored=True)) == list(range(400, 400 + FRAMES))


@pytest.mark.parametrize("overlay", [True, False])
def test_an_edited_film_does_not_get_the_people_beside_it(tmp_path: Path, overlay: bool) -> None:
    options = FilmOptions(speed=0.5, size=(128, 96), overlay=overlay)
    write([tmp_path / "a.mp4", tmp_path / "a.jsonl"], DrawStyle(), replace(LIVE, film=options))
    note = read_note(tmp_path / "a.mp4")
    assert note is not None
    found = people_of_film(note, tmp_path / "a.mp4", 128, None, None)
    if overlay:
        assert found is not None
        assert found.poses == []  # they are drawn into it: it is not analysed again
    else:
        assert found is None  # it is analysed
