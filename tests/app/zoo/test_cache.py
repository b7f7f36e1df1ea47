"""The cache folder: whose it is, and what killed processes leave in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.zoo import cache
from tests.conftest import ROOT


def test_the_cache_is_the_users_own_unless_stance_home_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANCE_HOME", str(tmp_path))
    assert cache.home() == tmp_path
    monkeypatch.delenv("STANCE_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    if sys.platform == "linux":
        assert cache.home() == tmp_path / "user" / "stance"


WORKING = """
import sys, time
from app.zoo import cache
cache.zoo_folder().mkdir(parents=True, exist_ok=True)
with cache.workshop() as folder:
    (folder / "member").write_bytes(b"half a network")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_worked_on_is_swept_and_what_a_living_one_does_is_not(stance_home: Path) -> None:
    cache.sweep()  # there is no folder yet
    children = [
        subprocess.Popen([sys.executable, "-c", WORKING], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
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
