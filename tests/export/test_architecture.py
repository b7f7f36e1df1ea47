"""A checkpoint's names and shapes tell what it holds, or one sentence tells what they are instead."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import StanceError
from tests.conftest import GOLDEN

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from export.recognise import load, recognise  # noqa: E402
from tests.golden_weights import keys, weights  # noqa: E402

NAMES = {
    "hrnet_w32": "HRNet-W32",
    "hrnet_w48": "HRNet-W48",
    "hrnetv2_w18": "HRNetV2-W18",
    "resnet18": "SimpleBaseline ResNet-18",
    "resnet18_d3": "SimpleBaseline ResNet-18",
    "resnet34": "SimpleBaseline ResNet-34",
    "resnet50": "SimpleBaseline ResNet-50",
    "resnet101": "SimpleBaseline ResNet-101",
    "resnet152": "SimpleBaseline ResNet-152",
}
DIALECTS = {
    "original": "original",
    "original-module": "original",
    "mmpose0": "mmpose 0.x",
    "mmpose1": "mmpose 1.x",
}


@pytest.mark.parametrize("file", sorted((GOLDEN / "keys").glob("*.json")), ids=lambda file: file.stem)
def test_network_dialect_and_keypoints_are_told(file: object) -> None:
    network, keypoints, dialect = str(getattr(file, "stem", "")).split(".")
    found = recognise(dict(keys(f"{network}.{keypoints}", dialect)), "a file")
    assert found.plan.name == NAMES[network]
    assert found.dialect == DIALECTS[dialect]
    assert found.plan.head.maps == int(keypoints[1:])
    with torch.device("meta"):
        wanted = found.plan.build("pytorch", "nearest").state_dict()
    assert sorted(found.names.values()) == sorted(wanted)


def test_a_training_process_may_have_wrapped_any_dialect() -> None:
    wrapped = {f"module.{name}": shape for name, shape in keys("resnet50.k17", "mmpose0")}
    found = recognise(wrapped, "a file")
    assert (found.plan.name, found.dialect) == ("SimpleBaseline ResNet-50", "mmpose 0.x")


def test_deconvolutions_of_other_kernels_are_told() -> None:
    head = recognise(dict(keys("resnet18_d3.k17", "original")), "a file").plan.head
    assert [(layer.maps, layer.kernel) for layer in head.deconvs] == [(256, 3), (128, 3), (64, 3)]
    assert head.kernel == 3


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        ({"fc.weight": (1000, 512)}, r"no final_layer.*fc\.weight \[1000, 512\].*wanted HRNet"),
        ({"final_layer.weight": (17, 32, 1, 1), "patch_embed.weight": (768, 3, 16, 16)}, "neither stage2 nor layer1"),
        ({"final_layer.weight": (17,), "layer1.0.conv1.weight": (64, 64, 3, 3)}, "conv1.weight is missing"),
    ],
)
def test_a_strange_network_is_told_by_its_first_weights(shapes: dict[str, tuple[int, ...]], told: str) -> None:
    with pytest.raises(StanceError, match=told) as raised:
        recognise(shapes, "strange.pth")
    assert "strange.pth" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_nothing_is_missing_left_over_or_of_another_shape() -> None:
    state = weights("resnet18.k17")

    def loaded(change: dict[str, Any]) -> None:
        changed = {name: value for name, value in (state | change).items() if value is not None}
        found = recognise({name: tuple(tensor.shape) for name, tensor in changed.items()}, "net.pth")
        load(changed, found, "net.pth")

    loaded({name: None for name in state if name.endswith("num_batches_tracked")})
    with pytest.raises(StanceError, match=r"weights are missing: layer2\.0\.bn1\.bias\."):
        loaded({"layer2.0.bn1.bias": None})
    with pytest.raises(StanceError, match=r"weights are left over: fc\.weight\."):
        loaded({"fc.weight": torch.zeros(3, 3)})
    with pytest.raises(StanceError, match=r"layer2\.0\.bn1\.bias is \[7\] where \[128\] was wanted"):
        loaded({"layer2.0.bn1.bias": torch.zeros(7)})
    with pytest.raises(StanceError, match=r"not finite, in layer2\.0\.bn1\.bias"):
        loaded({"layer2.0.bn1.bias": torch.full((128,), torch.nan)})


def test_shapes_of_a_stranger_take_no_memory() -> None:
    """A weight of a few bytes must not make a network of terabytes."""
    state = weights("resnet18.k17") | {"conv1.weight": torch.zeros(1_000_000, 1, 1, 1)}
    found = recognise({name: tuple(tensor.shape) for name, tensor in state.items()}, "net.pth")
    with pytest.raises(StanceError, match="does not fit"):
        load(state, found, "net.pth")
