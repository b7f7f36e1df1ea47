"""What was analysed of a clip is there again after the program was closed, and no network runs."""

from __future__ import annotations

import itertools
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf
from pathlib import Path

import av
import pytest
from pytestqt.qtbot import QtBot

from app.analysis import Analysis
from app.analysis.edits import DropKeypoints, Edits, SplitPerson
from app.core.people import FramePoses
from app.core.settings import Settings
from app.inference.onnx_model import OnnxModel
from app.project.fingerprint import fingerprint
from app.project.kept_edits import decode_edits
from app.project.project_file import open_project
from app.project.store import folder, kept_file
from app.sources.file import VideoFile
from app.window.core.tasks import nothing
from app.window.main_window import MainWindow
from tests.app.window.conftest import shared_session
from tests.app.window.player.test_clip_analysis import END_S, analysed, numbers, runs
from tests.child_process import child_process
from tests.conftest import ROOT

__all__ = ["analysed", "runs"]

PROGRAM = """
import sys
from pathlib import Path
from PyQt6.QtWidgets import QApplication
from app.core.people import FramePoses
from app.core.settings import Settings
from app.window.main_window import MainWindow
application = QApplication([])
pose, detector, clip = sys.argv[1:]
window = MainWindow(Settings(pose=pose, detector=detector, device="cpu"))
window.load()
window.open(clip)
application.exec()
"""
PATIENCE = 60_000
Restart = Callable[[], MainWindow]


@pytest.fixture
def restart(small_models: Settings, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Restart]:
    """Makes a further window with the same models, as after a restart of the program."""
    monkeypatch.setattr("app.inference.onnx_model.open_session", shared_session)
    made: list[MainWindow] = []

    def start() -> MainWindow:
        window = MainWindow(small_models)
        made.append(window)
        with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
            window.load()
        return window

    yield start
    for window in made:
        with qtbot.waitSignal(window.closed, timeout=PATIENCE):
            window.close()


def open_part(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.player.clip_analysis.ended, timeout=PATIENCE):
        window.player.open(str(clip), 0.0, END_S, paused=True)


def shown(window: MainWindow) -> int:
    return window.player.current.frame.index if window.player.current is not None else -1


def test_a_clip_opened_after_a_restart_has_its_people_and_names_and_needs_no_network(
    analysed: MainWindow, short_demo: Path, restart: Restart, runs: list[OnnxModel], tmp_path: Path, qtbot: QtBot
) -> None:
    analysed.people.tree.renamed.emit(1, "Ada")
    before = numbers(analysed.player.analysis)
    analysed.notes.save()
    wait_for_queue(analysed, qtbot)
    assert [path.suffix for path in folder().iterdir()] == [".stance"]
    window = restart()
    runs.clear()
    open_part(window, Path(shutil.copy(short_demo, tmp_path / "moved.mp4")), qtbot)
    assert numbers(window.player.analysis) == before
    qtbot.waitUntil(lambda: analysis_of(window).name(1) == "Ada", timeout=PATIENCE)
    window.player.play()
    qtbot.waitUntil(
        lambda: window.player.current is not None and window.player.current.frame.index > 10, timeout=PATIENCE
    )
    assert runs == []
    check, first_check = window.player.clip_analysis.check, analysed.player.clip_analysis.check
    assert check is not None
    assert first_check is not None
    assert check.until_s == -inf  # no frame is checked before a panel asks for the result
    assert first_check.picture_samples().camera
    qtbot.waitUntil(lambda: check.picture_samples() == first_check.picture_samples(), timeout=PATIENCE)
    assert check.is_judged
    assert check.findings() == first_check.findings()


def test_panels_wait_for_the_whole_of_a_kept_analysis(
    analysed: MainWindow, short_demo: Path, restart: Restart, qtbot: QtBot
) -> None:
    frames, go, window = analysis_of(analysed).frames(), threading.Event(), restart()
    window.show()
    window.dock_area.dock_of("plots").show()
    window.dock_area.dock_of("people").show()
    qtbot.waitUntil(lambda: window.plots.chart is not None, timeout=PATIENCE)
    computed: list[int] = []
    window.plots.plotted.computed.connect(lambda: computed.append(len(window.plots.plotted.curves)))
    window.player.clip_analysis.before_pass = lambda _: assert_set(go)
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.player.open(str(short_demo), 0.0, END_S, paused=True)
    window.review.refresh()
    qtbot.waitUntil(lambda: window.plots.up_to_date and window.people.up_to_date, timeout=PATIENCE)
    analysis_of(window).add_all(frames[:10])  # the first part of what is kept
    computed.clear()
    window.review.panels.skip_pauses()
    window.review.refresh()
    qtbot.waitUntil(lambda: not window.background.busy("plots", "people"), timeout=PATIENCE)
    wait_for_queue(window, qtbot)
    assert computed == []
    assert not window.plots.up_to_date
    with qtbot.waitSignal(window.player.clip_analysis.ended, timeout=PATIENCE):
        go.set()
    qtbot.waitUntil(lambda: window.plots.up_to_date and window.people.up_to_date, timeout=PATIENCE)
    assert len(computed) == 1
    assert analysis_of(window).frames()[-1].index == frames[-1].index


