"""LRP-z⁺."""

from dataclasses import dataclass
from typing import final

from lrprism.rules.base import AbstractAffineRule
from lrprism.rules.terms import Contributions
from lrprism.stabilizers import Stabilizer


@final
@dataclass(frozen=True, repr=False)
class ZPlus(AbstractAffineRule):
    r"""LRP-z⁺: share relevance by positive contributions only; :class:`AlphaBeta` with α = 1, β = 0.

    .. math:: R_i = \sum_j (a^+_i w^+_{ij} + a^-_i w^-_{ij}) \frac{R_j}{\mathrm{st}(z^+_j)},
              \quad z^+_j = \sum_i (a^+_i w^+_{ij} + a^-_i w^-_{ij}) + b^+_j

    Shapes: ``a``, ``R_i``: ``[N, *in]``; ``z``, ``R_j``: ``[N, *out]``.
    Conserves: the sum of relevance, less what the positive bias and the stabiliser absorb.
    Use: lower and middle convolutions.
    Reference: Montavon et al. 2017, Explaining nonlinear classification decisions with deep Taylor
    decomposition, Pattern Recognition 65.

    Args:
        eps: Added to the magnitude of the denominator, or a stabiliser.
        bias: Whether the positive bias is part of the denominator and keeps its share.

    Raises:
        RuleError: If ``eps`` is negative or not finite.

    Example:
        >>> ZPlus()
        ZPlus(eps=1e-06)
    """

    eps: Stabilizer = 1e-6
    bias: bool = True

    def terms(self) -> tuple[Contributions, ...]:
        """Return one term: positive contributions only."""
        return (Contributions(1, 0, bias=self.bias),)
