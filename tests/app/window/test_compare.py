"""Two clips in step, curves and angles of both, a motion drawn over a person, and the pinned frame with values."""

from __future__ import annotations

import shutil
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from app.window.player.player import Player
from app.window.review.curves import Curve
from tests.app.window.test_main_window import PATIENCE, hold


def index(player: Player) -> int:
    return player.current.frame.index if player.current is not None else -1


@pytest.fixture
def compared(posing: MainWindow, short_demo: Path, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """The demo, analysed and paused, and a copy of it as the second clip."""
    posing.open(str(short_demo))
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 25, timeout=PATIENCE)
    hold(posing, qtbot)
    copy = Path(shutil.copy(short_demo, tmp_path / "second.mp4"))
    compare = posing.features.compare
    compare.open(str(copy))
    assert compare.second is not None
    second = compare.second
    qtbot.waitUntil(lambda: second.current is not None and len(second.analysis or ()) > 25, timeout=PATIENCE)
    posing.player.seek_index(3)
    qtbot.waitUntil(lambda: index(posing.player) == 3, timeout=PATIENCE)
    return posing


def test_clips_move_in_step_from_the_moment_that_was_set(compared: MainWindow, qtbot: QtBot) -> None:
    compare, player = compared.features.compare, compared.player
    second = compare.second
    assert second is not None
    second.seek_index(8)
    qtbot.waitUntil(lambda: index(second) == 8, timeout=PATIENCE)
    qtbot.keyClick(compared, Qt.Key.Key_F8)
    player.seek_index(10)
    qtbot.waitUntil(lambda: (index(player), index(second)) == (10, 15), timeout=PATIENCE)
    compared.actions_by_name["step-forward"].trigger()
    qtbot.waitUntil(lambda: (index(player), index(second)) == (11, 16), timeout=PATIENCE)
    # Its picture and its people are those of that frame.
    shown = second.current
    assert shown is not None
    assert shown.poses.people
    assert compare.panel.view.isVisible()


def test_the_curves_of_both_are_plotted_at_the_same_moments(compared: MainWindow, qtbot: QtBot) -> None:
    compare = compared.features.compare
    compared.dock_area.dock_of("plots").show()
    second = compare.second
    assert second is not None
    second.seek_index(8)
    qtbot.waitUntil(lambda: index(second) == 8, timeout=PATIENCE)
    qtbot.keyClick(compared, Qt.Key.Key_F8)
    plotted = compared.plots.plotted
    plotted.choose(["x:nose"], [1])

    def pairs() -> list[tuple[float, float]]:
        """Values of both curves at the moments that belong together."""
        own = [curve for curve in plotted.curves if not curve.compared]
        other = [curve for curve in plotted.curves if curve.compared]
        if not own or not other:
            return []
        moved = {round(t + compare.offset_s, 4): value for t, value in points(other[0])}
        return [(value, moved[round(t, 4)]) for t, value in points(own[0]) if round(t, 4) in moved]

    qtbot.waitUntil(lambda: len(pairs()) > 8, timeout=PATIENCE)
    assert compare.offset_s > 0.1
    assert max(abs(a - b) for a, b in pairs()) < 1e-6  # the copy has the same people


def points(curve: Curve) -> list[tuple[float, float]]:
    """The known values of ``curve`` with their times in seconds."""
    pairs = zip(curve.series.times_s.tolist(), curve.series.values.tolist(), strict=True)
    return [(t, value) for t, value in pairs if isfinite(value)]


def test_angles_of_both_and_their_difference_are_in_the_table(compared: MainWindow, qtbot: QtBot) -> None:
    compare = compared.features.compare
    second = compare.second
    assert second is not None
    second.seek_index(3)
    qtbot.waitUntil(lambda: index(second) == 3, timeout=PATIENCE)
    qtbot.keyClick(compared, Qt.Key.Key_F8)
    table = compare.panel.table

    def rows() -> list[list[str]]:
        items = [table.topLevelItem(number) for number in range(table.topLevelItemCount())]
        return [[item.text(column) for column in range(4)] for item in items if item is not None]

    qtbot.waitUntil(lambda: any(row[3] not in ("", "–") for row in rows()), timeout=PATIENCE)
    known = [row for row in rows() if row[3] != "–"]
    assert all(row[1] == row[2] for row in known)
    assert {row[3] for row in known} == {"0°"}
    compare.panel.kind.setCurrentIndex(1)
    compare.panel.kind.activated.emit(1)
    assert any("…" in row[1] for row in rows())


