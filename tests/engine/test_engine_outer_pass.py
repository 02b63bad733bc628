"""Explanations inside the forward pass of a model that is explained itself."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

import lrprism as lp
from lrprism import presets
from lrprism.engine.function_modes import read_stack

LRP_0 = presets.Epsilon(0)
X = torch.tensor([[1.0, -2.0]], dtype=torch.float64)


class Scaled(nn.Module):
    """``factor`` times the sum of the entries."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x.sum(1, keepdim=True)


class Weighted(nn.Module):
    """The inputs times a map of them that another model gives, summed."""

    def __init__(self, look: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.look = look

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.look(x)).sum(1, keepdim=True)


def explain_scaled(x: Tensor, **options: Any) -> Tensor:
    relevance: Tensor = lp.LRP(Scaled(3), LRP_0, strict=True).explain(x, 0, **options).relevance
    return relevance


LOOKS: dict[str, Callable[[Tensor], Tensor]] = {
    "a map": explain_scaled,
    "with its account": lambda x: explain_scaled(x, audit=True),
    "in batches": lambda x: explain_scaled(x, batch_size=1),
    "of what was computed": lambda x: explain_scaled(x * 1),
    "without gradients": torch.no_grad()(explain_scaled),
    "through captum's signature": lambda x: lp.LRP(Scaled(3), LRP_0).attribute(x, 0),
    "of a copy of what was written": lambda x: explain_scaled((x * 0).add_(x).clone()),
    "two deep": lambda x: (
        lp.LRP(Weighted(lambda y: explain_scaled(y) / y / 3), LRP_0).explain(3 * x, 0).relevance
    ),
}


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("look", LOOKS)
def test_the_map_of_another_model_is_a_constant(look: str, audit: bool) -> None:
    explanation = lp.LRP(Weighted(LOOKS[look]), LRP_0, strict=True).explain(X, 0, audit=audit)
    assert explanation.output.tolist() == [[15.0]]  # 1 * 3 + (-2) * (-6)
    assert explanation.relevance.tolist() == [[3.0, 12.0]]


@pytest.mark.parametrize(
    "look",
    [
        lambda: lp.explain(Scaled(2), X, 0),
        lambda: lp.LRP(Scaled(2)).plan(X),
        lambda: lp.LRP(Scaled(2)).attribute(X, 0),
    ],
)
def test_a_hook_and_a_chooser_may_explain_another_model(look: Callable[[], Any]) -> None:
    def hear(*_: Any) -> None:
        look()

    model = nn.Sequential(Scaled(5))
    model[0].register_forward_hook(hear)

    def choose(output: Tensor) -> Tensor:
        look()
        return output

    explanation = lp.LRP(model, LRP_0, strict=True).explain(X, 0, output=choose, layers=["0"], audit=True)
    assert explanation.relevance.tolist() == [[5.0, -10.0]]
    assert explanation.layers["0"].tolist() == [[-5.0]]
    assert [row.op for row in explanation.audit or ()] == ["sum", "mul"]


def test_the_model_may_explain_a_layer_of_its_own() -> None:
    head = Scaled(3)

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = head

        def forward(self, x: Tensor) -> Tensor:
            return self.head(x * lp.LRP(self.head, LRP_0).explain(x, 0).relevance)

    explanation = lp.LRP(Model(), LRP_0).explain(X, 0, layers=["head"])
    assert explanation.relevance.tolist() == [[9.0, 36.0]]
    assert explanation.layers["head"].tolist() == [[45.0]]


def test_what_forward_has_written_to_is_refused() -> None:
    model = Weighted(lambda x: explain_scaled((y := x * 1, y.mul_(2))[0]))
    with pytest.raises(lp.InputError, match=r"written to in place\. Found one of shape \(1, 2\).*x\.clone"):
        lp.explain(model, X, 0)


def test_the_modes_of_others_stay_on_and_all_are_put_back() -> None:
    class Counting(TorchFunctionMode):
        count = 0

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            self.count += 1
            return func(*args, **(kwargs or {}))

    before: list[Any] = []

    def look(x: Tensor) -> Tensor:
        before[:] = read_stack()
        with pytest.raises(lp.TargetError):
            lp.explain(Scaled(3), x, 7)
        assert read_stack() == before
        counting.count = 0
        relevance = explain_scaled(x)
        assert counting.count > 0
        return relevance

    with Counting() as counting:
        lp.explain(Weighted(look), X, 0)
    assert len(before) == 2
    assert before[0] is counting
