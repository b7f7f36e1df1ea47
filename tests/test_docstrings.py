"""Everything public says what it is; what takes arrays says their shape."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("app", "models", "export")
FILES = sorted(
    [*(path for name in PACKAGES for path in (ROOT / name).rglob("*.py")), ROOT / "main.py", ROOT / "stance.py"]
)

SHAPED = ("app/pose/", "app/detection/", "app/tracking/", "models/", "stance.py")
ARRAYS = re.compile(r"\b(Floats|Image|NDArray|Tensor|Maps|Numbers|ndarray)\b")
SHAPE = re.compile(r"\((?:\.\.\.|[A-Z0-9])[^()]*,[^()]*\)|\b[A-Z\d]x[A-Z\d](x\w)?\b")
"""A shape as (N, 4) or (B, K, H, W), or HxWx3."""

Documented = ast.Module | ast.ClassDef | ast.FunctionDef


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def public(node: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef]]:
    """Public classes, functions and methods of a module, with their dotted names."""
    for child in node.body:
        if (
            isinstance(child, ast.ClassDef | ast.FunctionDef)
            and not child.name.startswith("_")
            and not is_setter(child)
        ):
            yield prefix + child.name, child
            if isinstance(child, ast.ClassDef):
                yield from public(child, f"{prefix}{child.name}.")


def is_setter(node: ast.ClassDef | ast.FunctionDef) -> bool:
    """A property's setter shares the getter's docstring."""
    return any(isinstance(found, ast.Attribute) and found.attr == "setter" for found in node.decorator_list)


def overrides_qt(name: str) -> bool:
    """Qt's own methods are documented by Qt: paintEvent, sizeHint, ..."""
    return re.fullmatch(r"[a-z]+[A-Z]\w*", name.rpartition(".")[2]) is not None


@pytest.mark.parametrize("path", FILES, ids=named)
def test_everything_public_has_a_docstring(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    missing = [name for name, node in public(tree) if not ast.get_docstring(node) and not overrides_qt(name)]
    if not ast.get_docstring(tree):
        missing.insert(0, "the module")
    assert not missing, f"{named(path)} has no docstring for {missing}"


def takes_arrays(node: ast.FunctionDef) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return any(a.annotation is not None and ARRAYS.search(ast.unparse(a.annotation)) for a in arguments)


@pytest.mark.parametrize("path", [path for path in FILES if named(path).startswith(SHAPED)], ids=named)
def test_docstrings_of_array_functions_name_shapes(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = {node.name: ast.get_docstring(node) or "" for node in tree.body if isinstance(node, ast.ClassDef)}
    missing = []
    for name, node in public(tree):
        if isinstance(node, ast.FunctionDef) and takes_arrays(node):
            text = (ast.get_docstring(node) or "") + classes.get(name.partition(".")[0], "")
            if not SHAPE.search(text):
                missing.append(name)
    assert not missing, f"{named(path)} names no shape for {missing}"
