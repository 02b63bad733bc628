"""The time of three libraries that give one map."""

from collections.abc import Callable

import pytest
import shap
import torch
from captum.attr import DeepLift
from torch import Tensor, nn

import lrprism as lp
from benchmarks.timing import Rounds, summary, take_turns
from lrprism import presets
from parity.differences import supported
from parity.differences.results import SAMPLES, Differences, TimeRow
from parity.models import Subject
from parity.results import TOLERANCE, difference

SUBJECTS = [
    Subject(
        "CNN of 5 layers, 64 x 64 pixels",
        lambda: supported.cnn(32, 64, 128, size=64),
        (SAMPLES + 1, 3, 64, 64),
    ),
    Subject(
        "ResNet-18, 32 x 32 pixels", lambda: supported.resnet(64, 128, 256, 512), (SAMPLES + 1, 3, 32, 32)
    ),
]


def contestants(model: nn.Module, x: Tensor, reference: Tensor) -> dict[str, Callable[[], Tensor]]:
    """Return what is timed: the predicted classes against one reference, and the plain gradient.

    SHAP is asked for the predicted class alone and without its check, so that it does what the others do.
    """
    classes = model(x).argmax(1)
    explainer = lp.LRP(model, presets.Epsilon(0))
    deep_lift = DeepLift(model)
    deep_explainer = shap.DeepExplainer(model, reference)

    def gradient() -> Tensor:
        leaf = x.clone().requires_grad_()
        return torch.autograd.grad(model(leaf).gather(1, classes[:, None]).sum(), leaf)[0]

    def ask_shap() -> Tensor:
        values, _ = deep_explainer.shap_values(x, ranked_outputs=1, check_additivity=False)
        return torch.as_tensor(values)[..., 0]

    return {
        "gradient": gradient,
        "lrprism": lambda: explainer.explain(x, classes, reference=reference).relevance,
        "captum": lambda: deep_lift.attribute(x, reference, target=classes).detach(),
        "shap": ask_shap,
    }


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_those_that_are_timed_give_one_map(subject: Subject, differences: Differences) -> None:
    """They take turns, so that a machine whose speed drifts slows them alike; no time is asserted."""
    model, samples = subject.make(torch.float32)
    runs = contestants(model, samples[:-1], samples[-1:])
    maps = {name: run() for name, run in runs.items()}
    seconds = take_turns(
        {name: lambda _, run=run: run for name, run in runs.items()}, Rounds(seconds=30, least=5)
    )
    for name in runs:
        row = TimeRow(subject.name, name, summary(seconds[name], seconds["gradient"]))
        differences.times.append(row)
    for peer in ("captum", "shap"):
        assert difference(maps["lrprism"], maps[peer]) <= TOLERANCE
