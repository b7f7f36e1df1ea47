"""The design's floors, read from the imports: a file knows only what lies below it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

GROUND = {"address", "people", "skeleton", "card", "errors", "settings", "resident", "priority", "stragglers"}
NETWORKS = {"runtime", "zoo"}
STAGES = {"analysis", "pipeline", "cadence", "detect", "estimate", "appearance", "track", "smooth"}
ENDS = {"sources", "sinks", "overlay"}
ENGINE = {"engine"}
FACES = {"cli", "command", "journal", "headless", "doctor", "window", "bench", "evaluate"}
FLOORS = [GROUND, NETWORKS, STAGES, ENDS, ENGINE, FACES]

FILES = sorted((ROOT / "app").rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_from_its_floor_or_below(path: Path) -> None:
    room = path.relative_to(ROOT / "app").parts[0].removesuffix(".py")
    if room == "__init__":
        return
    used = {name.split(".")[1] for name in imports(path) if name.startswith("app.") and name.count(".") >= 1}
    rooms = {name for name in used if any(name in rooms for rooms in FLOORS)}
    above = {name for name in rooms if floor_of(name) > floor_of(room)}
    assert not above, f"{path.name} looks up at {above}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_packages_stay_in_their_rooms(path: Path) -> None:
    place = str(path.relative_to(ROOT / "app"))
    packages = {name.split(".")[0] for name in imports(path)}
    assert not packages & {"torch", "torchvision", "ultralytics", "models", "export", "training"}
    if not place.startswith("window/"):
        assert "PyQt6" not in packages
    if place != "runtime.py":
        assert "onnxruntime" not in packages
    if not place.startswith(("sources/", "sinks/")):
        assert "av" not in packages
