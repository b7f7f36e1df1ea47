"""Everything that the floors below the window say, found in their source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from app.analysis.angles import ANGLES
from app.analysis.series import UNITS
from app.card import PoseCard
from app.pipeline import STAGES
from app.skeleton import FOLDER, load_skeleton
from app.zoo.catalogue import load_catalogue
from tests.conftest import ROOT

ERRORS = {"StanceError", "DetectorError"}
PROSE = re.compile(r"[a-z}],? [a-z{]|[A-Z], [a-z]|\w's |^[a-z]\S* \w")
TO_THE_CONSOLE = {
    *("app/cli.py", "app/command.py", "app/doctor.py", "app/headless.py", "app/journal.py", "app/resident.py"),
    *("export/info.py", "export/speed.py"),
}
ELSEWHERE = ("app/window/", "app/evaluate/", "app/bench/")
NAMES = "app/analysis/angles.py"
TO_NOBODY = {
    "(from versions: none)",  # what others say, and is recognised by
    "No module named pip",
    "cannot open shared object",
    "`--{0} {1}`",  # commands
    "`python -m export fetch {0} --file {1}`",
    "{0}{1}: `{2} --help` lists what is known.\n",
    "python -m export",
    "{0} has no heat",  # asked for only where there is some
    "{0} {1}",
    "{0} is no size, wanted WIDTHxHEIGHT such as 192x256",
    "angular speed",
    "mmpose 0.x",
    "mmpose 1.x",
    "udp with offsets",
}
"""What looks like a sentence and is none that the window shows."""


def sentences() -> set[str]:
    """Templates of all sentences, and of parts of them, that can reach the window."""
    return {text for path in _files() for text in _said(ast.parse(path.read_text(encoding="utf-8")))} - TO_NOBODY


def of_the_catalogue() -> set[str]:
    """What the catalogue tells of its networks."""
    return {
        text
        for entry in load_catalogue().values()
        if entry.kind != "clip"
        for text in (entry.title, entry.ap_setting)
        if text
    }


def names() -> set[str]:
    """Keypoints of all skeletons that there are, angles, units and stages."""
    skeletons = [load_skeleton(path.stem) for path in FOLDER.glob("*.json")]
    cards = [entry.card for entry in load_catalogue().values()]
    skeletons += [card.bones for card in cards if isinstance(card, PoseCard)]
    return (
        {name for skeleton in skeletons for name in skeleton.names}
        | {*ANGLES, *UNITS.values()}
        | {"read", *STAGES, "write"}
    )


def _files() -> Iterator[Path]:
    for folder in (ROOT / "app", ROOT / "export"):
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name not in TO_THE_CONSOLE and name != NAMES and not name.startswith(ELSEWHERE):
                yield path


def _said(tree: ast.Module) -> Iterator[str]:
    silent = set(_unsaid(tree))
    errors = {
        argument
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS
        for argument in node.args[:1]
    }
    for node in ast.walk(tree):
        text = _template(node)
        if text is not None and node not in silent and (node in errors or PROSE.search(text)):
            yield _whole(text)


def _whole(text: str) -> str:
    """What is put behind something else, with a place for that."""
    if not text.startswith(" "):
        return text
    return "{0}" + re.sub(r"\{(\d+)\}", lambda place: f"{{{int(place[1]) + 1}}}", text)


def _unsaid(tree: ast.Module) -> Iterator[ast.AST]:
    """Docstrings, what goes to the log, and the fixed parts of what is put together."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg in ("help", "description", "prog"):
            yield from ast.walk(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("log.", "re.", "msgspec.", "Annotated")):
            yield from ast.walk(node)
        elif isinstance(node, ast.JoinedStr):
            yield from (part for part in node.values if isinstance(part, ast.Constant))


def _template(node: ast.AST) -> str | None:
    """The text of a literal, with numbered places for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    text, places = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            text += f"{{{places}}}"
            places += 1
    return text
