"""One run of a model: warnings about its selectors, and the comparison with a plain call."""

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import FunctionModel
from lrprism import select
from lrprism.rules import Epsilon, Gamma


def test_a_selector_that_means_nothing_is_named_in_a_warning() -> None:
    rules = [
        (select.module("encoder.*"), Gamma()),
        (select.op("conv9d"), Epsilon()),
        (select.last(), Epsilon()),
    ]
    explainer = lp.LRP(nn.Linear(2, 2), rules)
    expected = (
        r"^selectors should mean at least one op\. Found none for 'module encoder\.\*' among \(model\); "
        r"none for 'conv9d' among linear\. See print\(explainer\.plan\(inputs\)\)\.$"
    )
    for call in (explainer.explain, explainer.plan):
        with pytest.warns(lp.RelevanceWarning, match=expected) as caught:
            call(torch.rand(1, 2))
        assert [warning.filename for warning in caught] == [__file__]


def test_the_output_is_compared_once_for_each_kind_of_input() -> None:
    shapes: list[tuple[int, ...]] = []

    def count(_: nn.Module, x: Tensor) -> Tensor:
        shapes.append(tuple(x.shape))
        return 2 * x

    explainer = lp.LRP(FunctionModel(count), strict=True)
    for size, runs in ((1, 2), (3, 1), (1, 1)):
        shapes.clear()
        explainer.explain(torch.ones(size, 2), 0)
        assert len(shapes) == runs, size
    # other features, and the same ones in another type
    for x in (torch.ones(1, 3), torch.ones(1, 2, dtype=torch.float64)):
        shapes.clear()
        explainer.explain(x, 0)
        assert len(shapes) == 2


@pytest.mark.parametrize("strict", [False, True])
def test_nothing_is_compared_without_need(*, strict: bool) -> None:
    calls: list[int] = []
    model = FunctionModel(lambda _, x: calls.append(1) or 2 * x)
    lp.LRP(model, strict=strict).explain(torch.ones(1, 2), 0)
    assert len(calls) == 1 + strict
