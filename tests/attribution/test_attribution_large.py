"""Large tensors go shorter ways: less is kept, passes are left out, and nothing of the result changes."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import presets, select
from lrprism.composites import AbstractComposite, Composite
from lrprism.ops import routing
from lrprism.ops.affine import function as affine
from lrprism.rules import AbstractRule, AlphaBeta, Epsilon, Gamma, Pass, ZPlus
from lrprism.stabilizers import Unsigned

Forward = Callable[[nn.Module, Tensor], Tensor]


def count_as_large(monkeypatch: pytest.MonkeyPatch, numbers: int) -> None:
    for module in (affine, routing):
        monkeypatch.setattr(module, "LARGE", numbers)


class Layers(nn.Module):
    """Layers of one size with a forward pass of the test's own."""

    def __init__(self, forward: Forward) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b, self.c = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 3)
        self.conv, self.norm, self.layer_norm = (
            nn.Conv1d(1, 1, 3, padding=1),
            nn.BatchNorm1d(6),
            nn.LayerNorm(6),
        )
        nn.init.uniform_(self.norm.running_mean), nn.init.uniform_(self.norm.running_var, 0.5, 2)
        nn.init.normal_(self.layer_norm.weight), nn.init.normal_(self.layer_norm.bias)
        self._forward = forward
        self.double()

    def forward(self, x: Tensor) -> Tensor:
        return self.c(self._forward(self, x))


def without_module(model: nn.Module) -> nn.Module:
    """Take the batch norm out of the modules: nothing tells before the forward pass that there is one."""
    norm = model._modules.pop("norm")
    object.__setattr__(model, "norm", norm)
    return model


def functional_norm(m: nn.Module, x: Tensor) -> Tensor:
    n = m.norm
    return F.batch_norm(x, n.running_mean, n.running_var, n.weight, n.bias)


FORWARDS: dict[str, Forward] = {
    "relu": lambda m, x: m.b(m.a(x).relu()).relu(),
    "relu in place": lambda m, x: F.relu(m.b(m.a(x).relu_()), inplace=True),
    "relu of a convolution": lambda m, x: m.b(m.conv(m.a(x).unsqueeze(1)).relu().flatten(1)),
    "relu and another use": lambda m, x: (z := m.a(x)).relu() + m.b(z),
    "two relus": lambda m, x: (z := m.a(x)).relu() + m.b(F.relu(z)).relu(),
    "relu of a copy": lambda m, x: m.b(m.a(x).clone().relu()),
    "relu of a sum": lambda m, x: m.b((m.a(x) + x).relu()),
    "two convolutions": lambda m, x: m.conv(m.conv(m.a(x).unsqueeze(1)).relu()).relu().flatten(1),
    "gelu": lambda m, x: m.b(F.gelu(m.a(x))),
    "gelu by tanh": lambda m, x: m.b(F.gelu(m.a(x), approximate="tanh")),
    "silu": lambda m, x: m.b(F.silu(m.a(x))),
    "tanh": lambda m, x: m.b(torch.tanh(m.a(x))),
    "layer norm": lambda m, x: x + m.b(m.layer_norm(m.a(x))),
    "batch norm behind": lambda m, x: m.b(m.norm(m.a(x)).relu()),
    "batch norm in front": lambda m, x: m.b(m.norm(m.a(x).relu())).relu(),
    "batch norm and relu of one layer": lambda m, x: m.b((z := m.a(x)).relu() + m.norm(z)),
    "batch norm, then relu, of one layer": lambda m, x: m.b(m.norm(z := m.a(x)) + z.relu()),
    "functional batch norm": lambda m, x: m.b(functional_norm(m, m.a(x)).relu()),
}
NORMS = select.kind(select.Kind.NORMALIZATION)


def linear(rule: AbstractRule) -> Composite:
    return Composite([(select.kind(select.Kind.LINEAR), rule)])


COMPOSITES: dict[str, AbstractComposite] = {
    "epsilon": presets.Epsilon(),
    "epsilon 0.1": presets.Epsilon(0.1),
    "epsilon 0.1 without bias": presets.Epsilon(0.1, bias=False),
    "LRP-0 without bias": presets.Epsilon(0, bias=False),
    "gamma for convolutions": presets.EpsilonGamma(eps=0.1),
    "alpha-beta for convolutions": presets.EpsilonAlpha2Beta1(),
    "AttnLRP": presets.AttnLRP(),
    "AttnLRP 0.1": presets.AttnLRP(0.1),
    "gamma": linear(Gamma(0.25)),
    "gamma without epsilon": linear(Gamma(0.25, 0)),
    "z plus": linear(ZPlus()),
    "alpha-beta": linear(AlphaBeta(2, 1)),
    "unsigned": linear(Epsilon(Unsigned(0.1))),
    "by a function": linear(Epsilon(lambda z: z + torch.where(z >= 0, 0.1, -0.2))),
    "norms pass": Composite([(NORMS, Pass()), (select.kind(select.Kind.LINEAR), Epsilon())]),
}


