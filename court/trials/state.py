"""HMM/State."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import lrprism as lp
from court.trial import Case, Goal, Trial, train_once
from lrprism import presets
from lrprism.composites import AbstractComposite
from lrprism.evaluation.benchmarks import state

TRAIN_SEED, TEST_SEED, PATH = 42, 43, 20


def prepare(case: str, models: Path) -> Case:
    """Train on all folds but one, and explain every step of the test series."""
    train, test = state.make_data(TRAIN_SEED, 800), state.make_data(TEST_SEED, 200)
    fold = int(case.removeprefix("fold "))
    model = train_once(models / f"state-{fold}.pt", state.StateGRU(), lambda: state.train(train, fold))
    assert isinstance(model, state.StateGRU)
    last, inputs = state.LastStep(model).eval(), state.unroll(model, test.x)
    with torch.no_grad():
        chances = last(*inputs).softmax(1)[:, 1]
    labels = test.y.flatten()
    accuracy = float(((chances > 0.5).long() == labels).double().mean())
    # the state that a series of zeros, or the mean series, leads to at each step
    references = {
        "zero": _unroll_reference(model, torch.zeros_like(test.x[:1]), test.x),
        "mean": _unroll_reference(model, train.x.mean(0, keepdim=True), test.x),
    }
    methods = {
        "Epsilon": _explain(model, test.x, presets.Epsilon()),
        "AttnLRP": _explain(model, test.x, presets.AttnLRP()),
        **{
            f"difference: Epsilon, {name}": _explain(model, test.x, presets.Epsilon(), reference)
            for name, reference in references.items()
        },
        "Gradient x Input": lambda: state.explain_steps(_multiply_gradient, model, test.x),
        "Integrated Gradients": lambda: integrate(model, test.x),
        "Occlusion": lambda: occlude(model, test.x, train.x.mean(0, keepdim=True)),
        "random": lambda: torch.randn(test.x.shape, generator=torch.Generator().manual_seed(0)),
    }
    return Case({"accuracy": accuracy}, methods, lambda relevance: state.score(relevance, test))


def _unroll_reference(model: state.StateGRU, series: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the steps and states of one series, once for each series of ``x``."""
    steps, states = state.unroll(model, series)
    return steps.repeat(len(x), 1, 1), states.repeat(len(x), 1)


def _explain(
    model: state.StateGRU, x: Tensor, composite: AbstractComposite, reference: Any = None
) -> Callable[[], Tensor]:
    def explain(last: nn.Module, inputs: tuple[Tensor, Tensor], target: Tensor) -> Tensor:
        relevance: Tensor = lp.LRP(last, composite).explain(inputs, target, reference=reference).relevance[0]
        return relevance

    return lambda: state.explain_steps(explain, model, x)


def _multiply_gradient(last: nn.Module, inputs: tuple[Tensor, Tensor], target: Tensor) -> Tensor:
    step = inputs[0].clone().requires_grad_()
    output = last(step, inputs[1]).gather(1, target[:, None]).sum()
    return inputs[0] * torch.autograd.grad(output, step)[0]


def integrate(model: state.StateGRU, x: Tensor) -> Tensor:
    """Return integrated gradients from a series of zeros: the state moves along the path too."""
    total = torch.zeros_like(x)
    target = _predict(model, x)
    for point in range(PATH):
        steps, states = state.unroll(model, (point + 0.5) / PATH * x)
        steps = steps.requires_grad_()
        output = state.LastStep(model)(steps, states).gather(1, target[:, None]).sum()
        total += torch.autograd.grad(output, steps)[0].view_as(x)
    return x * total / PATH


def occlude(model: state.StateGRU, x: Tensor, mean: Tensor) -> Tensor:
    """Return the fall of the prediction when a feature of its step is replaced by the mean of that step."""
    steps, states = state.unroll(model, x)
    replacement = mean.expand_as(x).reshape(steps.shape)
    target, last = _predict(model, x)[:, None], state.LastStep(model).eval()
    falls = []
    with torch.no_grad():
        whole = last(steps, states).gather(1, target)
        for feature in range(3):
            hidden = steps.clone()
            hidden[..., feature] = replacement[..., feature]
            falls.append(whole - last(hidden, states).gather(1, target))
    return torch.cat(falls, 1).view_as(x)


def _predict(model: state.StateGRU, x: Tensor) -> Tensor:
    with torch.no_grad():
        return state.LastStep(model).eval()(*state.unroll(model, x)).argmax(1)  # type: ignore[no-any-return]


TRIAL = Trial(
    name="state",
    title="HMM/State with a GRU",
    task=(
        "Three Gaussian series of 200 steps; a hidden state says which of the last two gives the label of "
        "a step. A GRU of 200 units (batch norm, ReLU, linear) predicts each label from the series up to "
        "it; the relevance of the step's own three values is compared with the one that decides. AUROC and "
        "AUPRC of |R|, scaled within each series; also at those steps alone at which the state changed."
    ),
    source="Crabbé and van der Schaar 2021; protocol and numbers of time_interpret (Enguehard 2023, MIT).",
    same=(
        "no: 20 points on the path of integrated gradients instead of 50; else as published, with draws of "
        "our own: 800 series for training in 5 folds, 200 for testing, 50 epochs, the same network and scores"
    ),
    cases=tuple(f"fold {fold}" for fold in range(5)),
    metrics=("AUROC", "AUPRC", "AUROC at switches", "AUPRC at switches"),
    prepare=prepare,
    published=(
        ("", "DeepLIFT", {"AUROC": 0.9381, "AUPRC": 0.9115}),
        ("", "LIME", {"AUROC": 0.9374, "AUPRC": 0.9118}),
        ("", "Integrated Gradients", {"AUROC": 0.9357, "AUPRC": 0.9086}),
        ("", "Augmented Occlusion", {"AUROC": 0.9151, "AUPRC": 0.8302}),
        ("", "ExtremalMask", {"AUROC": 0.9096, "AUPRC": 0.8826}),
        ("", "DynaMask", {"AUROC": 0.8764, "AUPRC": 0.6950}),
        ("", "Occlusion", {"AUROC": 0.8700, "AUPRC": 0.8166}),
    ),
    published_note="means of 5 folds, from `experiments/hmm/results.csv` of time_interpret",
    goals=(Goal("AUROC", 0.945), Goal("AUPRC", 0.92)),
)
