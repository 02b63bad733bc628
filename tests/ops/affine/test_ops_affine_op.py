"""The calls that an affine op makes of a torch function."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from lrprism import presets


def plan_of(forward: nn.Module, *shape: int) -> list[tuple[str, str]]:
    return [(row.op, row.kind) for row in lp.LRP(forward.eval(), strict=True).plan(torch.rand(shape))]


class Hyper(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, x)


class LiveBias(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, torch.eye(3), bias=x[0])


def test_a_live_weight_makes_it_a_product() -> None:
    (row,) = lp.LRP(Hyper(), strict=True).plan(torch.rand(3, 3))
    assert (row.kind, row.rule) == ("product", "SignalTakesAll()")


def test_a_live_bias_is_an_addend() -> None:
    names = [name for name, _ in plan_of(LiveBias(), 2, 3)]
    assert "linear" in names
    assert "add" in names
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    # y = x + x[0]: a first row counts once for itself and once for every row
    relevance = lp.LRP(LiveBias(), presets.Epsilon(0)).explain(x, torch.ones_like).relevance
    torch.testing.assert_close(relevance, torch.tensor([[3.0, 6.0, 9.0], [4.0, 5.0, 6.0]]))


def test_a_constant_input_is_no_call() -> None:
    class Constant(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * F.linear(torch.ones(1, 3), torch.eye(3))

    assert [name for name, _ in plan_of(Constant(), 2, 3)] == ["mul"]


@pytest.mark.parametrize("shape", [(2, 3), (2, 5, 3)])
def test_a_batch_norm_in_front_becomes_one_with_the_layer(shape: tuple[int, ...]) -> None:
    class Norm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.linear = nn.BatchNorm1d(3), nn.Linear(3, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.linear(self.norm(x.flatten(0, -2)))

    assert ("batch_norm + linear", "linear") in plan_of(Norm(), *shape)
