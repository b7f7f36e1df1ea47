"""TokenPose-T, -B and -L give the numbers of a plain computation by the paper and the published code's conventions."""

from __future__ import annotations

from itertools import pairwise

import pytest

torch = pytest.importorskip("torch", reason="the networks need PyTorch")

from torch import Tensor  # noqa: E402
from torch.nn import functional  # noqa: E402

from export.architecture import infer_architecture, load  # noqa: E402
from export.plans.hrnet import Branches  # noqa: E402
from export.plans.token_pose import StemPlan, TokenPosePlan  # noqa: E402
from models.hrnet import Stage  # noqa: E402
from models.resnet import Bottleneck  # noqa: E402
from models.token_pose import HRNetTokenPose, TokenPose, TokenShape  # noqa: E402

FIRST = Stage(1, (8,), (1,), Bottleneck)
TRUNK = Branches(8, FIRST, (Stage(1, (8, 16), (1, 1)), Stage(1, (8, 16, 32), (1, 1, 1))), 1)
CASES = {
    "T": TokenPosePlan(None, TokenShape(14, (16, 8), 96, 32, 3, 16, 32, 48, 64, 768)),
    "T learned": TokenPosePlan(None, TokenShape(5, (8, 8), 192, 32, 2, 16, 32, 48, 0, 768, learned=True)),
    "B": TokenPosePlan(TRUNK, TokenShape(17, (4, 3), 64, 24, 3, 8, 24, 40, 0, 768)),
    "L": TokenPosePlan(TRUNK, TokenShape(16, (4, 4), 64, 48, 2, 8, 48, 32, 0, 1024, 3)),
    "deep L": TokenPosePlan(TRUNK, TokenShape(16, (8, 4), 32, 48, 8, 12, 48, 32, 64, 1024, 3)),
    "S learned": TokenPosePlan(StemPlan(8, FIRST), TokenShape(7, (2, 2), 192, 32, 2, 8, 32, 48, 0, 768, learned=True)),
}


def layer(state: dict[str, Tensor], name: str, x: Tensor, heads: int, scale: float) -> Tensor:
    """One transformer layer on tokens (N, L, C), with attention computed head by head."""
    width = x.shape[2]

    def norm(number: int) -> Tensor:
        own = f"{name}.{number}.fn.norm"
        return functional.layer_norm(x, (width,), state[f"{own}.weight"], state[f"{own}.bias"])

    q, k, v = (norm(0) @ state[f"{name}.0.fn.fn.to_qkv.weight"].T).chunk(3, dim=2)
    size = q.shape[2] // heads
    seen = []
    for start in range(0, q.shape[2], size):
        part = slice(start, start + size)
        weights = torch.einsum("nqc,nkc->nqk", q[..., part], k[..., part]) * scale
        seen.append(torch.einsum("nqk,nkc->nqc", weights.softmax(dim=2), v[..., part]))
    out = f"{name}.0.fn.fn.to_out.0"
    x = x + functional.linear(torch.cat(seen, dim=2), state[f"{out}.weight"], state[f"{out}.bias"])
    net = f"{name}.1.fn.fn.net"
    hidden = functional.gelu(functional.linear(norm(1), state[f"{net}.0.weight"], state[f"{net}.0.bias"]))
    return x + functional.linear(hidden, state[f"{net}.3.weight"], state[f"{net}.3.bias"])


def heatmaps(state: dict[str, Tensor], features: Tensor, plan: TokenPosePlan) -> Tensor:
    """Heatmaps (N, K, cells), from the weights after the features."""
    shape, (rows, columns) = plan.shape, plan.shape.patch
    patches = features.unfold(2, rows, rows).unfold(3, columns, columns)  # (N, C, y, x, rows, columns)
    patches = torch.einsum("ncyxrs->nyxrsc", patches).flatten(3).flatten(1, 2)
    patches = functional.linear(patches, state["patch_to_embedding.weight"], state["patch_to_embedding.bias"])
    tokens = torch.cat([state["keypoint_token"].repeat(len(features), 1, 1), patches], dim=1)
    sines = torch.zeros_like(tokens[:1])
    if shape.learned:
        tokens = tokens + state["pos_embedding"]
    else:
        sines[:, shape.keypoints :] = state["pos_embedding"]
        tokens = tokens + sines
    scale = (shape.width if plan.kind == "S" else shape.width / shape.heads) ** -0.5
    names = ["transformer"] if shape.transformers == 1 else [f"transformer{n + 1}" for n in range(shape.transformers)]
    seen = []
    for name in names:
        for number in range(shape.layers):
            if number:
                tokens = tokens + sines
            tokens = layer(state, f"{name}.layers.{number}", tokens, shape.heads, scale)
        seen.append(tokens[:, : shape.keypoints])
    x = torch.cat(seen, dim=2)
    for norm, dense in pairwise(range(4 if shape.decoded else 2)):
        if norm % 2 == 0:
            x = functional.layer_norm(x, x.shape[2:], state[f"mlp_head.{norm}.weight"], state[f"mlp_head.{norm}.bias"])
            x = functional.linear(x, state[f"mlp_head.{dense}.weight"], state[f"mlp_head.{dense}.bias"])
    return x


@pytest.mark.parametrize("name", CASES)
def test_heatmaps_match_a_plain_computation(name: str) -> None:
    plan = CASES[name]
    torch.manual_seed(0)
    state = {key: torch.randn(weight.shape) * 0.3 for key, weight in plan.build().state_dict().items()}
    state = {key: weight.abs() if "running_var" in key else weight for key, weight in state.items()}
    found = infer_architecture({key: tuple(weight.shape) for key, weight in state.items()}, name)
    assert found.plan == plan
    network = load(state, found, name)
    width, height = plan.size
    crops = torch.rand(2, 3, height, width)
    own = {
        key.removeprefix("transformer.") if isinstance(network, HRNetTokenPose) else key: state[key] for key in state
    }
    with torch.inference_mode():
        if isinstance(network, HRNetTokenPose):
            features = network.pre_feature.branches(crops)[0]
        elif plan.trunk is None:
            features = crops
        else:
            assert isinstance(network, TokenPose)
            x = network.relu(network.bn1(network.conv1(crops)))
            features = network.layer1(network.relu(network.bn2(network.conv2(x))))
        wanted = heatmaps(own, features, plan)
        given = network(crops)
    assert given.shape == (2, plan.maps, height // 4, width // 4)
    torch.testing.assert_close(given.flatten(2), wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))
