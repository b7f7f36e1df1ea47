"""Lifting networks give the outputs of VideoPose3D, weigq's SimpleBaseline3D, MMPose and Anatomy3D."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import GOLDEN

torch = pytest.importorskip("torch", reason="the networks need PyTorch")

from export.lifter_networks import load_lifter, recognize  # noqa: E402
from models.anatomy_lifter import AnatomyLifter  # noqa: E402
from tests.golden_lifters import CASES, lifter_inputs, lifter_keys, lifter_weights  # noqa: E402
from tests.golden_networks import rule2  # noqa: E402

ATOL = 3e-5
"""Above four times the noise of the original networks; their outputs are of size 1 to 5."""
NAMES = {
    "simplebaseline3d_weigq": "SimpleBaseline3D",
    "lift_simplebaseline3d_mmpose1": "SimpleBaseline3D",
    "videopose3d_1": "VideoPose3D (1 frame)",
    "videopose3d_243": "VideoPose3D (243 frames)",
    "lift_videopose3d_243_mmpose1": "VideoPose3D (243 frames)",
    "anatomy3d_27_c256": "Anatomy3D (27 frames)",
}
"""What cases are recognized as; the others are VideoPose3D with 27 frames."""
LARGE = {"videopose3d_243", "lift_videopose3d_243_mmpose1"}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n in LARGE else ()) for n in CASES])
def test_output_matches_the_original(name: str) -> None:
    case, state, inputs = CASES[name], lifter_weights(name), lifter_inputs(name)
    found = recognize(dict(lifter_keys(name)), name)
    assert found.name == NAMES.get(name, "VideoPose3D (27 frames)")
    strided = inputs[0].shape[1] == found.frames
    network = load_lifter(state, found, name, causal=case["config"].get("causal", False), strided=strided)
    with np.load(GOLDEN / "networks2" / f"{name}.npz") as golden:
        assert rule2.weights_crc32({key: value.numpy() for key, value in state.items()}) == golden["weights_crc32"]
        with torch.inference_mode():
            output = network(torch.from_numpy(inputs[0])).numpy()
            if isinstance(network, AnatomyLifter):
                compare_anatomy(network, [torch.from_numpy(own) for own in inputs], golden)
                return
        np.testing.assert_allclose(output, golden["pose3d"].reshape(output.shape), atol=ATOL)


def compare_anatomy(network: AnatomyLifter, inputs: list[Any], golden: Any) -> None:
    """Every output of Anatomy3D, whose bones are measured in two sets of frames of their own."""
    network.temperature = CASES["anatomy3d_27_c256"]["config"]["temperature"]
    lengths, joints = network.lengths(inputs[1])
    lengths_aug, joints_aug = network.lengths(inputs[2])
    first, second = network.directions(inputs[0])
    found = {
        "pose3d": network.joints(lengths, second),
        "bone_length": lengths,
        "rand_pose3d": joints,
        "bone_length_aug": lengths_aug,
        "randaug_pose3d": joints_aug,
        "bone_direction_1": first,
        "bone_direction_2": second,
        "joint_shift_1": network.shifts(lengths, first, 1),
        "joint_shift_2": network.shifts(lengths, second, 2),
    }
    assert found.keys() == {row["name"] for row in CASES["anatomy3d_27_c256"]["outputs"]}
    for name, output in found.items():
        np.testing.assert_allclose(output.numpy(), golden[name], atol=ATOL, err_msg=name)


def test_strided_and_sliding_convolutions_agree_causal_ones_too() -> None:
    name = "videopose3d_27"
    state, found = lifter_weights(name), recognize(dict(lifter_keys(name)), name)
    window = torch.from_numpy(lifter_inputs(name)[0][:, 3:30])
    for causal in (False, True):
        sliding, strided = (load_lifter(state, found, name, causal, strided) for strided in (False, True))
        with torch.inference_mode():
            np.testing.assert_allclose(strided(window).numpy(), sliding(window).numpy(), atol=ATOL)
