"""Backward steps term by term, worked out by hand on one linear layer with two inputs."""

import pytest
import torch
from torch import Tensor, nn

from lrprism.errors import RuleError
from lrprism.ops.affine.by_terms import TermStep, check_signs
from lrprism.ops.call import Call
from lrprism.ops.kinds import Kind
from lrprism.ops.linear import Linear
from lrprism.ops.tape import Sinks, Tape
from lrprism.rules import AbstractAffineRule, Epsilon, Flat, Gamma, WSquare, ZBox

A = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
LAYER = Linear(torch.tensor([[3.0, -1.0]], dtype=torch.float64), torch.tensor([1.0], dtype=torch.float64))
Z = torch.tensor([[2.0]], dtype=torch.float64)  # 1·3 + 2·(-1) + 1
CALL = Call(0, Kind.LINEAR, "linear", "head", nn.Linear)


def start_step(rule: AbstractAffineRule, sinks: Sinks | None = None) -> TermStep:
    tape = Tape(CALL, sinks)
    tape.load(rule, rectified=False, nonnegative=False, at_input=True)
    return TermStep(LAYER, tape, rule, A, Z)


def share_relevance(rule: AbstractAffineRule) -> list[float]:
    """Return the relevance of both inputs where the output has the relevance 2."""
    step = start_step(rule)
    gradient = step.propagate(torch.ones_like(Z))
    beside = step.tape.beside
    return (A * gradient if beside is None else beside).flatten().tolist()


def test_lrp_0_is_gradient_times_input() -> None:
    assert share_relevance(Epsilon(0)) == pytest.approx([3, -2])


def test_epsilon_damps() -> None:
    # st(2) = 2.5: all shares are 4/5 of what they were
    assert share_relevance(Epsilon(0.5)) == pytest.approx([2.4, -1.6])


def test_gamma_weighs_the_contributions_of_the_outputs_sign() -> None:
    # z_rho = 2·3 + 2·1 + (-2) = 6; 6/6 and -2/6 of the relevance 2
    assert share_relevance(Gamma(1, 0)) == pytest.approx([2, -2 / 3])


def test_w_square_ignores_the_input() -> None:
    # 9, 1 and the bias's 1, of 11
    assert share_relevance(WSquare(0)) == pytest.approx([2 * 9 / 11, 2 * 1 / 11])


def test_flat_shares_equally() -> None:
    assert share_relevance(Flat(0)) == pytest.approx([1, 1])


def test_z_box_measures_from_the_bounds() -> None:
    # (1 - 0)·3 and (2 - 4)·(-1), of 5
    assert share_relevance(ZBox(0, 4, 0)) == pytest.approx([2 * 3 / 5, 2 * 2 / 5])


def test_sinks_hold_what_the_inputs_do_not_get() -> None:
    sinks = Sinks()
    gradient = start_step(Epsilon(0.5), sinks).propagate(torch.ones_like(Z))
    # of the relevance 2: 0.8 each unit of contribution, to the bias 0.8, to the step 0.5 · 0.8
    assert float(sinks.bias) == pytest.approx(0.8)
    assert float(sinks.stabilizer) == pytest.approx(0.4)
    assert float((A * gradient).sum() + sinks.bias + sinks.stabilizer) == pytest.approx(2)


def test_a_second_target_finds_the_ratio_of_the_first() -> None:
    step = start_step(Epsilon(0.5))
    step.tape.ratios = {}
    first = step.propagate(torch.ones_like(Z))
    assert len(step.tape.ratios) == 1
    torch.testing.assert_close(step.propagate(torch.full_like(Z, 3)), 3 * first)


def test_bounds_that_do_not_fit_are_refused() -> None:
    with pytest.raises(RuleError, match=r"broadcast to the input \(1, 2\)\. Found shape \(3,\)"):
        share_relevance(ZBox(torch.zeros(3), torch.ones(3)))


@pytest.mark.parametrize(
    ("a", "weight", "what"),
    [
        (torch.ones(1, 2), torch.ones(1, 2, dtype=torch.complex64), "weights of complex64"),
        (torch.ones(1, 2, dtype=torch.complex64), torch.ones(1, 2), "an input of complex64"),
        (torch.ones(1, 2), torch.eye(2).to_sparse(), "weights of sparse float32"),
    ],
)
def test_numbers_without_a_sign_are_refused(a: Tensor, weight: Tensor, what: str) -> None:
    with pytest.raises(
        RuleError, match=rf"Found {what} in linear in module 'head'\. Give this layer Epsilon"
    ):
        check_signs(Gamma(0.25), a, weight, CALL)
    check_signs(Gamma(0.25), torch.ones(1, 2), torch.ones(1, 2), CALL)
