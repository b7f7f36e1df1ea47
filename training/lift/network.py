"""The lifter's network: residual blocks of linear layers (Martinez et al., ICCV 2017) that treat left and right alike.

Mirroring the input mirrors the output exactly: the hidden values are two halves, one for the body and one for its
mirror image, and the layers have one matrix for their sum and one for their difference. That halves the weights and
the time.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.lift.bodies import ROW, SKELETON

KEYPOINTS = len(SKELETON.names)
OFFSETS = (0, 1, 2, 4, 8, 13, 18)
"""The frames that the network uses, counted backward from the current one."""
WIDTH, BLOCKS = 320, 2
"""Values in each half, and residual blocks."""


def mirror_basis() -> tuple[Tensor, Tensor]:
    """What of the values x y m of a pose (3 K) keeps its sign in the mirror (3 K, E), and what changes it (3 K, O)."""
    even: list[Tensor] = []
    odd: list[Tensor] = []
    for row, other in enumerate(SKELETON.flip_order):
        if other < row:
            continue
        for axis in range(3):
            sums, differences = torch.zeros(2, KEYPOINTS, 3)
            sums[row, axis] = 1
            if other != row:
                sums[other, axis], differences[row, axis], differences[other, axis] = 1, 1, -1
            for column, sign in ((sums, axis != 0), (differences, axis == 0)):
                if column.any():
                    (even if sign else odd).append(column.flatten() / column.norm())
    return torch.stack(even, 1), torch.stack(odd, 1)


class MirrorLinear(nn.Module):
    """A linear layer for values (N, I) of the even and of the odd sort."""

    def __init__(self, even: tuple[int, int], odd: tuple[int, int]) -> None:
        super().__init__()
        self.even = nn.Linear(*even)
        self.odd = nn.Linear(*odd, bias=False)

    def forward(self, even: Tensor, odd: Tensor) -> tuple[Tensor, Tensor]:
        """The new even and odd values."""
        return self.even(even), self.odd(odd)


class Layer(nn.Module):
    """A ``MirrorLinear``, batch normalization of both halves alike, and ReLU."""

    def __init__(self, even: int, odd: int) -> None:
        super().__init__()
        self.linear = MirrorLinear((even, WIDTH), (odd, WIDTH))
        self.norm = nn.BatchNorm1d(WIDTH, momentum=0.02)

    def forward(self, even: Tensor, odd: Tensor) -> Tensor:
        """Both halves (2 N, WIDTH), the body's before its mirror image's."""
        even, odd = self.linear(even, odd)
        return torch.relu(self.norm(torch.cat([even + odd, even - odd])))


class Block(nn.Module):
    """Two layers whose result is added to their input."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = Layer(WIDTH, WIDTH), Layer(WIDTH, WIDTH)

    def forward(self, halves: Tensor) -> Tensor:
        """Both halves (2 N, WIDTH)."""
        changed: Tensor = self.two(*_sorts(self.one(*_sorts(halves))))
        return halves + changed


class LifterNetwork(nn.Module):
    """Keypoints (N, T, K, 3) = x y and seen or not, to points (N, K, 3) around the pelvis, in body heights."""

    basis_even: Tensor
    basis_odd: Tensor

    def __init__(self) -> None:
        super().__init__()
        even, odd = mirror_basis()
        self.register_buffer("basis_even", even)
        self.register_buffer("basis_odd", odd)
        self.first = Layer(len(OFFSETS) * even.shape[1], len(OFFSETS) * odd.shape[1])
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.last = MirrorLinear((WIDTH, even.shape[1]), (WIDTH, odd.shape[1]))
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)

    def forward(self, inputs: Tensor) -> Tensor:
        """See the class."""
        flat = inputs.flatten(2)
        sorts = (flat @ self.basis_even).flatten(1), (flat @ self.basis_odd).flatten(1)
        even, odd = self.last(*_sorts(self.blocks(self.first(*sorts))))
        points = (even @ self.basis_even.T + odd @ self.basis_odd.T).unflatten(1, (KEYPOINTS, 3))
        return points - points[:, ROW["hip"], None]


def _sorts(halves: Tensor) -> tuple[Tensor, Tensor]:
    """The even and the odd values of both ``halves`` (2 N, WIDTH)."""
    body, mirrored = halves.chunk(2)
    return body + mirrored, body - mirrored
