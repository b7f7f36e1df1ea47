"""The networks of the other pose systems give the original implementations' outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import GOLDEN

torch = pytest.importorskip("torch", reason="the networks need PyTorch")

from export.architecture import infer_architecture, load  # noqa: E402
from tests.golden_networks import CASES, filled, inputs_of, keys2, rule2  # noqa: E402

ATOL = 3e-4
"""Above four times the noise of the original networks; their outputs are of size 1 to 12."""

LARGE: tuple[str, ...] = (
    "w32_512",
    "higherhrnet_w32_256x320",
    "mmpose0_mspn",
    "2x",
    "rtpose",
    "hourglass",
    "swahr",
    "ae_hrnet",
    "vitpose_b",
    "vitpose_s_mmpose1",
    "rtmpose_m",
    "transpose_h",
    "deeppose_resnet50_256x192",
    "mmpose0_deeppose",
    "dcpose",
    "prtr",
    "cpm",
    "openpose_coco_hzzone",
)
"""Parts of the names of cases that take longer. Small networks of the same architectures are converted in any run."""

CHOICES: dict[str, dict[str, str]] = {}
"""Choices that the weights do not tell, where a case has another one than the usual."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if any(part in name for part in LARGE) else ()) for name in CASES],
)
def test_network_output_matches_original(name: str) -> None:
    case, state, inputs = CASES[name], filled(name), inputs_of(name)
    found = infer_architecture(dict(keys2(name)), name)
    network = load(state, found, name, **CHOICES.get(name, {}))
    with torch.inference_mode():
        given = network(*inputs)
    outputs = [given] if isinstance(given, torch.Tensor) else list(given)
    with np.load(GOLDEN / "networks2" / f"{name}.npz") as golden:
        assert rule2.weights_crc32({key: value.numpy() for key, value in state.items()}) == golden["weights_crc32"]
        for row, output in zip(case["outputs"], outputs, strict=True):
            compare(row, output.numpy(), golden)
    assert sum(parameter.numel() for parameter in network.parameters()) <= case["params"]


def compare(row: dict[str, Any], output: NDArray[Any], golden: Any) -> None:
    """Compare one output with what is stored: values of every ``step``-th row and column, and sums of the whole."""
    name, step = row["name"], row.get("step", 1)
    assert list(output.shape) == row["shape"]
    kept = output[:, ::step] if output.ndim == 3 else output[..., ::step, ::step]
    assert np.abs(kept - golden[name]).max() <= ATOL
    if f"{name}_sum" in golden:
        cells = output.shape[-1] * output.shape[-2]
        sums = output.sum(axis=(-2, -1), dtype=np.float64)
        assert np.abs(sums - golden[f"{name}_sum"]).max() <= ATOL * cells


def test_inputs_are_those_of_the_originals() -> None:
    for name in CASES:
        with np.load(GOLDEN / "networks2" / f"{name}.npz") as golden:
            arrays: Sequence[NDArray[Any]] = [tensor.numpy() for tensor in inputs_of(name)]
            assert rule2.input_crc32(*arrays) == golden["input_crc32"], name
