"""Targets as Captum writes them."""

from typing import Any

import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism import presets

X = torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
STEPS = torch.randn(4, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def layer(outputs: int) -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(5, outputs, bias=False).double()


def sum_relevance(model: nn.Module, x: torch.Tensor, target: Any) -> torch.Tensor:
    """Return the relevance of each sample; by LRP-0 without biases, that is the explained entry."""
    relevance, delta = lp.LRP(model, presets.Epsilon(0)).attribute(x, target, return_convergence_delta=True)
    torch.testing.assert_close(delta, torch.zeros(4, dtype=torch.float64), rtol=0, atol=1e-12)
    return relevance.flatten(1).sum(1)


@pytest.mark.parametrize(
    "target", [1, -2, torch.tensor(1), torch.tensor([1]), torch.tensor([[1]]), (1,), [1] * 4]
)
def test_an_index_for_all_samples(target: Any) -> None:
    torch.testing.assert_close(sum_relevance(layer(3), X, target), layer(3)(X)[:, 1])


def test_an_index_per_sample() -> None:
    for target in ([0, 2, 1, 1], torch.tensor([0, 2, 1, 1])):
        torch.testing.assert_close(sum_relevance(layer(3), X, target), layer(3)(X)[range(4), [0, 2, 1, 1]])


def test_a_tuple_is_an_index_into_all_axes() -> None:
    z = layer(3)(STEPS)
    torch.testing.assert_close(sum_relevance(layer(3), STEPS, (3, 1)), z[:, 3, 1])
    torch.testing.assert_close(sum_relevance(layer(3), STEPS, (-1, -1)), z[:, -1, -1])
    pairs = [(0, 0), (5, 2), (1, 1), (2, 0)]
    expected = torch.stack([z[sample][pair] for sample, pair in enumerate(pairs)])
    torch.testing.assert_close(sum_relevance(layer(3), STEPS, pairs), expected)


@pytest.mark.parametrize("target", [None, 0])
def test_one_output_is_the_output(target: Any) -> None:
    torch.testing.assert_close(sum_relevance(layer(1), X, target), layer(1)(X)[:, 0])


def test_an_output_without_a_class_axis_is_the_output() -> None:
    model = nn.Sequential(layer(1), nn.Flatten(0))
    torch.testing.assert_close(sum_relevance(model, X, None), model(X))


BAD: dict[str, tuple[Any, str]] = {
    "a tuple that is too short": (
        (3,),
        r"^target should be an index into every axis behind the samples\. Found 1 of them for an output of "
        r"shape \(4, 6, 3\)\.$",
    ),
    "a tuple out of range": (
        (6, 0),
        r"^target should be a class from -6 to 5, as the model has 6\. Found 6\.$",
    ),
    "tuples of two lengths": (
        [(0, 1), (0,)] * 2,
        r"^target should hold tuples of one length\. Found \[\(0, 1\)",
    ),
    "True": (torch.tensor(True), r"^output should be \(N, classes\) to explain a class\."),
    "an int": (3, r"^output should be \(N, classes\) to explain a class\. .* Try lp.target.at\(step\)"),
}


@pytest.mark.parametrize("what", BAD)
def test_targets_that_do_not_fit(what: str) -> None:
    target, message = BAD[what]
    with pytest.raises(lp.TargetError, match=message):
        lp.LRP(layer(3)).attribute(STEPS, target)
