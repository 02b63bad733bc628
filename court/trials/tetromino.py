"""XAI-TRIS at 8 x 8."""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

import lrprism as lp
from court.methods import IntegratedGradients, Method, Occlusion, Relevance, draw_relevance, multiply_gradient
from court.trial import Case, Trial, train_once
from lrprism import presets
from lrprism.evaluation.benchmarks import tetromino

PRESETS = {
    "Epsilon": presets.Epsilon(),
    "EpsilonGamma": presets.EpsilonGamma(),
    "EpsilonPlus": presets.EpsilonPlus(),
    "EpsilonPlusFlat": presets.EpsilonPlusFlat(),
    "EpsilonAlpha2Beta1": presets.EpsilonAlpha2Beta1(),
}


def filter_edges(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001 - the control
    """Return the Laplacian of the image: a control of the source that knows no network."""
    kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])[None, None]
    return nn.functional.conv2d(nn.functional.pad(x, (1, 1, 1, 1), mode="replicate"), kernel)


def list_methods(others: Tensor) -> dict[str, Method]:
    """Return the methods; ``others`` are images of the training part."""
    references = {"mean": lp.reference.mean(others), "8 images": lp.reference.each(*others[:8].split(1))}
    return {
        **{name: Relevance(composite) for name, composite in PRESETS.items()},
        **{
            f"difference: {rule}, {name}": Relevance(PRESETS[rule], reference)
            for rule in ("Epsilon", "EpsilonGamma")
            for name, reference in references.items()
        },
        "Gradient x Input": multiply_gradient,
        "Integrated Gradients": IntegratedGradients(),
        "Occlusion": Occlusion((1, 1, 1)),
        "random": draw_relevance,
        "truth-free: Laplace filter": filter_edges,
    }


def prepare(case: str, models: Path) -> Case:
    """Train a CNN, and explain what it gets right among the images that it has not seen."""
    group, _, seed = case.partition("/")
    scenario, background = group.split(", ")
    train, test = tetromino.make_data(int(seed), scenario, background).split(9000)  # type: ignore[arg-type]
    model = train_once(
        models / f"tetromino-{scenario}-{background}-{seed}.pt",
        tetromino.build_network(),
        partial(tetromino.train, train, int(seed)),
    )
    with torch.no_grad():
        right = model(test.x).argmax(1) == test.y
    x, y, truth = test.x[right], test.y[right], test.truth[right]
    return Case(
        {"accuracy": float(right.double().mean())},
        {name: partial(method, model, x, y) for name, method in list_methods(train.x).items()},
        lambda relevance: tetromino.score(relevance, truth),
    )


TRIAL = Trial(
    name="tetromino",
    title="XAI-TRIS, 8 x 8",
    task=(
        "Tetrominoes in noise, as summands (linear), by the product of their signs (xor), or turned and "
        "moved (rigid). Where the noise is correlated, pixels beside a tetromino tell of the noise on it; "
        "a network uses these suppressors, and truth does not count them. The scores are the share of the "
        "truth's k pixels among the k largest, the area under the ROC curve, and the mass of |R|."
    ),
    source="Clark, Wilming and Haufe 2024, XAI-TRIS, Machine Learning 113; written without its code.",
    same=(
        "no: three of its four scenarios, signal strengths of our own, one small CNN of the three families "
        "of networks, and no earth mover's distance"
    ),
    cases=tuple(
        f"{scenario}, {background}/{seed}"
        for scenario in tetromino.DRAWS
        for background in ("white", "correlated")
        for seed in range(2)
    ),
    metrics=("precision", "AUROC", "mass"),
    prepare=prepare,
    published_note="figures only: on correlated backgrounds many are no better than the Laplace filter",
)
