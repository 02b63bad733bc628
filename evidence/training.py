"""The training of one network: Adam, and the weights of the best epoch on the validation part."""

import copy
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from evidence.networks import BUILD
from lrprism.spectral.training.initialisation import initialize

BATCH: Final = 32
DECAY: Final = 1e-4
FITTED: Final = 128
"""Inputs to which the starting weights are fitted."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network learns.

    Args:
        epochs: Passes over the training part.
        rate: Largest learning rate, along one cycle.
        fits: Whether the starting weights are fitted to some inputs, as raw ones need.
    """

    epochs: int
    rate: float = 1e-3
    fits: bool = True


SCHEDULES: Final = {
    "hyper3dnetlite": Schedule(14, 2e-3),
    "hybridsn": Schedule(16),
    "cnn": Schedule(20),
    "mlp": Schedule(40),
    "transformer": Schedule(30, 2e-3),
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
        train_part: What it learns from; patches are turned by multiples of 90 degrees.
        validation_part: By whose accuracy the best epoch is chosen.
        seed: Seed of the weights and of the order.
    """
    torch.manual_seed(seed)
    bands, window, classes = train_part.x.shape[1], train_part.x.shape[-1], int(train_part.y.max()) + 1
    model, schedule = BUILD[network](bands, classes, window), SCHEDULES[network]
    if schedule.fits:
        initialize(model, train_part.x[:FITTED], seed=seed)
    optimizer = torch.optim.AdamW(model.parameters(), schedule.rate, weight_decay=DECAY)
    steps = schedule.epochs * -(-len(train_part.x) // BATCH)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, schedule.rate, total_steps=steps)
    best, weights = -1.0, model.state_dict()
    for _ in range(schedule.epochs):
        model.train()
        for rows in torch.randperm(len(train_part.x)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(turn(train_part.x[rows])), train_part.y[rows]).backward()
            optimizer.step()
            cycle.step()
        reached = accuracy(model, validation_part)
        if reached >= best:
            best, weights = reached, copy.deepcopy(model.state_dict())
    model.load_state_dict(weights)
    return model.eval()


def turn(x: Tensor) -> Tensor:
    """Return patches turned by 0, 90, 180 or 270 degrees, drawn at random; spectra as they are."""
    return torch.rot90(x, int(torch.randint(4, ())), (2, 3)).contiguous() if x.dim() == 4 else x


@torch.no_grad()
def accuracy(model: nn.Module, part: Pair) -> float:
    """Return the share of samples whose class is right; the model is put into evaluation mode."""
    model.eval()
    classes = torch.cat([model(x).argmax(1) for x in part.x.split(256)])
    return float((classes == part.y).double().mean())
