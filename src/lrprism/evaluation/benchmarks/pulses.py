"""Pulses and waves in noise, from the generator of the package xaitimesynth, judged by its metrics.

A series of 100 steps is noise; in a window of 30 steps at a random place a Gaussian pulse (class 0) or a wave
(class 1) is added. The window is the truth. Source: Baer 2026, xaitimesynth, arXiv 2603.06781 (MIT), the
example of its first page. The package comes with the extra ``eval``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.evaluation.benchmarks.training import minimise

STEPS = 100


@final
@dataclass(frozen=True)
class Pulses:
    """Series with a feature in a window.

    Attributes:
        x: ``[N, 1, 100]``.
        y: The class, ``[N]``.
        source: What the package made, which its metrics ask for.
    """

    x: Tensor
    y: Tensor
    source: Mapping[str, Any]


def make_data(seed: int, samples: int = 200) -> Pulses:
    """Return series from the package.

    Args:
        seed: Of the draws.
        samples: How many series, of both classes together.

    Raises:
        InputError: If the package is not there.
    """
    try:
        import xaitimesynth as synth
    except ImportError as error:
        raise InputError(
            "pulses should be made by the package xaitimesynth. "
            f"Found: {error}. Try pip install 'lrprism[eval]'."
        ) from error
    builder = synth.TimeSeriesBuilder(
        n_timesteps=STEPS, normalization="zscore", n_samples=samples, random_state=seed
    )
    features = (synth.gaussian_pulse(amplitude=3.0), synth.seasonal(period=10, amplitude=3.0))
    for label, feature in enumerate(features):
        builder = builder.for_class(label).add_signal(synth.gaussian_noise(sigma=1.0))
        builder = builder.add_feature(feature, random_location=True, length_pct=0.3)
    source = builder.build()
    x = torch.as_tensor(source["X"], dtype=torch.float32).reshape(samples, 1, STEPS)
    return Pulses(x, torch.as_tensor(source["y"]).long(), source)


def build_network() -> nn.Sequential:
    """Build a CNN of three convolutions. Shapes: ``[N, 1, 100]`` to ``[N, 2]``."""
    return nn.Sequential(
        nn.Conv1d(1, 16, 7, padding=3), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(32, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool1d(1),
        nn.Flatten(), nn.Linear(32, 2),
    )  # fmt: skip


def train(data: Pulses, seed: int, *, steps: int = 600) -> nn.Sequential:
    """Train by Adam on batches of 64.

    Args:
        data: The training part.
        seed: Of weights and batches.
        steps: Batches.
    """
    torch.manual_seed(seed)
    model = build_network()

    def loss(step: int) -> Tensor:  # noqa: ARG001 - every batch is drawn
        rows = torch.randint(len(data.x), (64,))
        return nn.functional.cross_entropy(model(data.x[rows]), data.y[rows])

    minimise(model, loss, steps=steps, learning_rate=2e-3, weight_decay=1e-4, decay=0.05)
    return model


def score(relevance: Tensor, data: Pulses) -> dict[str, float]:
    """Return the package's own scores of ``|R|``: means over series.

    Args:
        relevance: ``[N, 1, 100]``.
        data: The series that were explained.

    Raises:
        InputError: If the shape is not that of the series.
    """
    if relevance.shape != data.x.shape:
        shapes = f"{tuple(data.x.shape)}. Found {tuple(relevance.shape)}"
        raise InputError(f"relevance should have the shape of the series, {shapes}.")
    from xaitimesynth import metrics

    size = relevance.detach().abs().double().numpy()
    scores = {
        "AUPRC": metrics.auc_pr_score,
        "AUROC": metrics.auc_roc_score,
        "rank accuracy": metrics.relevance_rank_accuracy,
        "mass accuracy": metrics.relevance_mass_accuracy,
    }
    return {name: float(metric(size, data.source)) for name, metric in scores.items()}
