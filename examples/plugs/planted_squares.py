"""Pictures whose truth is planted, and a network that learns them in seconds: for the examples beside it.

A picture is noise, 16 by 16, with a bright square of 4 by 4 in one of its quarters; the quarter is the class.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

SIDE, SQUARE, QUARTER = 16, 4, 8


class Pictures(NamedTuple):
    """Pictures ``[N, 1, 16, 16]``, their classes ``[N]``, and True where the square is, like the pictures."""

    x: Tensor
    y: Tensor
    truth: Tensor


def draw_pictures(count: int, seed: int) -> Pictures:
    """Draw pictures: normal noise of 0.3, and one more in the square."""
    generator = torch.Generator().manual_seed(seed)
    x = 0.3 * torch.randn(count, 1, SIDE, SIDE, generator=generator)
    y = torch.randint(4, (count,), generator=generator)
    shift = torch.randint(QUARTER - SQUARE + 1, (2, count), generator=generator)
    top, left = QUARTER * (y // 2) + shift[0], QUARTER * (y % 2) + shift[1]
    rows, columns = torch.arange(SIDE)[None, :, None], torch.arange(SIDE)[None, None]
    inside = (rows >= top[:, None, None]) & (rows < (top + SQUARE)[:, None, None])
    inside = inside & (columns >= left[:, None, None]) & (columns < (left + SQUARE)[:, None, None])
    truth = inside[:, None]
    return Pictures(x + truth, y, truth)


def train_network(pictures: Pictures, steps: int = 80) -> nn.Module:
    """Train two convolutions and a linear layer on all pictures at once."""
    torch.manual_seed(0)
    network = nn.Sequential(
        *(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(8 * 4 * 4, 4)),
    )
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(pictures.x), pictures.y).backward()
        optimizer.step()
    return network.eval()


def share_in_square(relevance: Tensor, truth: Tensor) -> float:
    """Return the share of positive relevance inside the squares; by chance 16 of 256 pixels, 0.0625."""
    positive = relevance.clamp(min=0)
    return float((positive * truth).sum() / positive.sum())
