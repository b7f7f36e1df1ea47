"""The cache folder: its location, and cleaning up after killed processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.zoo import cache
from tests.conftest import ROOT


def test_cache_is_the_user_cache_unless_stance_home_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCE_HOME", str(tmp_path))
    assert cache.home() == tmp_path
    monkeypatch.delenv("STANCE_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    if sys.platform == "linux":
        assert cache.home() == tmp_path / "user" / "stance"


WORKER = """
import sys, time
from app.zoo import cache
cache.zoo_folder().mkdir(parents=True, exist_ok=True)
with cache.temp_folder() as folder:
    (folder / "member").write_bytes(b"half a network")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_sweep_deletes_only_files_of_killed_processes(stance_home: Path) -> None:
    cache.sweep()  # the folder does not exist yet
    children = [
        subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    killed, living = (Path((child.stdout.readline() if child.stdout else "").strip()) for child in children)
    children[0].kill()
    children[0].communicate()
    cache.sweep()
    assert not killed.exists()
    assert (living / "member").is_file()
    children[1].kill()
    children[1].communicate()
    cache.sweep()
    assert not list((stance_home / "zoo").iterdir())
