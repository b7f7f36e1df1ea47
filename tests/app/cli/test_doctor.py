"""``--doctor`` names what is broken with a remedy, and survives broken libraries."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.cli import doctor

linux = pytest.mark.skipif(sys.platform != "linux", reason="names of Linux libraries")


def texts(findings: list[doctor.Finding]) -> str:
    return "\n".join(f"{finding.state} {finding.text} {finding.remedy}" for finding in findings)


def shadow_module(folder: Path, name: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shadow a module with ``code``, for child processes too."""
    (folder / f"{name}.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.mark.slow
def test_working_installation_is_healthy(stance_home: Path) -> None:
    text, healthy = doctor.report()
    assert healthy, text
    for wanted in (
        "Stance ",
        "Python 3.",
        "numpy ",
        "ONNX Runtime: ",
        "device cpu: works",
        "Qt platform: ",
        "catalogue: ",
    ):
        assert wanted in text
    assert f"cache folder: {stance_home}" in text
    assert "nothing yet" in text


@linux
def test_missing_library_of_cv2_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = "libGL.so.1: cannot open shared object file: No such file or directory"
    shadow_module(tmp_path, "cv2", f"raise ImportError({missing!r})", monkeypatch)
    found = texts(doctor.check_imports())
    assert f"broken cv2 cannot be imported: ImportError: {missing}" in found
    assert "sudo apt-get install" in found
    assert "libgl1" in found
    assert "ok imports: numpy, av," in found


@linux
def test_crashing_library_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shadow_module(tmp_path, "av", "import os; os.abort()", monkeypatch)
    (broken,) = [finding for finding in doctor.check_imports() if finding.state == "broken"]
    assert broken.text.startswith("av cannot be imported: it crashed (SIGABRT)")


@pytest.mark.slow
def test_unhealthy_report_ends_with_remedies(
    stance_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shadow_module(tmp_path, "av", "raise ImportError('libEGL.so.1: cannot open shared object file')", monkeypatch)
    text, healthy = doctor.report()
    assert not healthy
    assert "broken  av cannot be imported" in text
    if sys.platform == "linux":
        assert "libegl1" in text.partition("What to do:")[2]


def test_two_editions_of_onnx_runtime_are_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("onnxruntime", "onnxruntime_gpu"):
        folder = tmp_path / f"{name}-9.9.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 9.9\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    (finding,) = doctor.check_runtimes()
    assert finding.state == "broken"
    assert "onnxruntime 9.9, onnxruntime-gpu 9.9" in finding.text
    assert "pip uninstall -y onnxruntime onnxruntime-gpu && " in finding.remedy


def test_unwritable_cache_folder_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("STANCE_HOME", str(tmp_path / "file" / "home"))
    (finding,) = doctor.check_cache()
    assert finding.state == "broken"
    assert str(tmp_path / "file" / "home") in finding.text
    assert "StanceError" not in finding.text


def test_unknown_qt_platform_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "no-such-platform")
    (finding,) = doctor.check_qt()
    assert finding.state == "broken"
    assert "no-such-platform" in finding.text


@linux
def test_missing_display_is_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    (finding,) = doctor.check_qt()
    assert finding.state == "note"
    assert "no display" in finding.text


def test_broken_onnx_runtime_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shadow_module(tmp_path, "onnxruntime", "raise ImportError('DLL load failed')", monkeypatch)
    (finding,) = doctor.check_devices()
    assert (finding.state, finding.text) == ("broken", "devices cannot be tested: ImportError: DLL load failed")


def test_an_edition_without_windows_counts_as_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "somewhat_headless-1.2.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: somewhat-headless\nVersion: 1.2\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert doctor._version("somewhat") == "1.2"
    assert doctor._version("nothing-of-that-name") == ""