OPTIONS: list[dict[str, Any]] = [{}, {"audit": True}, {"target": "all"}, {"layers": ["a"]}]
# every forward under every composite; the other options under a third of these, so that each meets all
CASES = [
    (name, composite, options)
    for (row, name), (column, composite), (turn, options) in product(
        enumerate(FORWARDS), enumerate(COMPOSITES), enumerate(OPTIONS)
    )
    if not options or (row + column + turn) % 3 == 0
]


@pytest.mark.filterwarnings("ignore:selectors should mean")
@pytest.mark.parametrize(("forward", "composite", "options"), CASES, ids=str)
@expected_warnings.LITTLE_ARRIVES
@expected_warnings.NO_CONVOLUTION
def test_the_short_ways_change_nothing(
    monkeypatch: pytest.MonkeyPatch, forward: str, composite: str, options: dict[str, Any]
) -> None:
    model = Layers(FORWARDS[forward])
    model = without_module(model) if forward == "functional batch norm" else model
    x = torch.randn(4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    options = {"target": 1} | options
    explanations = []
    for numbers in (10**9, 0):
        count_as_large(monkeypatch, numbers)
        explanations.append(lp.LRP(model, COMPOSITES[composite]).explain(x, **options))
    small, large = explanations
    torch.testing.assert_close(large.relevance, small.relevance, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(large.layers, small.layers, rtol=1e-12, atol=1e-12)
    if small.audit is not None:
        frames = [explanation.audit.to_frame() for explanation in explanations]
        numbers_in = [torch.tensor(frame.select_dtypes("number").to_numpy()) for frame in frames]
        torch.testing.assert_close(*numbers_in, rtol=1e-9, atol=1e-12)
        assert abs(large.audit.unaccounted) < 1e-9


LARGE = (affine.LARGE // 64, 64)


class Watched(nn.Module):
    """Two linear layers on a large input; remembers what the first has kept of it."""

    def __init__(self, norm: nn.Module | None = None) -> None:
        super().__init__()
        self.a, self.norm, self.b, self.kept = (
            nn.Linear(64, 64),
            norm or nn.Identity(),
            nn.Linear(64, 2),
            None,
        )

    def forward(self, x: Tensor) -> Tensor:
        z = self.a(x)
        self.kept = len(z.grad_fn.saved_tensors)
        return self.b(torch.tanh(self.norm(z)))


@pytest.mark.parametrize(
    ("composite", "options", "norm", "expected"),
    [
        (presets.Epsilon(), {}, None, 0),
        (presets.EpsilonGamma(), {}, None, 0),  # LRP-gamma is for convolutions
        (presets.AttnLRP(), {}, None, 0),
        (presets.Epsilon(), {"audit": True}, None, 1),
        (presets.Epsilon(), {"layers": ["a"]}, None, 1),
        (presets.Epsilon(), {}, nn.BatchNorm1d(64), 1),
        (presets.Epsilon(), {}, nn.BatchNorm1d(64, track_running_stats=False), 1),
        (linear(Gamma()), {}, None, 1),
        (linear(Epsilon(bias=False)), {}, None, 1),
        (Composite([(select.module("b"), Pass())]), {}, None, 1),
    ],
)
@expected_warnings.NO_CONVOLUTION
def test_the_input_of_a_linear_layer_is_kept_where_a_rule_may_ask_for_it(
    composite: AbstractComposite, options: dict[str, Any], norm: nn.Module | None, expected: int
) -> None:
    torch.manual_seed(0)
    model = Watched(norm)
    if isinstance(composite, Composite) and isinstance(composite.rules[0][1], Pass):
        model.b = nn.Linear(64, 64)
    lp.LRP(model, composite).explain(torch.randn(LARGE), 0, **options)
    assert model.kept == expected


def test_a_small_input_is_kept_in_any_case() -> None:
    model = Watched()
    lp.LRP(model, presets.Epsilon()).explain(torch.randn(4, 64), 0)
    assert model.kept == 1


@pytest.mark.parametrize("in_place", [False, True])
def test_a_relu_leaves_the_way_back_to_the_layer_in_front(*, in_place: bool) -> None:
    names = []

    class Rectified(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(64, 64), nn.Linear(64, 2)

        def forward(self, x: Tensor) -> Tensor:
            z = self.a(x)
            r = F.relu(z, inplace=in_place)
            names.append((type(r.grad_fn).__name__, r.data_ptr() == z.data_ptr()))
            return self.b(r)

    torch.manual_seed(0)
    model, x = Rectified(), torch.randn(LARGE)
    for options in ({}, {"layers": ["a"]}):
        lp.LRP(model, presets.Epsilon()).explain(x, 0, **options)
    assert names == [("_RectifiedBackward", in_place), ("ReluBackward0", in_place)]


@expected_warnings.LITTLE_ARRIVES
def test_relevance_is_zero_where_a_large_relu_lets_nothing_through() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 64, bias=False), nn.ReLU(), nn.Linear(64, 2))
    x = -torch.eye(64).repeat(LARGE[0] // 64, 1)
    model[0].weight.data.copy_(torch.eye(64))  # every output is -1 or 0
    relevance = lp.LRP(model, presets.Epsilon(1e-6)).explain(x, 0).relevance
    assert not relevance.any()