def assert_set(event: threading.Event) -> None:
    """Wait until ``event`` is set."""
    assert event.wait(PATIENCE / 1000)


def saved_project(window: MainWindow, path: Path, qtbot: QtBot) -> Path:
    with qtbot.waitSignal(window.features.projects.saved, timeout=PATIENCE) as saved:
        window.features.projects.save(path)
    return Path(saved.args[0])


def wait_for_queue(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until what was queued has been written."""
    done: list[None] = []
    window.background.queue(lambda: None, done.append, nothing, window)
    qtbot.waitUntil(lambda: len(done) == 1, timeout=PATIENCE)


def analysis_of(window: MainWindow) -> Analysis:
    assert window.player.analysis is not None
    return window.player.analysis


def raw(window: MainWindow, index: int) -> FramePoses:
    poses = analysis_of(window).raw(index)
    assert poses is not None
    return poses


def is_analysed(window: MainWindow) -> bool:
    """Whether the pass over the clip is over."""
    current = window.player.clip_analysis.current
    return current is not None and current.state == "ended"


@pytest.fixture
def whole(posing: MainWindow, short_demo: Path, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """The window with a short clip in a folder of its own, analysed with settings that are not the usual ones."""
    (tmp_path / "films").mkdir()
    clip = tmp_path / "films" / "clip.mp4"
    excerpt(short_demo, 20, clip)
    posing.panel.changed.emit(replace(posing.loader.settings, smooth="kalman", max_people=2))
    with qtbot.waitSignal(posing.player.clip_analysis.ended, timeout=PATIENCE):
        posing.player.open(str(clip), paused=True)
    return posing


def excerpt(film: Path, frames: int, into: Path) -> None:
    """Write the first ``frames`` of ``film``."""
    source = VideoFile(film)
    with av.open(str(into), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = *source.size, "yuv420p"
        for frame in itertools.islice(iter(source.read, None), frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame.image, format="bgr24")))
        container.mux(stream.encode(None))
    source.close()


def test_a_saved_project_moves_with_its_clip_and_brings_its_settings_edits_and_names(
    whole: MainWindow, restart: Restart, runs: list[OnnxModel], tmp_path: Path, qtbot: QtBot
) -> None:
    analysis = analysis_of(whole)
    whole.people.tree.renamed.emit(1, "Ada")
    whole.features.undo.edit("split", analysis, (SplitPerson(1, 10, 7),))
    path = saved_project(whole, tmp_path / "films" / "clip", qtbot)
    assert path.name == "clip.stance"
    whole.features.undo.edit("hide", analysis, (SplitPerson(1, 12, 7),))  # saved by itself
    wait_for_queue(whole, qtbot)
    before = numbers(analysis)
    shutil.rmtree(folder())
    moved = Path(shutil.move(tmp_path / "films", tmp_path / "elsewhere"))
    (moved / "clip.mp4").rename(moved / "renamed.mp4")
    window = restart()
    runs.clear()
    window.open(str(moved / "clip.stance"))
    qtbot.waitUntil(lambda: is_analysed(window), timeout=PATIENCE)
    assert numbers(window.player.analysis) == before
    assert (window.loader.settings.smooth, window.loader.settings.max_people) == ("kalman", 2)
    qtbot.waitUntil(lambda: "Ada" in analysis_of(window).names().values(), timeout=PATIENCE)
    assert runs == []
    assert window.preferences.recent == [str(moved / "clip.stance")]
    assert window.player.text == str(moved / "renamed.mp4")


@pytest.mark.slow
def test_edits_are_kept_and_said_to_be_when_the_project_is_deleted_while_it_is_open(
    whole: MainWindow, restart: Restart, tmp_path: Path, qtbot: QtBot
) -> None:
    path = saved_project(whole, tmp_path / "films" / "clip.stance", qtbot)
    assert whole.windowTitle() == "clip.mp4 (clip.stance) – Stance"
    path.unlink()
    whole.features.undo.edit("split", analysis_of(whole), (SplitPerson(1, 10, 7),))
    qtbot.waitUntil(lambda: str(path) in whole.video_stack.banner.sentence, timeout=PATIENCE)
    before = numbers(analysis_of(whole))
    window = restart()
    window.panel.changed.emit(replace(window.loader.settings, smooth="kalman", max_people=2))
    window.open(str(tmp_path / "films" / "clip.mp4"))
    qtbot.waitUntil(lambda: is_analysed(window), timeout=PATIENCE)
    assert numbers(window.player.analysis) == before


@pytest.mark.slow
def test_people_of_a_project_are_shown_without_its_models(
    whole: MainWindow, restart: Restart, runs: list[OnnxModel], tmp_path: Path, qtbot: QtBot
) -> None:
    whole.features.undo.edit("split", analysis_of(whole), (SplitPerson(1, 10, 7),))
    path = saved_project(whole, tmp_path / "films" / "clip.stance", qtbot)
    with open_project(path) as project:
        (run,) = project.runs()
        gone = replace(run.info, settings=replace(run.info.settings, pose="/gone/pose.onnx"))
        project.begin_run(run.key, "networks", gone)
        project.add_frames(run.number, [raw(whole, index) for index in range(run.frames)], len(gone.skeleton.names))
        project.end_run(run.number)
    window = restart()
    runs.clear()
    window.drag_drop.source_dropped.emit(str(path))
    qtbot.waitUntil(lambda: shown(window) >= 0, timeout=PATIENCE)
    assert window.player.recorded
    assert numbers(window.player.analysis) == numbers(whole.player.analysis)
    assert runs == []
    changed = (SplitPerson(1, 10, 7), DropKeypoints(1, (0,), 3, 4))
    assert analysis_of(window).edits == changed[:1]
    window.features.undo.edit("delete", analysis_of(window), changed)
    qtbot.waitUntil(lambda: stored_edits(path, run.key) == changed, timeout=PATIENCE)


def stored_edits(file: Path, key: str) -> Edits:
    with open_project(file) as project:
        return decode_edits(project.edits(key)).edits


@pytest.mark.slow
def test_a_missing_clip_is_asked_for(
    whole: MainWindow, restart: Restart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    path = saved_project(whole, tmp_path / "films" / "clip.stance", qtbot)
    moved = Path(shutil.move(tmp_path / "films" / "clip.mp4", tmp_path / "other.mp4"))
    monkeypatch.setattr("app.window.project_files.pick_file", lambda *_: str(moved))
    window = restart()
    window.open(str(path))
    qtbot.waitUntil(lambda: is_analysed(window), timeout=PATIENCE)
    assert window.player.text == str(moved)
    assert numbers(window.player.analysis) == numbers(whole.player.analysis)


def written(project: Path) -> int:
    """The number of analysed frames in the file."""
    if not project.exists():
        return 0
    with open_project(project) as opened:
        return sum(run.frames for run in opened.runs())


@pytest.mark.slow
def test_after_a_kill_no_network_runs_again_for_what_was_written(
    short_demo: Path, small_models: Settings, restart: Restart, runs: list[OnnxModel], qtbot: QtBot
) -> None:
    project = kept_file(fingerprint(short_demo))
    command = [sys.executable, "-c", PROGRAM, small_models.pose, small_models.detector, str(short_demo)]
    with child_process(command, cwd=ROOT):
        qtbot.waitUntil(lambda: written(project) >= 20, timeout=5 * PATIENCE)
    kept = written(project)
    assert kept >= 20
    window = restart()
    runs.clear()
    with qtbot.waitSignal(window.player.clip_analysis.ended, timeout=5 * PATIENCE):
        window.player.open(str(short_demo), 0.0, None, paused=True)
    asked = len(runs)
    frames = len(analysis_of(window))
    assert frames >= kept
    assert asked <= 2 * (frames - kept) + 2  # a detector and a pose network, and the preview of the first frame


def test_edits_are_still_there_when_a_clip_is_opened_again_in_the_same_session(
    whole: MainWindow, tmp_path: Path, demo: Path, qtbot: QtBot
) -> None:
    whole.features.undo.edit("split", analysis_of(whole), (SplitPerson(1, 10, 7),))
    before, edits = numbers(analysis_of(whole)), analysis_of(whole).edits
    wait_for_queue(whole, qtbot)
    for film in (demo, tmp_path / "films" / "clip.mp4"):
        with qtbot.waitSignal(whole.player.opened, timeout=PATIENCE):
            whole.player.open(str(film), paused=True)
    assert analysis_of(whole).edits == edits
    assert numbers(analysis_of(whole)) == before


@pytest.mark.slow
def test_a_clip_that_is_open_and_in_the_queue_is_analysed_once(
    posing: MainWindow, short_demo: Path, runs: list[OnnxModel], tmp_path: Path, qtbot: QtBot
) -> None:
    clip, other = tmp_path / "clip.mp4", tmp_path / "other.mp4"
    excerpt(short_demo, 60, clip)
    excerpt(short_demo, 61, other)
    queue, asked = posing.features.queue, []
    for film, in_queue in ((other, False), (clip, True)):
        runs.clear()
        with qtbot.waitSignal(posing.player.clip_analysis.ended, timeout=PATIENCE):
            if in_queue:
                queue.add([(film, [tmp_path / "clip.jsonl"])])
            posing.player.open(str(film), paused=True)
        asked.append(len(runs))
    qtbot.waitUntil(lambda: (tmp_path / "clip.jsonl").is_file(), timeout=PATIENCE)
    # Not twice: some more for the frame in progress, the preview of the first one, and that one as it is shown.
    assert len(runs) < 1.2 * asked[0]
