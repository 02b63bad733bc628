"""Piecewise linear functions of a field."""

from functools import partial
from pathlib import Path

import torch
from torch import nn

from court.methods import IntegratedGradients, Method, Occlusion, Relevance, draw_relevance, multiply_gradient
from court.trial import Case, Goal, Trial, train_once
from lrprism import presets, rules, select
from lrprism.composites import Composite
from lrprism.evaluation.benchmarks import geoscience

LINEAR = select.kind(select.Kind.LINEAR)
CELLS, SAMPLES = geoscience.ROWS * geoscience.COLUMNS, 500
COMPOSITES = {
    "Epsilon": presets.Epsilon(),
    "Gamma 0.25": Composite([(LINEAR, rules.Gamma(0.25))]),
    "AlphaBeta 2 1": Composite([(LINEAR, rules.AlphaBeta(2, 1))]),
    "ZPlus": Composite([(LINEAR, rules.ZPlus())]),
}
METHODS: dict[str, Method] = {
    **{name: Relevance(composite) for name, composite in COMPOSITES.items()},
    **{
        f"difference: {name}, zero": Relevance(COMPOSITES[name], torch.zeros(1, CELLS))
        for name in ("Epsilon", "Gamma 0.25")
    },
    "Gradient x Input": multiply_gradient,
    "Integrated Gradients": IntegratedGradients(),
    "Occlusion": Occlusion((1,)),
    "random": draw_relevance,
}


def prepare(case: str, models: Path) -> Case:
    """Draw a function, train a network on it, and test both on fields that it has not seen."""
    seed = int(case.removeprefix("seed "))
    field = geoscience.make_field(seed)
    model = train_once(
        models / f"geoscience-{seed}.pt", geoscience.build_network(), partial(geoscience.train, field, seed)
    )
    x, y, truth = field.draw(SAMPLES, torch.Generator().manual_seed(10_000 + seed))
    target = torch.zeros(SAMPLES).long()
    return Case(
        {"R2": _measure_fit(model, x, y)},
        {name: partial(method, model, x, target) for name, method in METHODS.items()},
        lambda relevance: geoscience.score(relevance, truth),
    )


def _measure_fit(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    with torch.no_grad():
        return float(1 - (model(x) - y).square().mean() / y.var(correction=0))


TRIAL = Trial(
    name="geoscience",
    title="Geoscience, piecewise linear",
    task=(
        "The answer is a sum of piecewise linear functions, one for each cell of a Gaussian field on the "
        "sphere, learned by a dense network of six hidden layers; the contribution of each cell is the "
        "truth. The scores are the mean over fields of Pearson's correlation of relevance and "
        "contributions, the share of the contributions of which relevance has the sign, and the squared "
        "error as a share of the squared contributions."
    ),
    source=(
        "Mamalakis, Ebert-Uphoff and Barnes 2022, Environmental Data Science 1, e8; the function as in "
        "ekrell/geoscience-attribution-benchmarks (CC0), written anew."
    ),
    same=(
        "no: a stationary field of 648 cells in the place of sea surface temperatures in 458, whose "
        "spectrum falls alike; Adam on 1 million fields, each seen once, in the place of stochastic "
        "gradient descent on 900,000 for 50 epochs"
    ),
    cases=tuple(f"seed {seed}" for seed in range(2)),
    metrics=("correlation", "sign", "error"),
    prepare=prepare,
    published_note=(
        "figures only: integrated gradients, gradient times input, occlusion and LRP-z stand close "
        "together at the top; the premise is a network with R2 above 0.99"
    ),
    goals=(Goal("correlation", below_best=0.01), Goal("sign", below_best=0.01)),
    errors=("error",),
)
