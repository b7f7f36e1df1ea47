"""The lifter's network and its ONNX file."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from training.lift.bodies import SKELETON
from training.lift.network import OFFSETS, LifterNetwork
from training.lift.write import to_onnx


@pytest.fixture(scope="module")
def network() -> LifterNetwork:
    """With random weights, and normalizations that change something."""
    torch.manual_seed(0)
    network = LifterNetwork().eval()
    for parameter in network.last.parameters():
        nn.init.normal_(parameter)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm1d):
            assert part.running_mean is not None and part.running_var is not None  # noqa: PT018
            nn.init.uniform_(part.running_mean, -0.5, 0.5)
            nn.init.uniform_(part.running_var, 0.5, 2)
    return network


def test_a_mirrored_person_is_lifted_to_the_mirrored_points(network: LifterNetwork) -> None:
    inputs = torch.randn(5, len(OFFSETS), len(SKELETON.names), 3)
    order, sign = SKELETON.flip_order, torch.tensor([-1.0, 1, 1])
    with torch.no_grad():
        points, mirrored = network(inputs), network(inputs[:, :, order] * sign)
    torch.testing.assert_close(mirrored, points[:, order] * sign, atol=1e-5 * float(points.abs().max()), rtol=0)


def test_the_file_outputs_what_the_network_does(network: LifterNetwork) -> None:
    frames = np.random.default_rng(0).normal(size=(3, OFFSETS[-1] + 1, len(SKELETON.names), 3)).astype(np.float32)
    file = to_onnx(network).SerializeToString()
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"keypoints": frames})
    with torch.no_grad():
        wanted = network(torch.from_numpy(frames[:, ::-1][:, list(OFFSETS)].copy()))
    assert len(file) < 4e6
    assert found == pytest.approx(wanted.numpy(), abs=2e-3 * float(wanted.abs().max()))  # weights are FP16
