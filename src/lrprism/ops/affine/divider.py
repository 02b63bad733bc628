"""Division by the denominators of rules, in place, with what the stabiliser added."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lrprism.ops.tape import Quotient
from lrprism.stabilizers import AbstractStabilizer


class Divider(NamedTuple):
    """Divides by stabilised denominators of one sign.

    Args:
        stabilizer: Keeps them away from zero.
        counts: Whether an account is kept of what it adds.
    """

    stabilizer: AbstractStabilizer
    counts: bool

    def divide(self, z: Tensor, z_rho: Tensor, sign: int, g: Tensor, *, is_safe: bool = False) -> Quotient:
        """Return ``g z / st(z_rho)`` for a ``z_rho`` of this sign, which may be overwritten.

        Args:
            z: The numerator.
            z_rho: The denominator.
            sign: Its sign where it is not zero.
            g: The modified gradient.
            is_safe: Whether ``z`` is zero wherever ``z_rho`` is next to it.
        """
        stabilizer = self.stabilizer
        # a denominator that may become zero has to be divided by with care
        if stabilizer.may_vanish and not (is_safe and (sign > 0 or stabilizer.is_symmetric)):
            return stabilizer.quotient(z, z_rho).mul_(g), self.compute_added(z_rho)
        stabilized, added = self.stabilize(z_rho, sign)
        return torch.div(z, stabilized, out=stabilized).mul_(g), added

    def stabilize(self, z_rho: Tensor, sign: int) -> Quotient:
        """Stabilise a denominator of one sign in place; return it and what was added, if that counts."""
        stabilizer = self.stabilizer
        if not self._counts_added:
            return stabilizer.definite_(z_rho, sign), None
        if stabilizer.adds is not None:  # the same everywhere
            added = stabilizer.adds * (sign if stabilizer.is_symmetric else 1)
            return stabilizer.definite_(z_rho, sign), added
        before = z_rho.clone()
        return stabilizer.definite_(z_rho, sign), z_rho - before

    def compute_added(self, z_rho: Tensor, *, is_positive: bool = False) -> Tensor | float | None:
        """Return what the stabiliser adds to a denominator; None if that does not count.

        Args:
            z_rho: The denominator.
            is_positive: Whether it counts only where it is positive.
        """
        if not self._counts_added:
            return None
        if is_positive and self.stabilizer.adds is not None:
            return self.stabilizer.adds
        return self.stabilizer(z_rho) - z_rho

    @property
    def _counts_added(self) -> bool:
        return self.counts and not self.stabilizer.changes_nothing
