"""The table of architectures: each is told from all others by its weights."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from app.core.errors import StanceError  # noqa: E402
from export.architecture import infer_architecture  # noqa: E402
from export.plans.plan import Kind  # noqa: E402
from export.plans.table import KINDS, convertible, has_network, nearest  # noqa: E402
from tests.export.small_plans import SMALL  # noqa: E402


def shapes_of(kind: Kind) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the weights of a published network."""
    with torch.device("meta"):
        return {name: tuple(weight.shape) for name, weight in kind.typical.build().state_dict().items()}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_published_network_is_recognised(kind: Kind) -> None:
    shapes = shapes_of(kind)
    plan = infer_architecture(shapes, "net.pth").plan
    assert (plan.name, plan.maps) == (kind.typical.name, kind.typical.maps)
    with torch.device("meta"):
        assert shapes == {name: tuple(weight.shape) for name, weight in plan.build().state_dict().items()}
    assert has_network(shapes)
    near = nearest({name: name for name in shapes})
    assert kind in near or kind.name not in convertible()  # a part of another network is no checkpoint of its own


def test_unknown_network_names_the_nearest() -> None:
    shapes = shapes_of(KINDS[-1])
    shapes["conv1.weight"] = (64,)
    with pytest.raises(StanceError, match=rf"nearest by names: .*{KINDS[-1].name}"):
        infer_architecture(shapes, "net.pth")


@pytest.mark.parametrize("name", SMALL)
def test_sizes_are_read_from_the_shapes(name: str) -> None:
    plan = SMALL[name]
    with torch.device("meta"):
        shapes = {key: tuple(weight.shape) for key, weight in plan.build().state_dict().items()}
    assert infer_architecture(shapes, "net.pth").plan == plan


@pytest.mark.parametrize("name", SMALL)
def test_small_network_runs(name: str) -> None:
    plan = SMALL[name]
    network = plan.build().eval()
    side = plan.multiple * max(1, 64 // plan.multiple)
    with torch.inference_mode():
        if plan.task == "part":
            return
        outputs = plan.exported(network)(torch.zeros(1, 3, side, 2 * side))
    maps = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
    assert len(maps) == len(plan.outputs)
    assert all(output.shape[0] == 1 and torch.isfinite(output).all() for output in maps)


@pytest.mark.parametrize("name", SMALL)
def test_incomplete_weights_are_refused_in_a_sentence(name: str) -> None:
    """Whatever is missing or has another shape: a sentence, and no other exception."""
    with torch.device("meta"):
        shapes = {key: tuple(weight.shape) for key, weight in SMALL[name].build().state_dict().items()}
    random = np.random.default_rng(0)
    keys = list(shapes)
    for _ in range(6):
        left = {key: shapes[key] for key in random.permutation(keys)[: random.integers(1, len(keys))].tolist()}
        changed = dict(shapes) | {random.choice(keys): tuple(random.integers(0, 5, random.integers(0, 5)).tolist())}
        for own in (left, changed):
            with suppress(StanceError):
                infer_architecture(own, "net.pth")
