"""Parallel branches of several resolutions, as HRNet has them: how further ones begin and how all are fused.

A network gives its own step, a function of input channels, output channels, stride and whether a ReLU comes last.
"""

from __future__ import annotations

from typing import Literal, Protocol

from torch import Tensor, nn

Fusing = Literal["nearest", "bilinear"]
"""Interpolation used to upsample a coarse branch before it is added to a finer one."""


class Step(Protocol):
    """Makes a convolution of a network: 3x3 or separable, with batch normalization."""

    def __call__(self, inputs: int, outputs: int, stride: int, relu: bool = True) -> nn.Sequential:
        """The module (N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""


def transition(before: tuple[int, ...], after: tuple[int, ...], step: Step) -> nn.ModuleDict:
    """Layers from the branches of one stage to those of the next, by branch index; an unchanged branch has no layer.

    ``before`` and ``after`` are the channels of the branches.
    """
    steps: dict[str, nn.Module] = {}
    for branch, channels in enumerate(after):
        if branch >= len(before):
            halvings = branch + 1 - len(before)
            widths = [before[-1]] * halvings + [channels]
            steps[str(branch)] = nn.Sequential(*(step(widths[i], widths[i + 1], 2) for i in range(halvings)))
        elif channels != before[branch]:
            steps[str(branch)] = step(before[branch], channels, 1)
    return nn.ModuleDict(steps)


def enter(layers: nn.Module, branches: list[Tensor]) -> list[Tensor]:
    """The branches of the next stage, branch b (N, C_b, H / 2^b, W / 2^b), by the ``layers`` of ``transition``."""
    steps, known = dict(layers.named_children()), len(branches)
    count = max(known, *(int(name) + 1 for name in steps))
    # A new branch is computed from the coarsest existing one.
    sources = [branches[b] if b < known else branches[-1] for b in range(count)]
    return [steps[str(b)](source) if str(b) in steps else source for b, source in enumerate(sources)]


def fuse_layers(channels: tuple[int, ...], rows: int, step: Step, fusing: Fusing = "nearest") -> nn.ModuleList:
    """For each of the first ``rows`` branches the layers that bring the others to its channels and size.

    A branch is added to itself unchanged, so it has no layer; the dictionaries keep the others' original indices.
    """
    return nn.ModuleList(
        nn.ModuleDict({str(b): _fuse(channels, b, row, step, fusing) for b in range(len(channels)) if b != row})
        for row in range(rows if len(channels) > 1 else 0)
    )


def fused_terms(layers: nn.Module, row: int, branches: list[Tensor]) -> list[Tensor]:
    """All branches (N, C_b, H / 2^b, W / 2^b) brought to the shape of branch ``row`` by its ``layers``."""
    steps = dict(layers.named_children())
    return [x if b == row else steps[str(b)](x) for b, x in enumerate(branches)]


def _fuse(channels: tuple[int, ...], branch: int, row: int, step: Step, fusing: Fusing) -> nn.Sequential:
    """Layers that bring ``branch`` to the channels and size of branch ``row``: upsampling, or steps of stride 2."""
    if branch > row:
        aligned = False if fusing == "bilinear" else None
        return nn.Sequential(
            nn.Conv2d(channels[branch], channels[row], 1, bias=False),
            nn.BatchNorm2d(channels[row]),
            nn.Upsample(scale_factor=2 ** (branch - row), mode=fusing, align_corners=aligned),
        )
    halvings = row - branch
    widths = [channels[branch]] * halvings + [channels[row]]
    return nn.Sequential(*(step(widths[i], widths[i + 1], 2, relu=i < halvings - 1) for i in range(halvings)))
