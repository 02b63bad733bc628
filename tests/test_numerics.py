import pytest
import torch

from lrprism import RuleError
from lrprism.numerics import Signed, Unsigned, as_stabilizer


def test_signed_pushes_away_from_zero_and_counts_zero_as_positive() -> None:
    z = torch.tensor([-2.0, -0.5, 0.0, 0.5])
    assert torch.equal(Signed(0.25)(z), torch.tensor([-2.25, -0.75, 0.25, 0.75]))


def test_signed_counts_negative_zero_as_positive() -> None:
    assert Signed(0.25)(torch.tensor([-0.0])).item() == 0.25


def test_unsigned_adds() -> None:
    assert torch.equal(Unsigned(0.25)(torch.tensor([-2.0, 0.0])), torch.tensor([-1.75, 0.25]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_step_that_the_type_cannot_hold_still_keeps_zero_away(dtype: torch.dtype) -> None:
    zero = torch.zeros(1, dtype=dtype)
    assert (zero / Signed(1e-60)(zero)).item() == 0


@pytest.mark.parametrize("eps", [-1e-6, float("inf"), float("nan")])
def test_impossible_steps_are_refused(eps: float) -> None:
    with pytest.raises(RuleError, match=r"eps should be a finite number >= 0\. Found"):
        as_stabilizer(eps)
