"""The short ways of rules that weigh contributions by their sign, against the rules as they are written."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

import expected_warnings
import lrprism as lp
from lrprism import select
from lrprism.ops.affine.by_contributions import ContributionStep
from lrprism.ops.affine.by_terms import TermStep
from lrprism.ops.affine.map import AbstractAffine
from lrprism.ops.call import Call
from lrprism.ops.convolution import Convolution, Geometry
from lrprism.ops.kinds import Kind
from lrprism.ops.linear import Linear
from lrprism.ops.tape import Sinks, Tape
from lrprism.rules import (
    AbstractAffineRule,
    AlphaBeta,
    Contributions,
    Epsilon,
    Flat,
    Gamma,
    Sign,
    WSquare,
    ZPlus,
)
from lrprism.stabilizers import Clip, NormScaled, Unsigned


@dataclass(frozen=True)
class Doubled(AbstractAffineRule):
    """Weights other than one on both sides of both terms."""

    eps: float = 1e-6

    def terms(self) -> tuple[Contributions, ...]:
        return Contributions(4, 2, Sign.POSITIVE), Contributions(2, 6, Sign.NEGATIVE)


RULES = [
    Epsilon(0.1), Epsilon(0), Epsilon(0.1, bias=False), Epsilon(Unsigned(1e-9)), Gamma(0.25), Gamma(0.25, 0),
    Gamma(1000.0), Gamma(0.5, Unsigned(1e-9)), Gamma(0.5, bias=False), Gamma(0.25, Clip(0.5)), ZPlus(),
    ZPlus(0), ZPlus(bias=False), AlphaBeta(2, 1), AlphaBeta(1.5, 0.5, 0), AlphaBeta(2, 1, Unsigned(1e-9)),
    Doubled(),
]  # fmt: skip


def layers() -> dict[str, tuple[AbstractAffine, tuple[int, ...]]]:
    torch.manual_seed(0)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(shape, dtype=torch.float64)

    plain = Geometry((2, 2), (1, 1), (1, 1), False, (0, 0), 1)
    grouped = Geometry((1,), (0,), (1,), False, (0,), 2)
    back = Geometry((2,), (1,), (1,), True, (1,), 1)
    return {
        "linear": (Linear(drawn(5, 7), drawn(5)), (4, 7)),
        "conv2d": (Convolution(drawn(5, 3, 3, 3), drawn(5), plain), (4, 3, 6, 6)),
        "grouped": (Convolution(drawn(6, 2, 3), None, grouped), (4, 4, 7)),
        "transposed": (Convolution(drawn(4, 3, 3), drawn(3), back), (4, 4, 5)),
    }


@pytest.mark.parametrize("rule", RULES, ids=repr)
@pytest.mark.parametrize("layer", layers())
@pytest.mark.parametrize("nonnegative", [False, True])
@pytest.mark.parametrize("rectified", [False, True])
@pytest.mark.parametrize("keeps", [False, True])
def test_the_short_way_is_the_rule_as_it_is_written(
    rule: AbstractAffineRule, layer: str, *, nonnegative: bool, rectified: bool, keeps: bool
) -> None:
    assert rule.weighs_contributions
    affine, shape = layers()[layer]
    a = torch.randn(shape, dtype=torch.float64)
    a = a.clamp(min=0) if nonnegative else a
    z = affine.forward(a, affine.weight, affine.bias)
    g = torch.randn_like(z) * ((z > 0) if rectified else 1)
    given = z.clamp(min=0) if rectified else z
    results, sinks = [], []
    for step, output in ((ContributionStep, given), (TermStep, z)):
        kept = Sinks()
        tape = Tape(Call(0, Kind.LINEAR, "op", "", nn.Linear), kept)
        tape.load(rule, rectified=rectified, nonnegative=nonnegative, at_input=False)
        tape.ratios = {} if keeps else None
        results.append(step(affine, tape, rule, a, output).propagate(g))
        sinks.append((float(kept.bias), float(kept.stabilizer)))
        if keeps:
            again = step(affine, tape, rule, a, output).propagate(2 * g)
            torch.testing.assert_close(again, 2 * results[-1], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(a * results[0], a * results[1], rtol=1e-9, atol=1e-10)
    assert sinks[0] == pytest.approx(sinks[1], rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("rule", [Epsilon(NormScaled(0.1)), Gamma(0.25, NormScaled(0.1)), Flat(), WSquare()])
def test_other_rules_take_the_long_way(rule: AbstractAffineRule) -> None:
    assert not rule.weighs_contributions


class Counting(TorchDispatchMode):
    """Counts how often convolutions run forward and back."""

    def __init__(self) -> None:
        super().__init__()
        self.forward = self.back = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        self.forward += func is torch.ops.aten.convolution.default
        self.back += func is torch.ops.aten.convolution_backward.default
        return func(*args, **(kwargs or {}))


def counted(model: nn.Module, x: Tensor, rule: AbstractAffineRule) -> tuple[int, int]:
    """How often the convolution of a model runs forward and back for one explanation."""
    rules = [(select.kind(select.Kind.CONVOLUTION), rule), (select.kind(select.Kind.LINEAR), Epsilon())]
    with Counting() as counting:
        lp.LRP(model, rules).explain(x)
    return counting.forward, counting.back


class Block(nn.Module):
    """A convolution with or without a ReLU behind it, over an input of known sign."""

    def __init__(self, *, rectified: bool) -> None:
        super().__init__()
        self.conv, self.head, self.rectified = nn.Conv2d(3, 8, 3), nn.Linear(8, 2), rectified

    def forward(self, x: Tensor) -> Tensor:
        z = self.conv(x)
        return self.head((F.relu(z) if self.rectified else z).mean((2, 3)))


PASSES = {
    # rule: passes forward and back, of one convolution, for inputs and outputs of known sign and of any sign
    "epsilon": (Epsilon(), [(1, 1)] * 4),
    "z+": (ZPlus(), [(2, 1), (2, 1), (3, 1), (3, 1)]),
    "gamma": (Gamma(0.25), [(2, 1), (2, 2), (2, 1), (2, 2)]),
    "alpha-beta": (AlphaBeta(2, 1), [(3, 2), (3, 2), (5, 2), (5, 2)]),
}


@pytest.mark.parametrize("name", PASSES)
@expected_warnings.LITTLE_ARRIVES
def test_no_more_passes_through_an_op_than_it_takes(name: str) -> None:
    torch.manual_seed(0)
    rule, expected = PASSES[name]
    x = torch.randn(2, 3, 6, 6)
    found = [counted(Block(rectified=r), v, rule) for v in (x.abs(), x) for r in (True, False)]
    assert found == expected
