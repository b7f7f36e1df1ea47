"""The training itself: the same motions, steps and seed give the same network, on the same kind of processor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from app.evaluate.motions import Motion
from training.lift.bodies import SKELETON, make_pool
from training.lift.network import LifterNetwork
from training.lift.views import Sampler

BATCH = 512
STEPS_PER_MINUTE = 1000
"""Steps of about a minute on one core of a processor with AMX; a fixed number, so that no clock decides."""
STEPS_PER_POOL = 50
"""Steps after which all bodies are made anew."""
RATE, WARM_UP, WEIGHT_DECAY = 1.5e-3, 0.02, 0.01
"""Highest learning rate, the part of the steps until it is reached, and the decay of AdamW."""
LESS_IMPORTANT = ("eye", "ear", "nose", "heel", "toe")
"""Keypoints that are not joints of the motions count half."""

Report = Callable[[int, float], None]


def train(motions: Sequence[Motion], steps: int, seed: int, report: Report = lambda step, loss: None) -> LifterNetwork:
    """A network after ``steps`` steps; ``report`` is called after each with its number and its loss in body heights."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    chance = np.random.default_rng(seed)
    network = LifterNetwork()
    decayed = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in network.parameters() if parameter.ndim == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}],
        lr=RATE,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, total_steps=max(steps, 2), pct_start=WARM_UP, cycle_momentum=False, final_div_factor=1000
    )
    weights = torch.tensor([0.5 if name.endswith(LESS_IMPORTANT) else 1.0 for name in SKELETON.names])
    network.train()
    for step in range(steps):
        if step % STEPS_PER_POOL == 0:
            sampler = Sampler(make_pool(motions, chance), chance)
        samples = sampler.take(BATCH)
        found = network(torch.from_numpy(samples.inputs))
        loss = _loss(found, torch.from_numpy(samples.wanted), weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        report(step, loss.item())
    return network.eval()


def _loss(found: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
    """The mean distance of keypoints, in body heights."""
    return ((found - wanted).norm(dim=-1) * weights).mean() / weights.mean()