def test_a_pinned_frame_has_its_angles_in_the_table(posing: MainWindow, short_demo: Path, qtbot: QtBot) -> None:
    posing.open(str(short_demo))
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 25, timeout=PATIENCE)
    hold(posing, qtbot)
    posing.dock_area.dock_of("compare").show()
    panel = posing.features.compare.panel
    assert panel.table.isHidden()
    posing.actions_by_name["pin"].trigger()
    pinned = index(posing.player)
    aim = 20 if pinned != 20 else 10
    posing.player.seek_index(aim)
    qtbot.waitUntil(lambda: index(posing.player) == aim, timeout=PATIENCE)
    qtbot.waitUntil(lambda: panel.table.topLevelItemCount() > 0, timeout=PATIENCE)
    assert panel.table.isVisible()
    differences = [
        item.text(3) for row in range(panel.table.topLevelItemCount()) if (item := panel.table.topLevelItem(row))
    ]
    assert any(text not in ("–", "+0°", "\N{MINUS SIGN}0°") for text in differences)
    posing.actions_by_name["pin"].trigger()
    assert "pin a frame" in panel.title.text()
    assert panel.table.topLevelItemCount() == 0
    assert panel.table.isHidden()
    panel.show_second("walk.mp4", has_picture=True, people={})  # before its people are known
    assert panel.person.isHidden()
    assert not panel.view.isHidden()


def test_a_motion_from_a_file_follows_the_person(
    posing: MainWindow, short_demo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    from app.engine.clip_export import export
    from app.overlay import DrawStyle

    posing.open(str(short_demo))
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 25, timeout=PATIENCE)
    hold(posing, qtbot)
    pipeline = posing.loader.pipeline
    assert pipeline is not None
    made = export(str(short_demo), [tmp_path / "m.trc"], pipeline, DrawStyle(), analysis=posing.player.analysis)
    compare = posing.features.compare
    compare.read(made[0])
    qtbot.waitUntil(lambda: compare.other is not None, timeout=PATIENCE)
    posing.player.seek_index(12)
    qtbot.waitUntil(lambda: posing.view._scene.compared is not None, timeout=PATIENCE)
    drawn = posing.view._scene.compared
    assert drawn is not None
    ghost, skeleton = drawn
    current = posing.player.current
    assert current is not None
    number = int(made[0].stem.partition("_person")[2] or 1) if "_person" in made[0].stem else 1
    person = next(one for one in current.poses.people if one.id == number)
    names = posing.player.analysis.skeleton.names  # type: ignore[union-attr]
    assert not compare.panel.view.isVisible()
    hips: list[Any] = [
        sum(poses.keypoints[list(order).index(f"{side}_hip"), :2] for side in ("left", "right")) / 2
        for poses, order in ((ghost.people[0], skeleton.names), (person, names))
    ]
    assert abs(hips[0] - hips[1]).max() < 0.5
    # Its first moment is put at this frame: before it there is nobody.
    qtbot.keyClick(posing, Qt.Key.Key_F8)
    assert compare.offset_s == pytest.approx(-current.frame.time_s, abs=0.05)
    posing.player.seek_index(4)
    qtbot.waitUntil(lambda: index(posing.player) == 4, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "nobody at this moment" in compare.panel.title.text(), timeout=PATIENCE)
    # Moved by hand, it stays at that moment until it is linked again.
    compare.panel.seek_requested.emit(500)
    qtbot.waitUntil(lambda: "nobody" not in compare.panel.title.text(), timeout=PATIENCE)


def test_after_the_end_nothing_is_compared(compared: MainWindow, qtbot: QtBot) -> None:
    compare = compared.features.compare
    qtbot.mouseClick(compare.panel.end, Qt.MouseButton.LeftButton)
    assert compare.second is None
    assert not compare.panel.view.isVisible()
    assert compared.plots.plotted.compared is None
