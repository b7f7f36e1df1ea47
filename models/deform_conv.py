"""Deformable convolution (Dai et al., ICCV 2017; modulated: Zhu et al., CVPR 2019), by its definition."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def deform_conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    offsets: Tensor,
    masks: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> Tensor:
    """Convolution whose taps are displaced, cell by cell; between cells x is interpolated, outside it is zero.

    This is ONNX's ``DeformConv``, written with ``GridSample``, which ONNX Runtime has for
    every device.

    Args:
        x: (N, C, H, W).
        weight: (outputs, C / convolution's groups, kernel, kernel).
        bias: (outputs,) or None.
        offsets: (N, 2 * groups * kernel^2, H', W'): y and x of each tap in cells; each group displaces C / groups
            channels.
        masks: (N, groups * kernel^2, H', W'), by which the taps are multiplied; None for ones.
        stride: Of the convolution; H' and W' are its output size.
        padding: Of the convolution.
        dilation: Distance of its taps.

    Returns:
        (N, outputs, H', W').
    """
    taps, side = weight.shape[2] * weight.shape[3], weight.shape[3]
    groups = offsets.shape[1] // (2 * taps)
    channels, (height, width) = x.shape[1], x.shape[2:]
    rows, columns = offsets.shape[2:]
    step = torch.arange(taps, device=x.device)
    base_y = (torch.arange(rows) * stride - padding)[None, :, None] + (step // side * dilation)[:, None, None]
    base_x = (torch.arange(columns) * stride - padding)[None, None] + (step % side * dilation)[:, None, None]
    moved = offsets.reshape(-1, taps, 2, rows, columns)
    # A cell's center in units of ``grid_sample``: -1 and 1 are the outer edges of the first and the last cell.
    grid_y = (2 * (moved[:, :, 0] + base_y) + 1) / height - 1
    grid_x = (2 * (moved[:, :, 1] + base_x) + 1) / width - 1
    grid = torch.stack([grid_x, grid_y], dim=-1).reshape(-1, taps * rows, columns, 2)
    groupwise = x.reshape(-1, channels // groups, height, width)
    sampled = functional.grid_sample(groupwise, grid, "bilinear", "zeros", align_corners=False)
    sampled = sampled.reshape(-1, groups, channels // groups, taps, rows * columns)
    if masks is not None:
        sampled = sampled * masks.reshape(-1, groups, 1, taps, rows * columns)
    inputs = weight.shape[1]
    parts = sampled.reshape(-1, channels // inputs, inputs * taps, rows * columns)
    summed = weight.reshape(channels // inputs, -1, inputs * taps) @ parts
    summed = summed.reshape(-1, weight.shape[0], rows * columns)
    if bias is not None:
        summed = summed + bias[:, None]
    return summed.reshape(-1, weight.shape[0], rows, columns)
