"""LRP-ε and LRP-0."""

from dataclasses import dataclass
from typing import final

from lrprism.rules.base import AbstractAffineRule
from lrprism.rules.terms import Contributions
from lrprism.stabilizers import Stabilizer


@final
@dataclass(frozen=True, repr=False)
class Epsilon(AbstractAffineRule):
    r"""LRP-ε: share relevance by signed contribution, damping small denominators.

    .. math:: R_i = a_i \sum_j w_{ij} \frac{R_j}{z_j + \varepsilon\,\mathrm{sgn}(z_j)},
              \quad z_j = \sum_i a_i w_{ij} + b_j, \quad \mathrm{sgn}(0) = 1

    Shapes: ``a``, ``R_i``: ``[N, *in]``; ``z``, ``R_j``: ``[N, *out]``.
    Conserves: the sum of relevance, less what the bias and ε absorb.
    Use: upper and middle layers. See also :class:`Gamma`.
    Reference: Bach et al. 2015, On pixel-wise explanations for non-linear classifier decisions by layer-wise
    relevance propagation, PLoS ONE 10(7).

    Args:
        eps: Added to the magnitude of ``z``; ``0`` is LRP-0. A stabiliser of :mod:`lrprism.stabilizers`, or
            any callable from denominator to safe denominator, may stand here too.
        bias: Whether the bias is part of ``z`` and keeps its share. Without it all relevance is shared among
            the inputs.

    Raises:
        RuleError: If ``eps`` is negative or not finite.

    Example:
        >>> Epsilon(eps=1e-6)
        Epsilon(eps=1e-06)
    """

    eps: Stabilizer = 1e-6
    bias: bool = True

    def terms(self) -> tuple[Contributions, ...]:
        """Return one term: all contributions as they are."""
        return (Contributions(bias=self.bias),)
