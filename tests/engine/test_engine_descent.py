"""Descent from the inputs decides what carries relevance; what no torch call shows is named."""

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

import lrprism as lp
from lrprism import presets

LRP_0 = presets.Epsilon(0)
X = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


class Model(nn.Module):
    """Two layers without bias, and a function that uses them."""

    def __init__(self, function: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b = nn.Linear(4, 5, bias=False).double(), nn.Linear(5, 3, bias=False).double()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x)


def relevance(model: nn.Module, composite: Any = LRP_0, **options: Any) -> Tensor:
    found = lp.LRP(model, composite, strict=True).explain(X, 1, **options).relevance
    assert isinstance(found, Tensor)
    return found


@pytest.mark.parametrize("audit", [False, True])
def test_prototypes_with_a_graph_of_their_own_are_constants(*, audit: bool) -> None:
    model = Model(lambda m, x: m.b(m.a(x).relu()) @ m.prototypes.t())
    support = torch.randn(2, 4, dtype=torch.float64)
    model.prototypes = model.b(model.a(support).relu())
    found = relevance(model, audit=audit)
    torch.testing.assert_close(found.sum(1), model(X)[:, 1].detach())
    model.prototypes = model.prototypes.detach()
    torch.testing.assert_close(relevance(model), found)
    assert model.prototypes.grad_fn is None


def test_the_graph_of_a_prototype_is_left_to_its_owner() -> None:
    model = Model(lambda m, x: m.b(m.a(x).relu()) @ m.prototypes.t())
    model.prototypes = model.b(model.a(torch.ones(2, 4, dtype=torch.float64)))
    before = model.prototypes
    relevance(model)
    assert model.prototypes is before
    before.sum().backward()
    assert model.a.weight.grad is not None


class Symmetric(nn.Module):
    def forward(self, w: Tensor) -> Tensor:
        return w.triu() + w.triu(1).mT


def test_weights_of_a_cached_parametrization_are_constants() -> None:
    layer = nn.Linear(4, 4, bias=False).double()
    parametrize.register_parametrization(layer, "weight", Symmetric())
    model = nn.Sequential(layer, nn.ReLU(), nn.Linear(4, 3, bias=False).double())
    expected = relevance(model)
    with parametrize.cached():
        model(X)
        torch.testing.assert_close(relevance(model), expected)


def test_tensors_made_in_forward_that_ask_for_a_gradient_are_constants() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        scale = torch.full((5,), 2.0, dtype=x.dtype, requires_grad=True)
        return m.b(m.a(x) * scale)

    model = Model(forward)
    torch.testing.assert_close(relevance(model).sum(1), model(X)[:, 1].detach())


def scripted() -> Callable[[Tensor], Tensor]:
    def swish(x: Tensor) -> Tensor:
        return x * torch.sigmoid(x)

    with warnings.catch_warnings():
        # torch.jit is on its way out, by now with a FutureWarning; users still have it
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")
        return torch.jit.script(swish)  # type: ignore[no-any-return]


def in_another_thread(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, x).result()


UNSEEN: dict[str, tuple[Callable[[Any, Tensor], Tensor], str]] = {
    "TorchScript": (lambda m, x: m.b(scripted()(m.a(x))), "SigmoidBackward0"),
    "TorchScript last": (lambda m, x: scripted()(m.b(m.a(x))), "SigmoidBackward0"),
    "a thread": (lambda m, x: m.b(in_another_thread(lambda h: F.gelu(h), m.a(x))), "GeluBackward0"),
    "a layer in a thread": (lambda m, x: m.b(in_another_thread(m.a, x)), "MmBackward0"),
}


@pytest.mark.parametrize("name", UNSEEN)
def test_what_no_torch_call_shows_is_named_in_warning_plan_and_account(name: str) -> None:
    function, node = UNSEEN[name]
    model = Model(function)
    with pytest.raises(lp.ModelError, match=rf"no rule is known for .*{node} \(cannot be seen\)"):
        lp.LRP(model, LRP_0, strict=True).explain(X)
    explainer = lp.LRP(model, LRP_0)
    with pytest.warns(lp.RelevanceWarning, match=rf"{node} \(cannot be seen\): the plain gradient is used"):
        found = explainer.explain(X, 1, audit=True)
    assert node in found.audit.unseen
    with pytest.warns(lp.RelevanceWarning, match=node):
        plan = explainer.plan(X)
    assert any(row.op == node and row.call == -1 for row in plan)
    # the plain gradient is used there, so that LRP-0 of all else is the gradient of the whole
    x = X.clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x)[:, 1].sum(), x)
    torch.testing.assert_close(found.relevance, X * g)


def test_what_is_unseen_and_not_needed_is_not_named() -> None:
    model = Model(lambda m, x: (m.b(m.a(x)), scripted()(m.a(x)))[0])
    assert relevance(model, audit=True).shape == X.shape
