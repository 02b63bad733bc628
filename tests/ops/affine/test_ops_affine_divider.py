"""Quotients by denominators of one sign, worked out by hand."""

import pytest
import torch

from lrprism.ops.affine.divider import Divider
from lrprism.stabilizers import as_stabilizer

Z = torch.tensor([3.0, -1.0], dtype=torch.float64)
G = torch.tensor([2.0, 2.0], dtype=torch.float64)


@pytest.mark.parametrize(("sign", "added"), [(1, 0.5), (-1, -0.5)])
def test_a_step_moves_the_denominator_away_from_zero(sign: int, added: float) -> None:
    z_rho = sign * torch.tensor([1.0, 1.5], dtype=torch.float64)
    s, counted = Divider(as_stabilizer(0.5), counts=True).divide(Z, z_rho, sign, G)
    # g z / (z_rho + 0.5): 2 * 3 / 1.5 and 2 * (-1) / 2
    torch.testing.assert_close(s, sign * torch.tensor([4.0, -1.0], dtype=torch.float64))
    assert counted == added


def test_nothing_is_counted_without_an_account() -> None:
    z_rho = torch.tensor([1.0, 1.5], dtype=torch.float64)
    divider = Divider(as_stabilizer(0.5), counts=False)
    assert divider.divide(Z, z_rho.clone(), 1, G)[1] is None
    assert divider.compute_added(z_rho) is None


def test_a_quotient_by_zero_is_zero() -> None:
    z_rho = torch.tensor([0.0, 2.0], dtype=torch.float64)
    s, counted = Divider(as_stabilizer(0), counts=True).divide(Z, z_rho, 1, G)
    # without a step 3 / 0 has no value: its relevance is lost to the rule; 2 * (-1) / 2 stays
    torch.testing.assert_close(s, torch.tensor([0.0, -1.0], dtype=torch.float64))
    assert counted is None


def test_what_is_added_depends_on_the_sign_of_each_number() -> None:
    added = Divider(as_stabilizer(0.5), counts=True).compute_added(Z)
    torch.testing.assert_close(added, torch.tensor([0.5, -0.5], dtype=torch.float64))
    assert Divider(as_stabilizer(0.5), counts=True).compute_added(Z, is_positive=True) == 0.5
