"""A file imports only from its own floor or below (docs/design.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

GROUND = {"core", "system"}
NETWORKS = {"inference", "zoo"}
STAGES = {"analysis", "pipeline", "network_answers", "detection", "pose", "tracking", "lifting"}
ENDS = {"sources", "sinks", "overlay", "project"}
ENGINE = {"engine"}
FACES = {"batch", "cli", "window", "bench", "evaluate"}
FLOORS = [GROUND, NETWORKS, STAGES, ENDS, ENGINE, FACES]

WINDOW = ROOT / "app" / "window"
WINDOW_ROOMS = [
    "i18n",
    "style",
    "core",
    "widgets",
    "player",
    "video",
    "panels",
    "models",
    "cameras",
    "welcome",
    "review",
    "dialogs",
]
"""The rooms of the window from the lowest to the highest; the files in ``app/window`` itself lie above all of them."""

QT_IN_BENCH = {"bench/watched_window.py", "bench/opening_window.py", "bench/offscreen_view.py"}

FILES = sorted((ROOT / "app").rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Names of all modules that a file imports, at the top or inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def module_of(path: Path) -> str:
    """The dotted name of the module in ``path``."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def import_cycles(folder: Path) -> list[tuple[str, ...]]:
    """Groups of modules below ``folder`` that import each other, imports for type checkers included."""
    paths = {module_of(path): path for path in folder.rglob("*.py")}
    reached = {name: (imports(path) & paths.keys()) - {name} for name, path in paths.items()}
    for _ in range(len(reached).bit_length()):  # each round doubles how far the imports are followed
        reached = {name: below.union(*(reached[other] for other in below)) for name, below in reached.items()}
    groups = {tuple(sorted(other for other in reached[name] if name in reached[other])) for name in reached}
    return sorted(group for group in groups if group)


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_imports_from_its_floor_or_below(path: Path) -> None:
    room = path.relative_to(ROOT / "app").parts[0].removesuffix(".py")
    if room == "__init__":
        return
    used = {name.split(".")[1] for name in imports(path) if name.startswith("app.") and name.count(".") >= 1}
    rooms = {name for name in used if any(name in rooms for rooms in FLOORS)}
    above = {name for name in rooms if floor_of(name) > floor_of(room)}
    assert not above, f"{path.name} imports from higher floors: {above}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_packages_stay_in_their_rooms(path: Path) -> None:
    place = str(path.relative_to(ROOT / "app"))
    packages = {name.split(".")[0] for name in imports(path)}
    assert not packages & {"torch", "torchvision", "ultralytics", "models", "export", "training"}
    if not place.startswith("window/") and place not in QT_IN_BENCH:
        assert "PyQt6" not in packages
    if not place.startswith("inference/"):
        assert "onnxruntime" not in packages
    if not place.startswith(("sources/", "sinks/")):
        assert "av" not in packages


def window_room_of(module: str) -> str:
    """The room of the window in which ``module`` lies; empty for the files above the rooms."""
    parts = module.split(".")
    return parts[2] if len(parts) > 2 and (WINDOW / parts[2]).is_dir() else ""


def test_every_room_of_the_window_is_in_the_floor_order() -> None:
    assert {path.name for path in WINDOW.iterdir() if (path / "__init__.py").is_file()} == set(WINDOW_ROOMS)


@pytest.mark.parametrize("path", sorted(WINDOW.rglob("*/*.py")), ids=lambda path: str(path.relative_to(WINDOW)))
def test_a_room_of_the_window_imports_only_rooms_below(path: Path) -> None:
    own = WINDOW_ROOMS.index(window_room_of(module_of(path)))
    used = {name for name in imports(path) if name.startswith("app.window.") and name.count(".") >= 2}
    above = {name for name in used if (room := window_room_of(name)) == "" or WINDOW_ROOMS.index(room) > own}
    assert not above, f"{path.name} imports from above: {above}"


def test_only_the_entry_imports_the_main_window() -> None:
    importing = {module_of(path) for path in WINDOW.rglob("*.py") if "app.window.main_window" in imports(path)}
    assert importing == {"app.window"}


def test_the_window_has_no_import_cycle() -> None:
    assert import_cycles(WINDOW) == []


def test_a_cycle_for_type_checkers_is_a_cycle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "low.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import top\n")
    (tmp_path / "top.py").write_text("def load():\n    import low\n")
    (tmp_path / "alone.py").write_text("import low\n")
    assert import_cycles(tmp_path) == [("low", "top")]
