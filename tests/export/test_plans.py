"""The table of architectures: each is told from all others by its weights."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from app.core.errors import StanceError  # noqa: E402
from export.architecture import infer_architecture  # noqa: E402
from export.plans.plan import Kind  # noqa: E402
from export.plans.table import KINDS, has_network, nearest  # noqa: E402


def shapes_of(kind: Kind) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the weights of a published network."""
    with torch.device("meta"):
        return {name: tuple(weight.shape) for name, weight in kind.typical.build().state_dict().items()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_published_network_is_recognised(kind: Kind) -> None:
    shapes = shapes_of(kind)
    plan = infer_architecture(shapes, "net.pth").plan
    assert (plan.name, plan.maps) == (kind.typical.name, kind.typical.maps)
    with torch.device("meta"):
        assert shapes == {name: tuple(weight.shape) for name, weight in plan.build().state_dict().items()}
    assert has_network(shapes)
    assert kind in nearest({name: name for name in shapes})


def test_unknown_network_names_the_nearest() -> None:
    shapes = shapes_of(KINDS[-1])
    shapes["conv1.weight"] = (64,)
    with pytest.raises(StanceError, match=rf"nearest by names: .*{KINDS[-1].name}"):
        infer_architecture(shapes, "net.pth")
