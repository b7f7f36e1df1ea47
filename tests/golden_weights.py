"""Checkpoints of real size and with real names, their numbers made by the rule of the golden data."""

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
    """Names and shapes of a network's weights."""
    rows = json.loads((GOLDEN / "keys" / f"{arch}.{dialect}.json").read_text())
    return [(name, tuple(shape)) for name, shape in rows]


def weights(arch: str, dialect: str = "original", salt: str = "") -> dict[str, Tensor]:
    """The weights themselves."""
    return {name: torch.as_tensor(array) for name, array in rule.fill(keys(arch, dialect), salt).items()}


def save(path: Path, arch: str, dialect: str = "original") -> Path:
    """A file as the network's authors or MMPose would publish it."""
    state = weights(arch, dialect)
    published = state if dialect.startswith("original") else {"meta": {"mmpose_version": "0.29.0"}, "state_dict": state}
    torch.save(published, path)
    return path
