"""No notice and no question cuts its text or its buttons, in either language, at one and two pixels per point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("language", "scale"),
    [
        ("en", 1),
        ("zh", 2),
        pytest.param("en", 2, marks=pytest.mark.slow),
        pytest.param("zh", 1, marks=pytest.mark.slow),
    ],
)
def test_every_sentence_is_whole_as_a_notice_and_as_a_question(language: str, scale: int, tmp_path: Path) -> None:
    screen = {"name": "screen", "x": 0, "y": 0, "width": 1280 * scale, "height": 720 * scale}
    (tmp_path / "screens.json").write_text(json.dumps({"screens": [screen]}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.app.window.notice_walk", language],
        cwd=ROOT,
        env=os.environ
        | {"QT_SCALE_FACTOR": str(scale), "QT_QPA_PLATFORM": f"offscreen:configfile={tmp_path / 'screens.json'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found, shown, asked = json.loads(done.stdout)
    assert found == []
    assert shown > 500
    assert asked > 6
