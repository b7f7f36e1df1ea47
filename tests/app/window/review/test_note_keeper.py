"""Names, order and points survive changed settings and are restored when a clip is opened again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import av
import pytest
from pytestqt.qtbot import QtBot

from app.core.scale_options import NO_SCALE, ScaleOptions
from app.core.settings import Settings
from app.overlay import DrawStyle
from app.project.fingerprint import fingerprint
from app.project.kept_notes import ClipNotes, NotedClip
from app.project.store import ProjectStore, folder
from app.sinks import Header, open_sinks
from app.window.main_window import MainWindow
from tests.app.test_network_answers import run, toys
from tests.app.toy_networks import SIZE, toy_clip
from tests.app.window.test_main_window import PATIENCE, play

CLIP = toy_clip(60)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of bright rectangles, and a recording of the people in it."""
    place = tmp_path_factory.mktemp("recording")
    film, data = place / "film.mp4", place / "people.jsonl"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for frame in CLIP:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame.image, format="bgr24")))
        container.mux(stream.encode(None))
    pipeline = toys().pipeline
    header = Header(str(film), SIZE, 30.0, pipeline.skeleton, "toy", "toy", "cpu", "cpu", source_file=film)
    (sink,) = open_sinks([data], header, DrawStyle())
    for frame, poses in zip(CLIP, run(pipeline, CLIP), strict=True):
        sink.write(frame, poses, "")
    sink.close()
    return data


@pytest.fixture
def later(qtbot: QtBot) -> Iterator[MainWindow]:
    """A second window, as after a restart of the program."""
    made = MainWindow(Settings())
    yield made
    with qtbot.waitSignal(made.closed, timeout=60_000):
        made.close()


def names(window: MainWindow) -> list[str]:
    analysis = window.player.analysis
    return [analysis.name(number) for number in analysis.ids()] if analysis is not None else []


def is_shown(window: MainWindow, frame: int) -> bool:
    return window.player.current is not None and window.player.current.frame.index == frame


def note(window: MainWindow, qtbot: QtBot) -> None:
    """Name the second person, move that person to the top, and set both points."""
    qtbot.waitUntil(lambda: len(names(window)) > 1, timeout=PATIENCE)
    window.people.tree.renamed.emit(2, "Ada")
    window.people.tree.moved.emit([2, 1])
    window.player.pause()
    for frame, action in ((10, "mark-in"), (20, "mark-out")):
        window.player.seek_index(frame)
        qtbot.waitUntil(partial(is_shown, window, frame), timeout=PATIENCE)
        window.actions_by_name[action].trigger()
    window.actions_by_name["pin"].trigger()


def close(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.closed, timeout=60_000):
        window.close()


