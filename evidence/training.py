"""The training of one network: Adam, and the weights of the best epoch on the validation part."""

import copy
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from evidence.networks import BUILD

BATCH: Final = 32


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network learns.

    Args:
        epochs: Passes over the training part.
        rate: Largest learning rate; it falls to 0 along a cosine.
        decay: Weight decay.
    """

    epochs: int
    rate: float = 1e-3
    decay: float = 1e-4


SCHEDULES: Final = {
    "hyper3dnetlite": Schedule(12),
    "hybridsn": Schedule(20),
    "cnn": Schedule(20),
    "mlp": Schedule(40),
    "transformer": Schedule(40, 2e-3),
}
"""Chosen on the development seeds, by accuracy alone."""


@dataclass(frozen=True)
class Pair:
    """Inputs and their classes. Shapes: ``x``: ``[N, band, ...]``; ``y``: ``[N]``."""

    x: Tensor
    y: Tensor


def train(network: str, train_part: Pair, validation_part: Pair, seed: int) -> nn.Module:
    """Return a network, trained, in evaluation mode.

    Args:
        network: Its key in :data:`~evidence.networks.BUILD`.
        train_part: What it learns from.
        validation_part: By whose accuracy the best epoch is chosen.
        seed: Seed of the weights and of the order.
    """
    torch.manual_seed(seed)
    bands, window, classes = train_part.x.shape[1], train_part.x.shape[-1], int(train_part.y.max()) + 1
    model = BUILD[network](bands, classes, window)
    schedule, size = SCHEDULES[network], len(train_part.x)
    optimizer = torch.optim.AdamW(model.parameters(), schedule.rate, weight_decay=schedule.decay)
    steps = schedule.epochs * -(-size // BATCH)
    decline = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    best, weights = -1.0, model.state_dict()
    for _ in range(schedule.epochs):
        model.train()
        for rows in torch.randperm(size).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(train_part.x[rows]), train_part.y[rows]).backward()
            optimizer.step()
            decline.step()
        reached = accuracy(model, validation_part)
        if reached >= best:
            best, weights = reached, copy.deepcopy(model.state_dict())
    model.load_state_dict(weights)
    return model.eval()


@torch.no_grad()
def accuracy(model: nn.Module, part: Pair) -> float:
    """Return the share of samples whose class is right; the model is put into evaluation mode."""
    model.eval()
    classes = torch.cat([model(x).argmax(1) for x in part.x.split(256)])
    return float((classes == part.y).double().mean())
