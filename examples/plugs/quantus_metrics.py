"""Metrics of Quantus on explanations of lrprism: faithfulness, robustness, randomisation, localisation.

    python examples/plugs/quantus_metrics.py

A fixed map of random numbers stands beside, as a score means little alone: that map is perfectly robust.
It needs ``pip install 'lrprism[quantus]'``.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import quantus
from planted_squares import Pictures, draw_pictures, train_network
from torch import nn

import lrprism as lp
from lrprism.plugs import quantus as plug

QUIET = {"disable_warnings": True, "display_progressbar": False}
METRICS: dict[str, Any] = {
    "faithfulness correlation (higher)": quantus.FaithfulnessCorrelation(nr_runs=50, subset_size=32, **QUIET),
    "max-sensitivity (lower)": quantus.MaxSensitivity(nr_samples=5, **QUIET),
    "MPRT, all layers random (lower)": quantus.MPRT(return_last_correlation=True, **QUIET),
    "random logit (lower)": quantus.RandomLogit(num_classes=4, **QUIET),
    "relevance mass in the square (higher)": quantus.RelevanceMassAccuracy(abs=True, **QUIET),
}


def explain_at_random(model: nn.Module, inputs: Any, targets: Any, **_: Any) -> Any:
    """Return random numbers that know neither the network nor the picture."""
    del model, targets
    return np.random.default_rng(0).normal(size=np.shape(inputs))


def measure(
    network: nn.Module, pictures: Pictures, explain: Callable[..., Any], **options: Any
) -> dict[str, float]:
    """Return the mean score of each metric.

    Args:
        network: The network.
        pictures: The pictures that are explained.
        explain: The function that Quantus calls for explanations.
        **options: What Quantus hands on to it.
    """
    x, y, truth = pictures.x.numpy(), pictures.y.numpy(), pictures.truth.numpy()
    scores = {}
    for name, metric in METRICS.items():
        np.random.seed(0)  # Quantus draws from numpy's global numbers
        score = metric(
            model=network,
            x_batch=x,
            y_batch=y,
            s_batch=truth,
            explain_func=explain,
            explain_func_kwargs={**options},
        )
        scores[name] = float(np.mean(score))
    return scores


def main() -> None:
    """Train, measure, and print LRP beside random numbers."""
    network, pictures = train_network(draw_pictures(400, seed=0)), draw_pictures(16, seed=1)
    ours = measure(network, pictures, plug.explain, composite=lp.presets.EpsilonPlus())
    random = measure(network, pictures, explain_at_random)
    print(f"{'metric':<40}{'LRP':>8}{'random':>8}")
    for name, score in ours.items():
        print(f"{name:<40}{score:>8.3f}{random[name]:>8.3f}")


if __name__ == "__main__":
    main()
