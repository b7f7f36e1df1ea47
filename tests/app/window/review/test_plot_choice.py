"""Which curves are plotted: chosen by ticks, found by a search, operated by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QTreeWidget, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from app.analysis import Analysis
from app.analysis.edits import MergePeople, SplitPerson
from app.core.people import FramePoses
from app.window.review.plot_panel import PlotPanel
from tests.app.overlay.space_people import people_in_space
from tests.app.window.review.test_plot_panel import plotted
from tests.app.window.seen import walkers


def tick(tree: QTreeWidget, section: str, name: str, column: int = 0) -> None:
    """Toggle a check box of the choice."""
    row = next(row for row in rows(tree, section) if row.text(0) == name)
    ticked = row.checkState(column) == Qt.CheckState.Checked
    row.setCheckState(column, Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked)


def rows(tree: QTreeWidget, section: str) -> list[QTreeWidgetItem]:
    tops = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    top = next(top for top in tops if top is not None and top.text(0) == section)
    return [row for place in range(top.childCount()) if (row := top.child(place)) is not None]


def test_ticked_curves_are_plotted_with_their_units(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)  # the offscreen platform has no popup grab
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    tree = panel.offer.tree
    with qtbot.waitSignal(panel.changed):
        tick(tree, "Keypoints", "left wrist", column=3)
    tick(tree, "Joint angles", "right knee")
    tick(tree, "People", "2")
    chart = plotted(panel, qtbot)
    assert panel.choice == ["angle:left knee", "speed:left_wrist"]
    assert [row.plot.getAxis("left").labelText for row in chart.rows] == ["Angle (°)", "Speed (px/s)"]
    assert [text.split()[:2] for text in chart.legend.texts] == [["left", "knee"], ["left", "wrist"]]


def test_the_search_hides_other_rows(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(panel.offer.search, "wrist")
    names = [row.text(0) for row in rows(panel.offer.tree, "Keypoints") if not row.isHidden()]
    assert names == ["left wrist", "right wrist"]


@pytest.mark.parametrize(
    ("text", "sections", "rows_left"),
    [
        ("speed", ["Keypoints"], 17),
        ("left wrist speed", ["Keypoints"], 1),
        ("SPEED wrist", ["Keypoints"], 2),
        ("angle knee", ["Joint angles"], 2),
        ("nobody", [], 0),
    ],
)
def test_the_search_matches_names_and_kinds(
    panel: PlotPanel, qtbot: QtBot, text: str, sections: list[str], rows_left: int
) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(panel.offer.search, text)
    tree = panel.offer.tree
    tops = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    assert [top.text(0) for top in tops if top is not None and not top.isHidden()] == sections
    assert sum(not row.isHidden() for section in sections for row in rows(tree, section)) == rows_left


def test_chosen_curves_missing_in_this_skeleton_are_kept(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.choice = ["angle:left ankle", "y:nose"]
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    assert [row.kind for row in chart.rows] == ["y"]
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    tick(panel.offer.tree, "Keypoints", "nose", column=1)
    assert set(panel.choice) == {"x:nose", "y:nose", "angle:left ankle"}


def test_the_choice_is_operated_by_keys(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.choice = ["x:nose"]
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    tree = panel.offer.tree
    tree.setCurrentItem(rows(tree, "Keypoints")[0])
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Space):
        qtbot.keyClick(tree, key)
    assert panel.choice == ["x:nose", "y:nose"]
    qtbot.keyClick(panel.offer.search, Qt.Key.Key_Escape)
    assert not panel.offer.isVisible()


def test_who_is_plotted_stays_plotted_after_a_split_and_a_merge(panel: PlotPanel) -> None:
    analysis = walkers()
    panel.show_analysis(analysis)
    first, second = analysis.ids()[:2]
    panel.plotted.choose(panel.choice, [first])
    analysis.set_edits((SplitPerson(first, 5, 9),))
    assert panel.plotted.plotted_people(analysis) == [first, 9]
    panel.plotted.choose(panel.choice, [first])  # whom the user leaves out then is left out
    assert panel.plotted.plotted_people(analysis) == [first]
    analysis.set_edits((SplitPerson(first, 5, 9), MergePeople(first, second)))
    assert panel.plotted.plotted_people(analysis) == [second]
    analysis.set_edits(())
    assert panel.plotted.plotted_people(analysis) == [first]


def test_angles_in_space_are_plotted_beside_those_in_the_picture(panel: PlotPanel, shared: Path, qtbot: QtBot) -> None:
    one, people = people_in_space(shared / "mocap" / "cmu60.npz", "02_01")
    analysis = Analysis(one.motion.skeleton)
    for index, person in enumerate(people[:60]):
        analysis.add(FramePoses(index, index / 60, (person,)))
    panel.show_analysis(analysis)
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    tree = panel.offer.tree
    tick(tree, "Joint angles in the picture", "right knee")
    with qtbot.waitSignal(panel.changed):
        tick(tree, "Joint angles in space", "left knee")
    tick(tree, "Keypoints in space (m)", "left ankle", column=3)
    chart = plotted(panel, qtbot)
    assert panel.choice == ["angle:left knee", "angle in space:left knee", "z in space:left_ankle"]
    labels = [row.plot.getAxis("left").labelText for row in chart.rows]
    assert labels == ["Angle (°)", "Place in space (m)"]
    legend = " ".join(chart.legend.texts)
    for title in ("left knee (in the picture)", "left knee (in space)", "left ankle z in space"):
        assert title in legend
    assert len(chart.rows[0].drawn()) == 2


def test_without_a_third_dimension_none_is_offered(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    tree = panel.offer.tree
    tops = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    shown = [top.text(0) for top in tops if top is not None and not top.isHidden()]
    assert shown == ["People", "Joint angles", "Segment angles", "Keypoints"]
