"""Small networks that give numbers: their training, and how well they do."""

import copy
from typing import Final

import torch
from torch import Tensor, nn

from court.physics.problem import Standardise
from evidence.training import BATCH, DECAY, FITTED, Pair
from lrprism.spectral.training.initialisation import initialize

RATE: Final = 1e-3


class Numbers(nn.Module):
    """A network of standardised spectra whose outputs are brought back to the units of the numbers.

    Shapes: ``[N, band]`` to ``[N, output]``.

    Args:
        network: Maps standardised spectra to standardised numbers.
        part: The training part, which both scales are taken from.
        front: What spectra pass before they are standardised; nothing if it is None.
    """

    offset: Tensor
    scale: Tensor

    def __init__(self, network: nn.Module, part: Pair, front: nn.Module | None = None) -> None:
        """Keep the network and the scales."""
        super().__init__()
        self.front = nn.Identity() if front is None else front
        self.standardise, self.network = Standardise(self.front(part.x)), network
        self.register_buffer("offset", part.y.mean(0))
        self.register_buffer("scale", part.y.std(0))

    def forward(self, x: Tensor) -> Tensor:
        """Return the numbers."""
        numbers: Tensor = self.network(self.standardise(self.front(x))) * self.scale + self.offset
        return numbers


def fit(model: Numbers, train_part: Pair, validation_part: Pair, *, seed: int, epochs: int) -> nn.Module:
    """Train by the squared error of standardised numbers; the best epoch on the validation part counts.

    Args:
        model: The network, whose weights are drawn anew.
        train_part: What it learns from.
        validation_part: By whose error the best epoch is chosen.
        seed: Seed of the weights and of the order.
        epochs: Passes over the training part.
    """
    torch.manual_seed(seed)
    initialize(model.network, model.standardise(model.front(train_part.x[:FITTED])), seed=seed)
    optimizer = torch.optim.AdamW(model.network.parameters(), RATE, weight_decay=DECAY)
    steps = epochs * -(-len(train_part.x) // BATCH)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    best, weights = float("inf"), model.state_dict()
    for _ in range(epochs):
        for rows in torch.randperm(len(train_part.x)).split(BATCH):
            optimizer.zero_grad()
            measure_error(model, train_part.x[rows], train_part.y[rows]).mean().backward()
            optimizer.step()
            cycle.step()
        with torch.no_grad():
            reached = float(measure_error(model, validation_part.x, validation_part.y).mean())
        if reached < best:
            best, weights = reached, copy.deepcopy(model.state_dict())
    model.load_state_dict(weights)
    return model.eval()


def measure_error(model: Numbers, x: Tensor, y: Tensor) -> Tensor:
    """Return the squared error of each output in units of the training part's variance, ``[output]``."""
    error: Tensor = ((model(x) - y) / model.scale).square().mean(0)
    return error


def explain_variance(model: nn.Module, part: Pair) -> Tensor:
    r"""Return :math:`R^2 = 1 - \sum (\hat y - y)^2 / \sum (y - \bar y)^2` of each output, ``[output]``."""
    with torch.no_grad():
        error: Tensor = (model(part.x) - part.y).square().sum(0)
    return 1 - error / (part.y - part.y.mean(0)).square().sum(0)


def ask_for_all(part: Pair) -> tuple[Tensor, Tensor]:
    """Return each spectrum once for each output, and the output that is to be explained."""
    outputs = part.y.shape[1]
    return part.x.repeat_interleave(outputs, 0), torch.arange(outputs).repeat(len(part.x))
