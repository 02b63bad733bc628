"""Pulses of xaitimesynth."""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor

import lrprism as lp
from court.methods import IntegratedGradients, Method, Occlusion, Relevance, draw_relevance, multiply_gradient
from court.trial import Case, Trial, train_once
from court.trials.tetromino import PRESETS
from lrprism.evaluation.benchmarks import pulses


def list_methods(others: Tensor) -> dict[str, Method]:
    """Return the methods; ``others`` are series of the training part."""
    mean = lp.reference.mean(others)
    return {
        **{name: Relevance(composite) for name, composite in PRESETS.items()},
        **{
            f"difference: {rule}, mean": Relevance(PRESETS[rule], mean)
            for rule in ("Epsilon", "EpsilonGamma")
        },
        "Gradient x Input": multiply_gradient,
        "Integrated Gradients": IntegratedGradients(),
        "Occlusion": Occlusion((1, 5)),
        "random": draw_relevance,
    }


def prepare(case: str, models: Path) -> Case:
    """Train on one draw of the package, and explain another; every series counts, as the metrics ask."""
    seed = int(case.removeprefix("seed "))
    train, test = pulses.make_data(42 + 100 * seed, 1000), pulses.make_data(43 + 100 * seed, 200)
    model = train_once(
        models / f"pulses-{seed}.pt", pulses.build_network(), partial(pulses.train, train, seed)
    )
    with torch.no_grad():
        accuracy = float((model(test.x).argmax(1) == test.y).double().mean())
    return Case(
        {"accuracy": accuracy},
        {name: partial(method, model, test.x, test.y) for name, method in list_methods(train.x).items()},
        lambda relevance: pulses.score(relevance, test),
    )


TRIAL = Trial(
    name="pulses",
    title="Pulses of xaitimesynth",
    task=(
        "Series of 100 steps of noise, with a Gaussian pulse or a wave in a window of 30 steps at a random "
        "place, which is the truth. Generator and scores are the package's; a small CNN, every test series "
        "explained for its class."
    ),
    source="Baer 2026, xaitimesynth 0.1.1 (MIT), the example of its first page, in the extra `eval`.",
    same="yes, as far as there is one: its data and scores; no network and no numbers are published",
    cases=tuple(f"seed {seed}" for seed in range(3)),
    metrics=("AUPRC", "AUROC", "rank accuracy", "mass accuracy"),
    prepare=prepare,
)
