"""Tasks that read and write files, performed with the mouse only: docs/window.md."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.window.dialogs.export_dialog import ExportDialog
from app.window.main_window import MainWindow
from app.window.review.queue_panel import STATE
from tests.app.sources.clips import make_clip, steady
from tests.app.window.hand import FPS, FRAMES, Hand, hand, index, people_film, shown
from tests.app.window.test_main_window import PATIENCE

__all__ = ["hand", "people_film", "shown"]


def dialog_of(window: MainWindow, name: str) -> ExportDialog:
    dialog = window.dialogs.shown[name]
    assert isinstance(dialog, ExportDialog)
    return dialog


def pictures(film: Path) -> list[np.ndarray]:
    with av.open(str(film)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def length_s(film: Path) -> float:
    with av.open(str(film)) as container:
        return float((container.duration or 0) / av.time_base)


def test_analyse_a_folder(hand: Hand, posing: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    clips = tmp_path / "day"
    clips.mkdir()
    for name in ("a.mp4", "b.mp4"):
        make_clip(clips / name, steady(4))
    queue = posing.features.queue
    hand.drop(clips)
    qtbot.waitUntil(lambda: queue.dialog is not None and queue.dialog.isVisible(), timeout=PATIENCE)
    assert queue.dialog is not None
    hand.click(queue.dialog.start)
    tree = queue.panel.tree

    def states() -> list[str]:
        return [item.text(STATE) for row in range(tree.topLevelItemCount()) if (item := tree.topLevelItem(row))]

    qtbot.waitUntil(lambda: states() == ["Done", "Done"], timeout=PATIENCE)
    assert len(list(clips.glob("*_stance.*"))) == 2
    assert hand.has_done("Analyse a folder")


def test_compare_two_clips(hand: Hand, shown: MainWindow, people_film: Path, tmp_path: Path, qtbot: QtBot) -> None:
    compare = shown.features.compare
    hand.will_write_path(Path(shutil.copy(people_film, tmp_path / "second.mp4")))
    hand.choose("&Play", "Compare with a second clip")
    second = compare.second
    assert second is not None
    qtbot.waitUntil(lambda: second.current is not None, timeout=PATIENCE)
    slider = compare.panel.slider
    hand.drag(slider, slider.rect().center() / 20, slider.rect().center())
    qtbot.waitUntil(lambda: second.current is not None and second.current.frame.index > 3, timeout=PATIENCE)
    hand.click(compare.panel.sync)
    offset = compare.offset_s
    assert offset > 0.25
    assert hand.has_done("Compare two clips in step")
    hand.press("step-forward")

    def in_step() -> bool:
        other = second.current
        return other is not None and index(shown) == 1 and abs(other.frame.time_s - offset - 1 / FPS) < 0.05

    qtbot.waitUntil(in_step, timeout=PATIENCE)


def test_write_a_film_in_slow_motion(hand: Hand, shown: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    hand.press("export")
    dialog = dialog_of(shown, "export")
    hand.click(dialog.film.heading)
    hand.select(dialog.film.speed, "0.5×")
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        hand.click(dialog.start)
    (film,) = tmp_path.glob("*.mp4")
    assert length_s(film) == pytest.approx(2 * FRAMES / FPS, abs=0.3)
    assert hand.has_done("Write a film in slow motion")


def test_blur_faces_in_a_film(hand: Hand, shown: MainWindow, people_film: Path, tmp_path: Path, qtbot: QtBot) -> None:
    for switch in ("skeleton", "ids", "legend"):
        shown.panel.display.switches[switch].setChecked(False)  # so that only the picture is in the film
    hand.select(shown.panel.display.privacy, "Blur faces")
    hand.press("export")
    dialog = dialog_of(shown, "export")
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        hand.click(dialog.start)
    assert hand.has_done("Blur the faces in a film")
    (film,) = tmp_path.glob("*.mp4")
    analysis = shown.player.analysis
    assert analysis is not None
    written, original = pictures(film), pictures(people_film)
    assert len(written) == len(original) == FRAMES
    heads = [person.keypoints[0, :2].round().astype(int).tolist() for person in analysis.frames()[0].people]
    assert len(heads) > 3
    assert np.median([detail(written[0], *head) / detail(original[0], *head) for head in heads]) < 0.5


def detail(picture: np.ndarray, x: int, y: int) -> float:
    """How much neighboring pixels around ``x``, ``y`` differ."""
    part = picture[max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4].astype(float)
    return float(np.abs(np.diff(part, axis=0)).mean())


def test_save_a_project_and_open_it(
    hand: Hand, posing: MainWindow, people_film: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    clip = Path(shutil.copy(people_film, tmp_path / "clip.mp4"))
    with qtbot.waitSignal(posing.player.clip_analysis.ended, timeout=PATIENCE):
        posing.player.open(str(clip), paused=True)
    project = tmp_path / "walk.stance"
    hand.will_write_path(project)
    with qtbot.waitSignal(posing.features.projects.saved, timeout=PATIENCE):
        hand.choose("&File", "Save project as")
    hand.will_write_path(project)
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        hand.choose("&File", "Open project")
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) == FRAMES, timeout=PATIENCE)
    assert posing.player.project is not None
    assert hand.has_done("Save a project and open it")


def test_write_a_report(hand: Hand, shown: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    hand.choose("&File", "Report")
    dialog = dialog_of(shown, "export")
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        hand.click(dialog.start)
    assert list(tmp_path.glob("*.html"))
    assert hand.has_done("Write a report")