def test_notes_are_restored_for_a_renamed_copy_of_the_clip(
    recording: Path, later: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    first = MainWindow(Settings())
    play(first, recording, qtbot)
    qtbot.waitUntil(lambda: first.notes.saved is not None, timeout=PATIENCE)
    note(first, qtbot)
    close(first, qtbot)
    copied = Path(shutil.copy(recording, tmp_path / "moved.jsonl"))
    play(later, copied, qtbot)
    qtbot.waitUntil(lambda: names(later)[:2] == ["Ada", "1"], timeout=PATIENCE)
    assert (later.player.playback.in_s, later.player.playback.out_s) == pytest.approx((10 / 30, 20 / 30))
    qtbot.waitUntil(lambda: later.review.pin.poses is not None, timeout=PATIENCE)
    assert later.review.pin.poses is not None
    assert later.review.pin.poses.index == 20
    assert later.actions_by_name["pin"].isChecked()
    assert later.draw_style().names == {2: "Ada"}


def test_the_scale_is_restored_with_its_clip(recording: Path, clip: Path, later: MainWindow, qtbot: QtBot) -> None:
    stated = ScaleOptions(height_m=1.78, floor_line=(0.0, 200.0, 300.0, 190.5))
    first = MainWindow(Settings())
    play(first, recording, qtbot)
    qtbot.waitUntil(lambda: first.notes.saved is not None, timeout=PATIENCE)
    first.player.scale = stated
    close(first, qtbot)
    play(later, clip, qtbot)
    assert later.player.scale == NO_SCALE
    play(later, recording, qtbot)
    qtbot.waitUntil(lambda: later.player.scale == stated, timeout=PATIENCE)
    later.player.scale = NO_SCALE
    play(later, clip, qtbot)
    play(later, recording, qtbot)
    qtbot.waitUntil(lambda: later.notes.saved is not None, timeout=PATIENCE)
    assert later.player.scale == NO_SCALE


def test_a_scale_of_the_command_line_comes_before_that_of_the_notes(
    recording: Path, later: MainWindow, qtbot: QtBot
) -> None:
    first = MainWindow(Settings())
    play(first, recording, qtbot)
    qtbot.waitUntil(lambda: first.notes.saved is not None, timeout=PATIENCE)
    first.player.scale = ScaleOptions(height_m=1.6)
    close(first, qtbot)
    later.player.default_scale = ScaleOptions(height_m=1.9)
    play(later, recording, qtbot)
    qtbot.waitUntil(lambda: later.notes.saved is not None, timeout=PATIENCE)
    assert later.player.scale.height_m == 1.9


def test_notes_replace_the_names_of_a_recording(
    recording: Path, later: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    head, _, rest = recording.read_text(encoding="utf-8").partition("\n")
    named = tmp_path / "named.jsonl"
    given = json.loads(head) | {"names": {"1": "Al", "2": "Bea"}, "facing": {"1": "left"}}
    named.write_text(json.dumps(given) + "\n" + rest, encoding="utf-8")
    first = MainWindow(Settings())
    play(first, named, qtbot)
    qtbot.waitUntil(lambda: first.notes.saved is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: names(first)[:2] == ["Al", "Bea"], timeout=PATIENCE)
    first.people.tree.renamed.emit(2, "Ada")
    close(first, qtbot)
    play(later, named, qtbot)
    qtbot.waitUntil(lambda: names(later)[:2] == ["Al", "Ada"], timeout=PATIENCE)
    assert later.player.analysis is not None
    assert later.player.analysis.chosen_facing() == {1: -1}


def test_opening_a_clip_writes_no_notes(recording: Path, qtbot: QtBot) -> None:
    window = MainWindow(Settings())
    play(window, recording, qtbot)
    qtbot.waitUntil(lambda: len(names(window)) > 1, timeout=PATIENCE)
    close(window, qtbot)
    assert not folder().exists()


def test_notes_belong_to_the_open_clip(
    recording: Path, clip: Path, later: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    play(later, recording, qtbot)
    qtbot.waitUntil(lambda: len(names(later)) > 1, timeout=PATIENCE)
    later.people.tree.renamed.emit(1, "Bo")
    play(later, clip, qtbot)
    assert later.player.playback.in_s is None
    play(later, recording, qtbot)
    qtbot.waitUntil(lambda: "Bo" in names(later), timeout=PATIENCE)


def test_removed_notes_are_not_restored(recording: Path, later: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(later, recording, qtbot)
    qtbot.waitUntil(lambda: len(names(later)) > 1, timeout=PATIENCE)
    later.people.tree.renamed.emit(1, "Bo")
    film, store = recording.with_name("film.mp4"), ProjectStore()
    noted = NotedClip(film, fingerprint(film))
    qtbot.waitUntil(lambda: noted.load(store) != ClipNotes(), timeout=PATIENCE)
    later.people.tree.renamed.emit(1, "")
    play(later, clip, qtbot)
    qtbot.waitUntil(lambda: noted.load(store) == ClipNotes(), timeout=PATIENCE)


CHANGES: list[dict[str, Any]] = [{"smooth": "none"}, {"threshold": 0.5}, {"person_threshold": 0.3}, {"half_rate": True}]


@pytest.mark.parametrize(
    "change",
    [*CHANGES[:1], *(pytest.param(change, marks=pytest.mark.slow) for change in CHANGES[1:])],
    ids=str,
)
def test_names_stay_with_people_after_changed_settings(
    posing: MainWindow, short_demo: Path, change: dict[str, Any], qtbot: QtBot
) -> None:
    play(posing, short_demo, qtbot)
    qtbot.waitUntil(lambda: len(names(posing)) > 0, timeout=PATIENCE)
    posing.people.tree.renamed.emit(1, "Ada")
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 8, timeout=PATIENCE)
    before = posing.player.analysis
    posing.panel.changed.emit(replace(posing.loader.settings, **change))
    qtbot.waitUntil(lambda: posing.player.analysis is not before, timeout=PATIENCE)
    qtbot.waitUntil(lambda: names(posing)[:1] == ["Ada"], timeout=PATIENCE)


def test_names_survive_changed_settings_in_image_sequences(
    posing: MainWindow, short_demo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with av.open(str(short_demo)) as container:
        next(container.decode(video=0)).to_image().save(tmp_path / "frame.png")
    play(posing, tmp_path / "frame.png", qtbot)
    qtbot.waitUntil(lambda: len(names(posing)) > 0, timeout=PATIENCE)
    before = posing.player.analysis
    posing.people.tree.renamed.emit(1, "Ada")
    posing.panel.changed.emit(replace(posing.loader.settings, smooth="none"))
    qtbot.waitUntil(lambda: posing.player.analysis is not before and names(posing)[:1] == ["Ada"], timeout=PATIENCE)
