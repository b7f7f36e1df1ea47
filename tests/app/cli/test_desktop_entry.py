"""The entry in the menu of a Linux desktop."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from app import __version__
from app.cli.desktop_entry import quoted
from app.cli.main import main
from app.core.assets import asset

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has desktop entries")


@pytest.fixture
def share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder, with the files installed."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert main(["--install-desktop"]) == 0
    return tmp_path


def test_the_command_of_the_entry_starts_this_program(share: Path) -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(share / "applications" / "stance.desktop", encoding="utf-8")
    command = shlex.split(entry["Desktop Entry"]["Exec"])
    assert command[-1] == "%f"
    told = subprocess.run([*command[:-1], "--version"], capture_output=True, text=True, check=True)
    assert __version__ in told.stdout
    assert (share / "icons" / "hicolor" / "scalable" / "apps" / "stance.svg").read_text().lstrip().startswith("<")


def test_recordings_and_projects_have_a_type_that_the_entry_opens(share: Path) -> None:
    types = ET.parse(share / "mime" / "packages" / "stance.xml").getroot()
    (kind,) = types
    patterns = {child.get("pattern") for child in kind if child.tag.endswith("glob")}
    assert patterns == {"*.stance", "*.stance.jsonl"}
    assert f"{kind.get('type')};" in (share / "applications" / "stance.desktop").read_text(encoding="utf-8")


def test_arguments_are_quoted_as_the_specification_says() -> None:
    assert quoted("/opt/stance/stance") == "/opt/stance/stance"
    assert quoted("/home/a b/stance") == '"/home/a b/stance"'
    assert quoted("/home/100%/stance") == "/home/100%%/stance"
    assert quoted("/home/$x/stance") == r'"/home/\\$x/stance"'


@pytest.mark.parametrize(
    ("command", "file"),
    [
        (["desktop-file-validate"], "desktop/stance.desktop"),
        (["appstreamcli", "validate", "--no-net"], "desktop/org.stance_pose.stance.metainfo.xml"),
    ],
)
def test_files_are_valid_for_the_desktops_own_programs(command: list[str], file: str) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run([*command, str(asset(file))], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_metadata_have_a_reverse_domain_name_and_name_the_entry(share: Path) -> None:
    (file,) = (share / "metainfo").iterdir()
    metadata = ET.parse(file).getroot()
    name = metadata.findtext("id", "")
    assert name.count(".") >= 2
    assert file.name == f"{name}.metainfo.xml"
    assert (share / "applications" / metadata.findtext("launchable", "")).is_file()
