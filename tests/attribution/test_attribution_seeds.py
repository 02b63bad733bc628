"""Seeds of a class, of one class per sample, of all classes and of a callable."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import expected_warnings
import lrprism as lp
from lrprism import presets

LRP_0 = presets.Epsilon(0)


@pytest.fixture
def classifier() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 8, bias=False), nn.ReLU(), nn.Linear(8, 3, bias=False)).double()


@pytest.fixture
def x() -> Tensor:
    return torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def sum_relevance(model: nn.Module, x: Tensor, target: object) -> Tensor:
    relevance = lp.LRP(model, LRP_0).explain(x, target).relevance  # type: ignore[arg-type]
    assert isinstance(relevance, Tensor)
    return relevance.sum(-1)


def test_none_explains_the_predicted_class(classifier: nn.Module, x: Tensor) -> None:
    explanation = lp.LRP(classifier, LRP_0).explain(x)
    assert torch.equal(explanation.target, classifier(x).argmax(1))
    torch.testing.assert_close(explanation.relevance.sum(1), classifier(x).amax(1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("target", [[2, 0, 1, 1], (2, 0, 1, 1), torch.tensor([2, 0, 1, 1])])
def test_one_class_per_sample(classifier: nn.Module, x: Tensor, target: object) -> None:
    expected = classifier(x)[torch.arange(4), torch.tensor([2, 0, 1, 1])]
    torch.testing.assert_close(sum_relevance(classifier, x, target), expected, rtol=1e-12, atol=1e-12)


def test_one_class_for_all(classifier: nn.Module, x: Tensor) -> None:
    torch.testing.assert_close(sum_relevance(classifier, x, 2), classifier(x)[:, 2], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("composite", [LRP_0, presets.Epsilon(), presets.EpsilonGamma()])
@expected_warnings.LOGITS_BEHIND
@expected_warnings.LOGITS_BEHIND
@expected_warnings.LITTLE_ARRIVES
@expected_warnings.NO_CONVOLUTION
def test_all_equals_one_class_after_the_other(
    classifier: nn.Module, x: Tensor, composite: lp.Composite
) -> None:
    explainer = lp.LRP(classifier, composite)
    together = explainer.explain(x, "all", layers=["1"])
    assert together.target.tolist() == [0, 1, 2]
    for number in range(3):
        alone = explainer.explain(x, number, layers=["1"])
        torch.testing.assert_close(together.relevance[number], alone.relevance, rtol=0, atol=0)
        torch.testing.assert_close(together.layers["1"][number], alone.layers["1"], rtol=0, atol=0)


def test_a_callable_contrasts_two_classes(classifier: nn.Module, x: Tensor) -> None:
    def contrast(output: Tensor) -> Tensor:
        return torch.tensor([1.0, -1.0, 0.0]).expand_as(output)

    z = classifier(x)
    torch.testing.assert_close(
        sum_relevance(classifier, x, contrast), z[:, 0] - z[:, 1], rtol=1e-12, atol=1e-12
    )


# logits a - b of (3, 1) and (1, 3): 2 and -2
ONE = torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=torch.float64)
PLUS = [[3.0, -1.0], [1.0, -3.0]]


def one_output(*, squeezed: bool = False) -> nn.Module:
    layer = nn.Linear(2, 1, bias=False).double()
    layer.weight.data = torch.tensor([[1.0, -1.0]], dtype=torch.float64)
    return nn.Sequential(layer, nn.Flatten(0)) if squeezed else layer


@pytest.mark.parametrize("batch_size", [None, 1, 5])
@pytest.mark.parametrize(
    "target", [None, 0, [0, 0], torch.tensor(0), np.int64(0), np.zeros(2, dtype=np.uint16), lp.target.value()]
)
def test_one_output_is_explained_as_it_is_with_its_sign(target: Any, batch_size: int | None) -> None:
    explanation = lp.LRP(one_output(), LRP_0).explain(ONE, target, batch_size=batch_size)
    assert explanation.relevance.tolist() == PLUS
    assert (
        explanation.target is None
        if isinstance(target, lp.target.Value)
        else explanation.target.tolist() == [0, 0]
    )


@pytest.mark.parametrize("target", ["all", lp.target.each(0), lp.target.each(np.int32(0))])
def test_one_output_is_one_entry_of_a_class_axis(target: Any) -> None:
    explanation = lp.LRP(one_output(), LRP_0).explain(ONE, target)
    assert explanation.relevance.tolist() == [PLUS]
    assert explanation.target.tolist() == [0]


@pytest.mark.parametrize("target", [None, lp.target.value(), lp.target.side(1), torch.ones_like])
@pytest.mark.parametrize("batch_size", [None, 1])
def test_an_output_without_a_class_axis_is_explained_as_it_is(target: Any, batch_size: int | None) -> None:
    explanation = lp.LRP(one_output(squeezed=True), LRP_0).explain(ONE, target, batch_size=batch_size)
    assert explanation.relevance.tolist() == PLUS


@pytest.mark.parametrize("target", [0, 1, [0, 0], "all", lp.target.each(0)])
def test_an_output_without_a_class_axis_has_no_class(target: Any) -> None:
    message = (
        r"^an output \(N,\) .* should be None or lp.target.value\(\), or lp.target.side\(1\) .*\(2,\)\.$"
    )
    with pytest.raises(lp.TargetError, match=message):
        lp.explain(one_output(squeezed=True), ONE, target)
