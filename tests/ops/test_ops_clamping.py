"""The many spellings of ReLU and its kin give one map each, also as a factor of a product."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from expected_warnings import LITTLE_ARRIVES, NO_CONVOLUTION
from lrprism import presets, select
from lrprism.ops import Kind
from lrprism.rules import Gamma
from small_models import Model, close, explained, numbers

pytestmark = [NO_CONVOLUTION, LITTLE_ARRIVES]


def assign(h: Tensor) -> Tensor:
    h = h.clone()
    h[h < 0] = 0.0
    return h


SPELLINGS: dict[str, dict[str, Callable[[Tensor], Tensor]]] = {
    "relu": {
        "clamp(min=0)": lambda h: h.clamp(min=0),
        "clamp(0)": lambda h: torch.clamp(h, 0),
        "clip": lambda h: h.clip(0),
        "clamp_": lambda h: (2 * h).clamp_(min=0) / 2,
        "clamp_min": lambda h: h.clamp_min(0),
        "maximum": lambda h: torch.maximum(h, torch.zeros_like(h)),
        "max of two": lambda h: torch.max(h, torch.zeros(1, dtype=h.dtype)),
        "fmax": lambda h: torch.fmax(h, torch.zeros_like(h)),
        "threshold": lambda h: F.threshold(h, 0, 0),
        "where": lambda h: torch.where(h > 0, h, 0.0),
        "where, turned over": lambda h: torch.where(h <= 0, torch.zeros_like(h), h),
        "Tensor.where": lambda h: h.where(h > 0, torch.zeros((), dtype=h.dtype)),
        "times a mask": lambda h: h * (h > 0),
        "times a float mask": lambda h: (h > 0).to(h.dtype) * h,
        "masked_fill": lambda h: h.masked_fill(h < 0, 0.0),
        "masked_fill_": lambda h: h.clone().masked_fill_(h < 0, 0.0),
        "assigned": assign,
    },
    "relu6": {
        "clamp": lambda h: h.clamp(0, 6),
        "hardtanh": lambda h: F.hardtanh(h, 0, 6),
        "minimum": lambda h: torch.minimum(h.relu(), torch.tensor(6.0, dtype=h.dtype)),
        "min of two": lambda h: torch.min(h.clamp(min=0), torch.full_like(h, 6)),
        "min of two by name": lambda h: torch.min(h.clamp(min=0), other=torch.full_like(h, 6)),
        "clamp_max": lambda h: h.relu().clamp_max(6),
        "clamp(max=)": lambda h: h.clamp_min(0).clamp(max=6),
    },
    "elu": {
        "where, exp": lambda h: torch.where(h > 0, h, h.exp() - 1),
        "where, expm1": lambda h: torch.where(h < 0, torch.expm1(h), h),
    },
    "leaky_relu": {
        "where": lambda h: torch.where(h > 0, h, 0.01 * h),
        "maximum": lambda h: torch.maximum(h, 0.01 * h),
    },
}
PAIRS = [(name, way) for name, ways in SPELLINGS.items() for way in ways]
COMPOSITES = [
    presets.EpsilonGamma(),
    presets.AttnLRP(),
    lp.Composite([(select.kind(Kind.LINEAR), Gamma(0.5))]),
]


class Gated(nn.Module):
    """A layer times an activation of another one."""

    def __init__(self, function: Callable[[Tensor], Tensor], *, is_gated: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.g, self.b = nn.Linear(5, 6), nn.Linear(5, 6), nn.Linear(6, 3)
        self.function, self.is_gated = function, is_gated

    def forward(self, x: Tensor) -> Tensor:
        h = self.function(self.a(x))
        return self.b(h * self.g(x) if self.is_gated else h)


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("composite", COMPOSITES, ids=["EpsilonGamma", "AttnLRP", "Gamma"])
@pytest.mark.parametrize(("name", "way"), PAIRS)
def test_one_function_has_one_map(name: str, way: str, composite: Any, *, audit: bool) -> None:
    (x,) = numbers((4, 5))
    x = 4 * x
    is_gated = name != "leaky_relu"  # of which a product takes no notice
    function = getattr(F, name)
    expected = lp.LRP(Gated(function, is_gated=is_gated).double(), composite, strict=True).explain(x, 0)
    model = Gated(SPELLINGS[name][way], is_gated=is_gated).double()
    explanation = lp.LRP(model, composite, strict=True).explain(x, 0, audit=audit)
    close(explanation.output, expected.output)
    torch.testing.assert_close(explanation.relevance, expected.relevance, rtol=1e-9, atol=1e-10)
    assert explanation.audit is None or explanation.audit.unaccounted == pytest.approx(0, abs=1e-10)


def test_a_mask_of_something_else_is_a_move() -> None:
    a, b = numbers((3, 4), (3, 4))
    of_a, of_b = explained(Model(lambda a, b: torch.where(b > 0, a, 0.0) * b), a, b)
    half = torch.where(b > 0, a, 0.0) * b / 2
    close(of_a, half)
    close(of_b, half)


def test_a_lower_bound_other_than_zero_hands_on_what_exceeds_it() -> None:
    # max(a, 1): where the bound holds, the constant keeps everything
    (a,) = numbers((3, 4))
    for bound in (
        lambda a: a.clamp(min=1),
        lambda a: a.clamp_min(1),
        lambda a: torch.maximum(a, a.new_ones(())),
    ):
        close(explained(Model(bound), a)[0], torch.where(a > 1, a, 0.0))


def test_the_smaller_of_two_live_tensors_is_a_choice() -> None:
    a, b = numbers((3, 4), (3, 4))
    of_a, of_b = explained(Model(torch.minimum), a, b)
    close(of_a, torch.where(a < b, a, 0.0))
    close(of_b, torch.where(a < b, 0.0, b))
