"""Checkpoints with real names and shapes and generated values (``tests/golden/rule.py``)."""

from __future__ import annotations

import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tests.conftest import GOLDEN

rule: Any = importlib.import_module("tests.golden.rule")


@cache
def keys(arch: str, dialect: str) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the weights of architecture ``arch``, as ``dialect`` (original or MMPose) names them."""
    rows = json.loads((GOLDEN / "keys" / f"{arch}.{dialect}.json").read_text())
    return [(name, tuple(shape)) for name, shape in rows]


def narrow(arch: str, dialect: str = "original", divisor: int = 8) -> list[tuple[str, tuple[int, ...]]]:
    """``keys`` with all numbers of 64 channels and more divided by ``divisor``: a network that is fast to convert."""
    return [
        (name, tuple(count // divisor if count >= 64 else count for count in shape))
        for name, shape in keys(arch, dialect)
    ]


def weights(arch: str, dialect: str = "original", salt: str = "") -> dict[str, Tensor]:
    """The generated weights by name; another ``salt`` gives other values."""
    return _filled(keys(arch, dialect), salt)


def narrow_weights(arch: str, dialect: str = "original", salt: str = "") -> dict[str, Tensor]:
    """The same for a network with an eighth of the channels."""
    return _filled(narrow(arch, dialect), salt)


def _filled(shapes: list[tuple[str, tuple[int, ...]]], salt: str) -> dict[str, Tensor]:
    return {name: torch.as_tensor(array) for name, array in rule.fill(shapes, salt).items()}


def save(path: Path, arch: str, dialect: str = "original") -> Path:
    """Write a checkpoint to ``path`` as the authors or MMPose publish it, and return ``path``."""
    return save_state(path, weights(arch, dialect), dialect)


def save_state(path: Path, state: dict[str, Tensor], dialect: str = "original") -> Path:
    """Write these weights to ``path`` as the authors or MMPose publish them, and return ``path``."""
    published = state if dialect.startswith("original") else {"meta": {"mmpose_version": "0.29.0"}, "state_dict": state}
    torch.save(published, path)
    return path
