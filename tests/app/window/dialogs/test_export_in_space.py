"""Exports of people in three dimensions from the dialog, with a lifter on, read back by the formats' own libraries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.lifting.open_lifter import DEFAULT, default_file
from app.window.dialogs.export_dialog import ExportDialog
from app.window.main_window import MainWindow
from tests.app.window.test_main_window import PATIENCE, hold, play

IN_SPACE = ("{stem}.bvh", "{stem}.glb", "{stem}.c3d")
FIRST, LAST = 3, 15
"""The first and the last frame between the points."""


@pytest.fixture
def lifted(posing: MainWindow, short_demo: Path, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """The window with the beginning of the demo clip analysed, the third dimension on and half a second marked."""
    if not default_file().is_file():
        pytest.skip("no lifter is packaged")
    posing.preferences.recordings = tmp_path
    with qtbot.waitSignal(posing.loader.loaded, timeout=PATIENCE):
        posing.panel.request(replace(posing.panel.settings, lifter=DEFAULT))
    play(posing, short_demo, qtbot)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 20, timeout=PATIENCE)
    hold(posing, qtbot)
    posing.player.playback.set_in(0.1)
    posing.player.playback.set_out(0.5)
    return posing


@pytest.mark.slow
def test_animations_and_points_are_those_of_the_analysis(lifted: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    libraries = [pytest.importorskip(name) for name in ("ezc3d", "bvhio", "pygltflib")]
    lifted.actions_by_name["export"].trigger()
    dialog = lifted.dialogs.shown["export"]
    assert isinstance(dialog, ExportDialog)
    for name, box in dialog.targets.boxes.items():
        box.setChecked(name in IN_SPACE)
    dialog.targets.name.setText("space")
    assert dialog.start.isEnabled(), dialog.reason.text()
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.start.click()
    assert "space.c3d" in dialog.message.text()
    analysis = lifted.player.analysis
    assert analysis is not None
    people = [analysis.get(index) for index in range(FIRST, LAST + 1)]
    numbers = sorted({person.id for poses in people if poses is not None for person in poses.people})
    points = libraries[0].c3d(str(tmp_path / "space.c3d"))["data"]["points"][:3]
    names = analysis.skeleton.names
    assert points.shape == (3, len(names) * len(numbers), LAST - FIRST + 1)
    # Vertical places have the height over the floor added, so that widths and depths are compared.
    shown = people[5]
    assert shown is not None
    for person in shown.people:
        assert person.points_3d is not None
        elbow = names.index("left_elbow")
        if person.points_3d[elbow, 3] >= lifted.loader.settings.threshold:
            found = points[[0, 2], numbers.index(person.id) * len(names) + elbow, 5] / 1000
            np.testing.assert_allclose(found, person.points_3d[elbow, [0, 2]], atol=1e-4)
    for path in tmp_path.glob("space*.bvh"):
        assert libraries[1].readAsHierarchy(str(path)).Name == "Hips"
    assert list(tmp_path.glob("space*.bvh"))
    scene = libraries[2].GLTF2().load(str(tmp_path / "space.glb"))
    assert len(scene.skins) == len(numbers)
    assert scene.animations
