"""All messages from outside the window, collected from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from app.analysis.angles import ANGLES
from app.analysis.series import UNITS
from app.core.skeleton import FOLDER, load_skeleton
from app.inference.model_card import PoseCard
from app.pipeline import STAGES
from app.zoo.catalogue import load_catalogue
from tests.conftest import ROOT

ERROR_BASE = "ExplainedError"
MAKERS = ("Message", "joined")
CONSOLE_ONLY = (
    "app/batch/",
    "app/cli/",
    "app/evaluate/",
    "app/bench/",
    "export/info.py",
    "export/speed.py",
    "stance.py",
)


def templates() -> Iterator[tuple[str, ast.expr]]:
    """The template of each message in the source, with its place: the first argument of errors and of ``MAKERS``."""
    for place, call in _calls():
        yield place, call.args[0]


def values_given() -> Iterator[tuple[str, str, set[str | None]]]:
    """The place, the template and the names of the values of each error and message whose template is a literal."""
    for place, call in _calls():
        first, made = call.args[0], call.func.id if isinstance(call.func, ast.Name) else ""
        if isinstance(first, ast.Constant) and made != "joined":
            yield place, str(first.value), {keyword.arg for keyword in call.keywords}


def _calls() -> Iterator[tuple[str, ast.Call]]:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in _files()}
    known = {*MAKERS, *_errors(list(trees.values()))}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known and node.args:
                yield f"{path.relative_to(ROOT).as_posix()}:{node.lineno}", node


def sentences() -> set[str]:
    """Templates of all messages that can reach the window."""
    return {
        first.value
        for place, first in templates()
        if isinstance(first, ast.Constant)
        and isinstance(first.value, str)
        and first.value
        and not place.startswith(CONSOLE_ONLY)
    }


def of_the_catalogue() -> set[str]:
    """Titles and accuracy settings in the catalogue."""
    return {
        text
        for entry in load_catalogue().values()
        if entry.kind != "clip"
        for text in (entry.title, entry.ap_setting)
        if text
    }


def names() -> set[str]:
    """Keypoints of all skeletons, angles, units and stages."""
    skeletons = [load_skeleton(path.stem) for path in FOLDER.glob("*.json")]
    cards = [entry.card for entry in load_catalogue().values()]
    skeletons += [card.resolved_skeleton for card in cards if isinstance(card, PoseCard)]
    return (
        {name for skeleton in skeletons for name in skeleton.names}
        | {*ANGLES, *UNITS.values()}
        | {"read", *STAGES, "write"}
    )


def _files() -> Iterator[Path]:
    for folder in (ROOT / "app", ROOT / "export"):
        yield from sorted(folder.rglob("*.py"))
    yield ROOT / "stance.py"


def _errors(trees: list[ast.Module]) -> set[str]:
    """The classes of exceptions that carry a message: ``ERROR_BASE`` and those derived from it."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {ERROR_BASE}
    while more := {
        own.name
        for own in classes
        if own.name not in found and any(isinstance(base, ast.Name) and base.id in found for base in own.bases)
    }:
        found |= more
    return found
