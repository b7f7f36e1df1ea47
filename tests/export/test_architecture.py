"""The network is inferred from a checkpoint's names and shapes, or one sentence says why it cannot be."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.core.errors import StanceError
from tests.conftest import GOLDEN, ROOT

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from export.architecture import infer_architecture, load  # noqa: E402
from export.plans.simple_baseline import SimpleBaselinePlan  # noqa: E402
from export.plans.table import SHOWN, families  # noqa: E402
from tests.golden_weights import keys, weights  # noqa: E402

NEAREST = re.compile(r"; nearest by names: ([^(;]*?)(?: \(.*|\.)$")
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
def test_network_dialect_and_keypoints_are_inferred(file: object) -> None:
    network, keypoints, dialect = str(getattr(file, "stem", "")).split(".")
    found = infer_architecture(dict(keys(f"{network}.{keypoints}", dialect)), "a file")
    assert found.plan.name == NAMES[network]
    assert found.dialect == DIALECTS[dialect]
    assert found.plan.maps == int(keypoints[1:])
    with torch.device("meta"):
        wanted = found.plan.build().state_dict()
    assert sorted(found.names.values()) == sorted(wanted)


def test_wrapper_prefix_is_removed_from_any_dialect() -> None:
    wrapped = {f"module.{name}": shape for name, shape in keys("resnet50.k17", "mmpose0")}
    found = infer_architecture(wrapped, "a file")
    assert (found.plan.name, found.dialect) == ("SimpleBaseline ResNet-50", "mmpose 0.x")


def test_deconvolution_kernels_are_inferred() -> None:
    plan = infer_architecture(dict(keys("resnet18_d3.k17", "original")), "a file").plan
    assert isinstance(plan, SimpleBaselinePlan)
    head = plan.head
    assert [(layer.maps, layer.kernel) for layer in head.deconvs] == [(256, 3), (128, 3), (64, 3)]
    assert head.kernel == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (
            {"fc.weight": (1000, 512)},
            r"no layer whose output is heatmaps.*fc\.weight \[1000, 512\].*wanted one of the \d+ famil",
        ),
        ({"final_layer.weight": (17, 32, 1, 1), "patch_embed.weight": (768, 3, 16, 16)}, "neither stage2 nor layer1"),
        ({"final_layer.weight": (17,), "layer1.0.conv1.weight": (64, 64, 3, 3)}, "conv1.weight is missing"),
    ],
)
def test_unsupported_network_is_refused_with_its_weights(shapes: dict[str, tuple[int, ...]], message: str) -> None:
    with pytest.raises(StanceError, match=message) as raised:
        infer_architecture(shapes, "strange.pth")
    assert "strange.pth" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_families_that_can_be_converted_are_in_the_documentation() -> None:
    page = (ROOT / "docs" / "architectures.md").read_text(encoding="utf-8")
    assert {"DEKR", "HRNet", "OpenPose", "ViPNAS", "SimpleBaseline", "TokenPose"} < set(families())
    assert not any("rescoring" in name or "(" in name for name in families())
    assert [name for name in families() if name not in page] == []


def test_refusals_name_at_most_three_architectures() -> None:
    """Whether no architecture has such weights, or the shapes tell one whose weights are others."""
    state = weights("resnet18.k17")
    other = {name.replace("layer1", "block1"): tuple(tensor.shape) for name, tensor in state.items()}
    foreign = {name: tensor for name, tensor in state.items() if "bn2" not in name}
    with pytest.raises(StanceError, match=NEAREST) as unknown:
        infer_architecture(other, "strange.pth")
    found = infer_architecture({name: tuple(tensor.shape) for name, tensor in foreign.items()}, "strange.pth")
    with pytest.raises(StanceError, match=NEAREST) as mismatch:
        load(foreign, found, "strange.pth")
    for raised in (unknown, mismatch):
        near = NEAREST.search(str(raised.value))
        assert near is not None
        names = near[1].split(", ")
        assert "SimpleBaseline" in names
        assert len(names) <= SHOWN


def test_weights_must_fit_the_network() -> None:
    state = weights("resnet18.k17")

    def loaded(change: dict[str, Any]) -> None:
        changed = {name: value for name, value in (state | change).items() if value is not None}
        found = infer_architecture({name: tuple(tensor.shape) for name, tensor in changed.items()}, "net.pth")
        load(changed, found, "net.pth")

    loaded({name: None for name in state if name.endswith("num_batches_tracked")})
    with pytest.raises(StanceError, match=r"missing: layer2\.0\.bn1\.bias; nearest by names: .*SimpleBaseline.*\."):
        loaded({"layer2.0.bn1.bias": None})
    with pytest.raises(StanceError, match=r"weights are unused: fc\.weight;"):
        loaded({"fc.weight": torch.zeros(3, 3)})
    with pytest.raises(StanceError, match=r"layer2\.0\.bn1\.bias is \[7\], wanted \[128\]"):
        loaded({"layer2.0.bn1.bias": torch.zeros(7)})
    with pytest.raises(StanceError, match=r"not finite, in layer2\.0\.bn1\.bias"):
        loaded({"layer2.0.bn1.bias": torch.full((128,), torch.nan)})


def test_huge_shapes_allocate_no_memory() -> None:
    """A shape in a small file must not allocate a huge network."""
    state = weights("resnet18.k17") | {"conv1.weight": torch.zeros(1_000_000, 1, 1, 1)}
    found = infer_architecture({name: tuple(tensor.shape) for name, tensor in state.items()}, "net.pth")
    with pytest.raises(StanceError, match="does not match"):
        load(state, found, "net.pth")
