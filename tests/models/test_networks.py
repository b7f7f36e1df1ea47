"""The networks give the original implementations' outputs, to 1e-4 of the largest magnitude."""

from __future__ import annotations

import ast
import json
from typing import Any

import numpy as np
import pytest

from tests.conftest import GOLDEN, ROOT

torch = pytest.importorskip("torch", reason="the networks need PyTorch")

from export.architecture import infer_architecture, load  # noqa: E402
from tests.golden_weights import rule, weights  # noqa: E402

CASES: dict[str, dict[str, Any]] = json.loads((GOLDEN / "networks" / "cases.json").read_text())

LARGE = (
    "w48",
    "resnet101",
    "resnet152",
    "mmpose0_resnet50",
    "mmpose0_hrnet_w32",
    "wholebody133",
    "simple_resnet50",
    "mpii",
)
"""Parts of the names of networks that differ from others in numbers, or in the names of their weights only."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if any(part in name for part in LARGE) else ()) for name in CASES],
)
def test_network_output_matches_original(name: str) -> None:
    case = CASES[name]
    state = weights(case["arch"], case["dialect"], case["salt"])
    found = infer_architecture({key: tuple(tensor.shape) for key, tensor in state.items()}, name)
    network = load(state, found, name, "caffe" if "caffe" in name else "pytorch")
    inputs = rule.fixed_input(case["batch"], *case["input_hw"], case["input_seed"])
    with np.load(GOLDEN / "networks" / f"{name}.npz") as golden, torch.inference_mode():
        assert rule.input_crc32(inputs) == golden["input_crc32"]
        output = network(torch.from_numpy(inputs)).numpy()
        wanted = golden["output"]
        assert np.abs(output[:, golden["channels"]] - wanted).max() <= 1e-4 * np.abs(wanted).max()
        assert (output.reshape(*output.shape[:2], -1).argmax(-1) == golden["ch_argmax"]).all()
    assert sum(parameter.numel() for parameter in network.parameters()) == case["params"]


def test_caffe_stride_changes_the_output() -> None:
    state = weights("resnet50.k17")
    found = infer_architecture({key: tuple(tensor.shape) for key, tensor in state.items()}, "resnet50")
    inputs = torch.from_numpy(rule.fixed_input(1, 64, 64))
    one, other = (load(state, found, "resnet50", style)(inputs) for style in ("pytorch", "caffe"))
    assert one.shape == other.shape
    assert (one - other).abs().max() > 0.1


@pytest.mark.parametrize("path", sorted((ROOT / "models").glob("*.py")), ids=lambda path: path.name)
def test_networks_import_only_torch(path: Any) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} <= {
        "__future__",
        "collections",
        "dataclasses",
        "functools",
        "itertools",
        "math",
        "typing",
        "torch",
        "models",
    }
