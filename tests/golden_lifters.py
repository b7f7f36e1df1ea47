"""Generated weights, inputs and outputs of the original lifting networks (``lifting_cases.json``, ``rule2.py``)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.conftest import GOLDEN
from tests.golden_networks import rule2

CASES: dict[str, dict[str, Any]] = json.loads((GOLDEN / "networks2" / "lifting_cases.json").read_text())
"""What was run, by the name of the case."""
SCORED = "last feature v"
"""What the note of an input says if its third value is a score."""


def lifter_keys(name: str) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the weights of case ``name``, in the original's order."""
    case = CASES[name]
    rows = json.loads((GOLDEN / "keys2" / f"{case['arch']}.{case['dialect']}.json").read_text())
    return [(key, tuple(shape)) for key, shape in rows]


def lifter_weights(name: str) -> dict[str, Tensor]:
    """The generated weights of case ``name``."""
    case = CASES[name]
    arrays = rule2.fill(lifter_keys(name), case["salt"], case["spec"])
    return {key: torch.as_tensor(array) for key, array in arrays.items()}


def lifter_inputs(name: str) -> list[NDArray[Any]]:
    """The inputs of case ``name``, each (N, T, J, 2) or with a score (N, T, J, 3)."""
    arrays = []
    for given in CASES[name]["inputs"]:
        array = rule2.pose_input(*given["args"])
        if given.get("then", "").startswith(SCORED):
            array[..., 2] = (array[..., 2] + np.float32(1)) * np.float32(0.5)
        arrays.append(array)
    return arrays
