"""Mirroring is saved for each camera."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.core.preferences import Preferences
from app.window.main_window import MainWindow
from tests.app.sources.device import FakeDevice
from tests.app.window.rooms import device  # noqa: F401 - a fixture
from tests.app.window.starts import closed, opened

PATIENCE = 60_000


def watch(window: MainWindow, source: str, qtbot: QtBot) -> bool:
    """Open ``source``; returns whether it is mirrored."""
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.open(source)
    qtbot.waitUntil(lambda: window.player.current is not None, timeout=PATIENCE)
    assert window.actions_by_name["mirror"].isChecked() == window.panel.display.switches["mirror"].isChecked()
    return window.draw_style().mirror


def test_mirroring_is_restored_for_a_camera_and_off_for_clips(
    device: type[FakeDevice],  # noqa: F811
    clip: Path,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    file = tmp_path / "stance.ini"
    window = opened(file, qtbot)
    assert not watch(window, "0", qtbot)
    window.actions_by_name["mirror"].trigger()
    assert window.draw_style().mirror
    assert not watch(window, str(clip), qtbot)
    assert watch(window, "0@1280x720", qtbot)  # the same camera at another size
    closed(window, qtbot)

    window = opened(file, qtbot)
    assert not watch(window, "1", qtbot)
    assert watch(window, "0", qtbot)
    window.actions_by_name["mirror"].trigger()
    assert not watch(window, "1", qtbot)
    assert not watch(window, "0", qtbot)
    closed(window, qtbot)


def test_mirroring_a_clip_does_not_affect_the_next_source(clip: Path, tmp_path: Path, qtbot: QtBot) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(clip.read_bytes())
    window = MainWindow(Settings(), mirror=True, preferences=Preferences(tmp_path / "stance.ini"))
    assert watch(window, str(clip), qtbot)  # as given on the command line
    assert not watch(window, str(other), qtbot)
    window.panel.display.switches["mirror"].click()
    window.player.reopen()
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        pass
    assert window.draw_style().mirror
    assert not watch(window, str(clip), qtbot)
    closed(window, qtbot)
