"""Which output of a trained network stands for a class."""

from typing import Any

import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism.spectral.workbench.explained_targets import NetworkClass

X = torch.tensor([[3.0], [-1.0]])


def network(*weights: float) -> nn.Module:
    layer = nn.Linear(1, len(weights), bias=False)
    layer.weight.data = torch.tensor(weights)[:, None]
    return layer


@pytest.mark.parametrize("batch_size", [None, 1])
@pytest.mark.parametrize(
    ("number", "classes", "of_one", "of_two"),
    [
        # one logit 2 x = (6, -2); one for each class: (x, 2 x) = (3, 6), (-1, -2)
        (None, ([1, 0], [1, 0]), [6.0, 2.0], [6.0, -1.0]),
        (0, ([0, 0], [0, 0]), [-6.0, 2.0], [3.0, -1.0]),
        (1, ([1, 1], [1, 1]), [6.0, -2.0], [6.0, -2.0]),
        (torch.tensor([0, 1]), ([0, 1], [0, 1]), [-6.0, -2.0], [3.0, -2.0]),
    ],
)
def test_two_classes_by_one_logit_or_by_one_each(
    number: Any, classes: Any, of_one: list[float], of_two: list[float], batch_size: int | None
) -> None:
    for model, found_classes, expected in (
        (network(2.0), classes[0], of_one),
        (network(1.0, 2.0), classes[1], of_two),
    ):
        explainer = lp.LRP(model, lp.presets.Epsilon(0))
        explanation = explainer.explain(X, NetworkClass(number), batch_size=batch_size)
        assert explanation.target.tolist() == found_classes
        assert explanation.relevance[:, 0].tolist() == expected
