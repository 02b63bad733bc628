"""Small networks and classes of points that a training takes no time for."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import TensorDataset

from lrprism.spectral.training import TrainingConfig, TrainingResult, fit


def blobs(samples: int, classes: int, seed: int) -> TensorDataset:
    """Points about the corners of a triangle, so far apart that a line separates any two classes."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(samples) % classes
    centres = torch.tensor([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
    return TensorDataset(centres[labels] + torch.randn(samples, 2, generator=generator), labels)


def small_model(outputs: int = 3) -> nn.Module:
    """A network for them."""
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, outputs))


def squares(samples: int, seed: int) -> TensorDataset:
    """Noisy patches of 2 bands and 3 x 3 pixels whose class, 0 to 2, makes them brighter."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(samples) % 3
    noise = torch.randn(samples, 2, 3, 3, generator=generator)
    return TensorDataset(noise + 0.5 * labels.view(-1, 1, 1, 1), labels)


def square_model() -> nn.Module:
    """A network with all that must be carried over: buffers, dropout, and weights drawn at random."""
    torch.manual_seed(5)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.3), nn.Linear(4, 3)
    )


def build_linear(bands: int, classes: int) -> nn.Module:
    """One linear layer on a spectrum, as a factory of the user's own."""
    return nn.Linear(bands, classes)


def outcome(
    config: TrainingConfig, checkpoint: Path | None, model: nn.Module | None = None
) -> dict[str, Any]:
    """Train on squares and return all that must not depend on kills: not the seconds."""
    model = model or square_model()
    result = fit(model, squares(150, 0), squares(65, 1), config, checkpoint=checkpoint, progress=False)
    return {"weights": model.state_dict(), **history(result)}


def history(result: TrainingResult) -> dict[str, Any]:
    """The epochs and the best of them, without the seconds."""
    epochs = [{**asdict(epoch), "seconds": 0} for epoch in result.history]
    return {"history": epochs, "best": result.best.epoch}


def assert_same(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Equal to the last bit."""
    assert first["history"] == second["history"]
    assert first["best"] == second["best"]
    assert first["weights"].keys() == second["weights"].keys()
    for name, value in first["weights"].items():
        assert torch.equal(value, second["weights"][name]), name
