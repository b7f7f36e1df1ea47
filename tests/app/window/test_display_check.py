"""Whether a window can be opened is determined without opening one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.window import can_show
from app.window.display_check import drop_foreign_plugins
from tests.conftest import ROOT

ASK = "from app.window import can_show; print(can_show())"

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays have names on Linux alone")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@linux_only
def test_missing_display_is_reported(bare: pytest.MonkeyPatch) -> None:
    assert "DISPLAY" in can_show()


@linux_only
def test_unreachable_x11_display_is_named(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("DISPLAY", ":7654")
    assert ":7654" in can_show()
    bare.setenv("QT_QPA_PLATFORM", "xcb")
    assert ":7654" in can_show()


@linux_only
def test_unreachable_wayland_display_is_named(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    bare.setenv("WAYLAND_DISPLAY", "wayland-77")
    assert "wayland-77" in can_show()


def test_a_platform_without_a_screen_needs_none(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("QT_QPA_PLATFORM", "offscreen")
    assert can_show() == ""


def test_missing_pyqt6_is_reported(tmp_path: Path) -> None:
    (tmp_path / "PyQt6").mkdir()
    (tmp_path / "PyQt6" / "__init__.py").write_text("raise ImportError('libEGL.so.1: cannot open shared object file')")
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "libEGL.so.1" in done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_plugins_of_opencv_are_forgotten_and_others_are_kept(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/somewhere/site-packages/cv2/qt/plugins")
    bare.setenv("QT_QPA_FONTDIR", "/usr/share/fonts")
    drop_foreign_plugins()
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
    assert os.environ["QT_QPA_FONTDIR"] == "/usr/share/fonts"


def test_qt_starts_after_opencv_was_imported() -> None:
    code = (
        "import os, cv2; from app.window.display_check import drop_foreign_plugins; drop_foreign_plugins()\n"
        "assert not [name for name in os.environ if name.startswith('QT_QPA') and 'cv2' in os.environ[name]]\n"
        "from PyQt6.QtWidgets import QApplication; QApplication([])"
    )
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
