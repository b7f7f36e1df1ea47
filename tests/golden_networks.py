"""Generated weights, inputs and outputs of the original networks (``tests/golden/networks2``, ``rule2.py``)."""

from __future__ import annotations

import importlib
import json
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.conftest import GOLDEN

rule2: Any = importlib.import_module("tests.golden.rule2")

CASES: dict[str, dict[str, Any]] = json.loads((GOLDEN / "networks2" / "cases.json").read_text())
"""What was run, by the name of the case."""
OF_TRANSFORMED = "transposed to (batch, height, width, channel)"


def keys2(name: str) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the weights of case ``name``, in the original's order."""
    case = CASES[name]
    rows = json.loads((GOLDEN / "keys2" / f"{case['arch']}.{case['dialect']}.json").read_text())
    return [(key, tuple(shape)) for key, shape in rows]


def filled(name: str) -> dict[str, Tensor]:
    """The generated weights of case ``name``, without the buffers that the network computes itself."""
    case = CASES[name]
    return {key: torch.as_tensor(array) for key, array in rule2.fill(keys2(name), case["salt"], case["spec"]).items()}


def inputs_of(name: str) -> list[Tensor]:
    """The inputs of case ``name``."""
    return [torch.from_numpy(np.ascontiguousarray(array)) for array in _inputs(CASES[name])]


def _inputs(case: dict[str, Any]) -> list[NDArray[Any]]:
    arrays = []
    for given in case["inputs"]:
        if given.get("function") in ("image_input", "pose_input"):
            array = getattr(rule2, given["function"])(*given["args"])
        elif "value" in given:
            array = np.asarray(given["value"], np.float32)
        elif "array" in given:
            array = _rescore_features()
        else:  # three frames side by side on the channel axis
            array = np.concatenate([rule2.image_input(1, 128, 96, seed) for seed in (20240, 20241, 20242)], axis=1)
        if given.get("then") == OF_TRANSFORMED:
            array = array.transpose(0, 2, 3, 1)
        arrays.append(array)
    return arrays


def _rescore_features() -> NDArray[Any]:
    with np.load(GOLDEN / "networks2" / "rescore_features.npz") as stored:
        features: NDArray[Any] = stored["features"]
    return features
