"""Losses of differentiable spatial to numerical transforms (DSNT, Nibali et al., 2018).

Heatmaps (..., H, W) are distributions: not negative, with a sum of 1. Coordinates (..., 2) = x, y go from -1 to 1
between the outer edges of the map.
"""

from __future__ import annotations

import torch
from torch import Tensor

EPSILON = 1e-24
"""Added to probabilities before their logarithm."""


def cell_centers(count: int) -> Tensor:
    """The coordinates (count,) of the centers of a row of cells."""
    return (2 * torch.arange(count, dtype=torch.float32) + 1) / count - 1


def flat_softmax(maps: Tensor) -> Tensor:
    """``maps`` (..., H, W) of any numbers as distributions."""
    return maps.flatten(-2).softmax(-1).view_as(maps)


def mean_coordinates(heatmaps: Tensor) -> Tensor:
    """The means (..., 2) of ``heatmaps``: what the transform returns."""
    x, y = _centers_of(heatmaps)
    return torch.stack([(heatmaps.sum(-2) * x).sum(-1), (heatmaps.sum(-1) * y).sum(-1)], -1)


def euclidean_losses(found: Tensor, wanted: Tensor) -> Tensor:
    """The distances (...) of coordinates (..., 2)."""
    return (found - wanted).norm(dim=-1)


def l1_losses(found: Tensor, wanted: Tensor) -> Tensor:
    """The mean absolute differences (...) of coordinates (..., 2)."""
    return (found - wanted).abs().mean(-1)


def mse_losses(found: Tensor, wanted: Tensor) -> Tensor:
    """The mean squared differences (...) of coordinates (..., 2)."""
    return ((found - wanted) ** 2).mean(-1)


def gaussians(means: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """Distributions (..., H, W) around ``means`` (..., 2), with a deviation of ``sigma`` cells; size is (H, W)."""
    x, y = (
        torch.exp(-(((cell_centers(count) - means[..., axis, None]) * count / 2 / sigma) ** 2) / 2)
        for axis, count in ((0, size[1]), (1, size[0]))
    )
    maps = y[..., :, None] * x[..., None, :]
    return maps / (maps.sum((-2, -1), keepdim=True) + EPSILON)


def kl_losses(heatmaps: Tensor, means: Tensor, sigma: float) -> Tensor:
    """The Kullback-Leibler divergences (...) of ``heatmaps`` from the ``gaussians`` around ``means`` (..., 2)."""
    return _divergence(heatmaps, _wanted(heatmaps, means, sigma))


def js_losses(heatmaps: Tensor, means: Tensor, sigma: float) -> Tensor:
    """The Jensen-Shannon divergences (...) of the same."""
    wanted = _wanted(heatmaps, means, sigma)
    middle = (heatmaps + wanted) / 2
    return (_divergence(heatmaps, middle) + _divergence(wanted, middle)) / 2


def variance_losses(heatmaps: Tensor, sigma: float) -> Tensor:
    """The squared differences (...) between variance and ``sigma`` squared, in cells, summed over x and y."""
    means = mean_coordinates(heatmaps)
    x, y = _centers_of(heatmaps)
    height, width = heatmaps.shape[-2:]
    along_x = (heatmaps.sum(-2) * (x - means[..., :1]) ** 2).sum(-1) * (width / 2) ** 2
    along_y = (heatmaps.sum(-1) * (y - means[..., 1:]) ** 2).sum(-1) * (height / 2) ** 2
    return (along_x - sigma**2) ** 2 + (along_y - sigma**2) ** 2


def _centers_of(heatmaps: Tensor) -> tuple[Tensor, Tensor]:
    """The coordinates of the columns (W,) and of the rows (H,)."""
    height, width = heatmaps.shape[-2:]
    return cell_centers(width).to(heatmaps), cell_centers(height).to(heatmaps)


def _wanted(heatmaps: Tensor, means: Tensor, sigma: float) -> Tensor:
    return gaussians(means, (heatmaps.shape[-2], heatmaps.shape[-1]), sigma)


def _divergence(one: Tensor, other: Tensor) -> Tensor:
    return (one * ((one + EPSILON).log() - (other + EPSILON).log())).sum((-2, -1))
