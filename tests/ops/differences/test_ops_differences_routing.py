"""Moves, changes of type and roundings of a difference."""

import pytest
import torch
from torch import Tensor, nn

from differences import doubles, drawn, explain_with_gap, relevance_of
from small_models import Model, close


def test_a_move_carries_the_plain_gradient() -> None:
    x, r = drawn(3, 6), drawn(1, 6, seed=9)
    k = drawn(12, seed=3)
    relevance = relevance_of(lambda a: torch.cat([a.flip(1), a.roll(1, 1)], 1) * k, x, r)
    close(relevance, (x - r) * (k[:6].flip(0) + k[6:].roll(-1)))


def test_a_sum_and_a_mean_are_linear() -> None:
    x, r = drawn(3, 6), drawn(1, 6, seed=9)
    close(relevance_of(lambda a: a.mean(1) + 2 * a.sum(1) - 7, x, r), (x - r) * (2 + 1 / 6))


def test_places_that_differ_between_the_runs_are_named() -> None:
    x, r = doubles([[1.0, 2.0]]), doubles([[4.0, 3.0]])
    _, lost, messages = explain_with_gap(lambda a: a.gather(1, a.argsort(1)) * doubles([1.0, 10.0]), x, r)
    # the outputs go from 3 + 40 to 1 + 20; along x's places it would be (1 - 4) + 10 (2 - 3) = -13
    assert lost == {"gather": pytest.approx(-22 + 13)}
    assert "no rule is known for gather in (model)" in messages[0]


@pytest.mark.parametrize("name", ["gt", "ge", "lt", "le"])
def test_a_step_changes_with_what_was_compared(name: str) -> None:
    x, r = drawn(3, 6), drawn(1, 6, seed=9)

    def step(a: Tensor) -> Tensor:
        return getattr(torch, name)(a, 0.25).double() * drawn(6, seed=3)

    close(relevance_of(step, x, r), step(x) - step(r))


def test_a_change_of_type_moves_a_difference() -> None:
    x, r = drawn(3, 6).float(), drawn(1, 6, seed=9).float()
    torch.testing.assert_close(relevance_of(lambda a: a.double() * 3, x, r), (x - r) * 3)


class Rounded(nn.Module):
    """A network as quantisation in training leaves it: rounded to steps of the numbers seen so far."""

    def __init__(self) -> None:
        super().__init__()
        self.rounding = torch.ao.quantization.FakeQuantize(dtype=torch.quint8, quant_min=0, quant_max=255)
        self.rounding.eval()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.rounding(x)
        return y


def test_rounding_to_steps_follows_what_is_rounded() -> None:
    x, r = drawn(3, 6).float(), drawn(3, 6, seed=9).float()
    model = Rounded()
    model(torch.cat([x, r]))
    model.rounding.disable_observer()
    expected = (model(x) - model(r)).detach()
    torch.testing.assert_close(relevance_of(Model(model, model), x, r), expected, rtol=1e-5, atol=1e-6)
