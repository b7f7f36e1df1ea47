"""The losses of DSNT compared with the authors' implementation (tests/golden/codecs2)."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from tests.app.pose.grouping.golden import load  # noqa: E402
from training import dsnt  # noqa: E402


@pytest.mark.parametrize("name", ["a", "b"])
def test_maps_coordinates_and_losses_equal_dsnt(name: str) -> None:
    golden = load("dsnt")
    maps, target, found = (torch.from_numpy(golden[f"{name}_{what}"]) for what in ("softmax", "target", "dsnt"))
    size = (maps.shape[-2], maps.shape[-1])
    values = {
        "softmax": dsnt.flat_softmax(torch.from_numpy(golden[f"{name}_input"])),
        "dsnt": dsnt.mean_coordinates(maps),
        "linspace_w": dsnt.cell_centers(size[1]),
        "gauss": dsnt.gaussians(target, size, 1),
        "euclidean": dsnt.euclidean_losses(found, target),
        "l1": dsnt.l1_losses(found, target),
        "mse": dsnt.mse_losses(found, target),
        "kl": dsnt.kl_losses(maps, target, 1),
        "js": dsnt.js_losses(maps, target, 1),
        "variance": dsnt.variance_losses(maps, 1),
    }
    for what, value in values.items():
        np.testing.assert_allclose(value.numpy(), golden[f"{name}_{what}"], rtol=1e-6, atol=5e-7, err_msg=what)


def test_following_the_losses_moves_a_map_to_its_target() -> None:
    target = torch.tensor([[0.5, -0.25]])
    numbers = torch.zeros((1, 12, 16), requires_grad=True)
    optimizer = torch.optim.Adam([numbers], lr=0.3)
    for _ in range(120):
        maps = dsnt.flat_softmax(numbers)
        distance = dsnt.euclidean_losses(dsnt.mean_coordinates(maps), target)
        optimizer.zero_grad()
        (distance + dsnt.js_losses(maps, target, 1)).sum().backward()
        optimizer.step()
    assert float(distance.detach()) < 0.02
    assert float(dsnt.variance_losses(maps.detach(), 1)) < 0.1
