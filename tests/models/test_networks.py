"""The networks answer as those of their authors do, to 1e-4 of the largest magnitude."""

from __future__ import annotations

import ast
import json
from typing import Any

import numpy as np
import pytest

from tests.conftest import GOLDEN, ROOT

torch = pytest.importorskip("torch", reason="the networks need PyTorch")

from export.recognise import load, recognise  # noqa: E402
from tests.golden_weights import rule, weights  # noqa: E402

CASES: dict[str, dict[str, Any]] = json.loads((GOLDEN / "networks" / "cases.json").read_text())


@pytest.mark.parametrize("name", CASES)
def test_a_network_answers_as_the_original(name: str) -> None:
    case = CASES[name]
    state = weights(case["arch"], case["dialect"], case["salt"])
    found = recognise({key: tuple(tensor.shape) for key, tensor in state.items()}, name)
    network = load(state, found, name, "caffe" if "caffe" in name else "pytorch")
    fed = rule.fixed_input(case["batch"], *case["input_hw"], case["input_seed"])
    with np.load(GOLDEN / "networks" / f"{name}.npz") as golden, torch.inference_mode():
        assert rule.input_crc32(fed) == golden["input_crc32"]
        answer = network(torch.from_numpy(fed)).numpy()
        wanted = golden["output"]
        assert np.abs(answer[:, golden["channels"]] - wanted).max() <= 1e-4 * np.abs(wanted).max()
        assert (answer.reshape(*answer.shape[:2], -1).argmax(-1) == golden["ch_argmax"]).all()
    assert sum(parameter.numel() for parameter in network.parameters()) == case["params"]


def test_the_stride_of_caffe_makes_another_network() -> None:
    state = weights("resnet50.k17")
    found = recognise({key: tuple(tensor.shape) for key, tensor in state.items()}, "resnet50")
    fed = torch.from_numpy(rule.fixed_input(1, 64, 64))
    one, other = (load(state, found, "resnet50", style)(fed) for style in ("pytorch", "caffe"))
    assert one.shape == other.shape
    assert (one - other).abs().max() > 0.1


@pytest.mark.parametrize("path", sorted((ROOT / "models").glob("*.py")), ids=lambda path: path.name)
def test_networks_import_torch_alone(path: Any) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} <= {"__future__", "dataclasses", "typing", "torch", "models"}
