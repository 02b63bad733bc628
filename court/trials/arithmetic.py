"""The arithmetic LSTM."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from court.methods import IntegratedGradients, Method, Occlusion, Relevance, draw_relevance, multiply_gradient
from court.trial import Case, Goal, Trial, train_once
from lrprism import presets
from lrprism.evaluation.benchmarks import arithmetic

METHODS: dict[str, Method] = {
    "Epsilon": Relevance(presets.Epsilon()),
    "AttnLRP": Relevance(presets.AttnLRP()),
    "difference: Epsilon, zero": Relevance(presets.Epsilon(), 0.0),
    "Gradient x Input": multiply_gradient,
    "Integrated Gradients": IntegratedGradients(),
    "Occlusion": Occlusion((1, 3)),
    "random": draw_relevance,
}


def prepare(case: str, models: Path) -> Case:
    """Train one network, and test it on sequences that it has not seen."""
    operation, _, number = case.partition("/")
    seed = int(number)
    train, test = (
        arithmetic.make_data(draw, operation, size) for draw, size in ((seed, 5000), (100 + seed, 2500))
    )
    model = train_once(
        models / f"arithmetic-{operation}-{seed}.pt",
        arithmetic.ArithmeticLSTM(),
        lambda: arithmetic.train(train, seed),
    )

    def bind(method: Method) -> Callable[[], list[Tensor]]:
        return lambda: [method(model, part.x, torch.zeros(len(part.x)).long()) for part in test]

    return Case(
        {"squared error of the network": arithmetic.measure_error(model, test)},
        {name: bind(method) for name, method in METHODS.items()},
        lambda relevance: arithmetic.score(relevance, test),
    )


TRIAL = Trial(
    name="arithmetic",
    title="Arithmetic LSTM",
    task=(
        "Sequences of 4 to 10 numbers, two of them marked as a and b; an LSTM of one cell puts out a + b "
        "or a - b. Relevance should be a and b (or -b) at their steps and 0 elsewhere. Scores are mean "
        "squared errors; correlations saturate."
    ),
    source="Arras et al. 2019, Evaluating recurrent neural network explanations, BlackboxNLP.",
    same=(
        "no: written from the description, 3 networks for each task instead of 50; as published, the "
        "network's own squared error is below 1e-4 and 2,500 sequences are explained"
    ),
    cases=tuple(f"{operation}/{seed}" for operation in ("sum", "difference") for seed in range(3)),
    metrics=("operands", "others", "all steps", "correlation"),
    prepare=prepare,
    published_note="the paper's claim is that LRP gives the operands; its numbers are not quoted here",
    goals=(Goal("operands", 0.001, "sum"), Goal("operands", 0.001, "difference")),
    errors=("operands", "others", "all steps"),
)
