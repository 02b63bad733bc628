"""LRP-αβ."""

import math
from dataclasses import dataclass
from typing import final

from lrprism.errors import RuleError
from lrprism.rules.base import AbstractAffineRule
from lrprism.rules.terms import Contributions
from lrprism.stabilizers import Stabilizer


@final
@dataclass(frozen=True, repr=False)
class AlphaBeta(AbstractAffineRule):
    r"""LRP-αβ: positive contributions share α times the relevance, negative ones −β times.

    .. math::
        z^+_j = \sum_i (a^+_i w^+_{ij} + a^-_i w^-_{ij}) + b^+_j, \quad
        z^-_j = \sum_i (a^+_i w^-_{ij} + a^-_i w^+_{ij}) + b^-_j

        R_i = \alpha \sum_j (a^+_i w^+_{ij} + a^-_i w^-_{ij}) \frac{R_j}{\mathrm{st}(z^+_j)}
            - \beta \sum_j (a^+_i w^-_{ij} + a^-_i w^+_{ij}) \frac{R_j}{\mathrm{st}(z^-_j)}

    Shapes: ``a``, ``R_i``: ``[N, *in]``; ``z``, ``R_j``: ``[N, *out]``.
    Conserves: the sum of relevance, less what the two biases and the stabiliser absorb; where one of the
    denominators is zero its share stays there.
    Use: lower and middle convolutions. ``AlphaBeta(1, 0)`` is :class:`ZPlus`.
    Reference: Bach et al. 2015, PLoS ONE 10(7), equation 60.

    Args:
        alpha: Share of the positive contributions. Must be >= 0.
        beta: Share of the negative contributions. Must be >= 0, and ``alpha - beta`` must be 1.
        eps: Added to the magnitude of the denominators, or a stabiliser.
        bias: Whether the bias is part of the denominators and keeps its share.

    Raises:
        RuleError: If ``alpha`` or ``beta`` is negative, their difference is not 1, or ``eps`` is negative.

    Example:
        >>> AlphaBeta(1.4, 0.4)
        AlphaBeta(alpha=1.4, beta=0.4, eps=1e-06)
    """

    alpha: float = 2.0
    beta: float = 1.0
    eps: Stabilizer = 1e-6
    bias: bool = True

    def __post_init__(self) -> None:
        """Check ``alpha``, ``beta`` and ``eps``.

        Raises:
            RuleError: If one of them is impossible.
        """
        # alpha - beta = 1 conserves relevance; 1.4 - 0.4 misses it by a rounding
        if not (self.alpha >= 0 and self.beta >= 0 and math.isclose(self.alpha - self.beta, 1, abs_tol=1e-6)):
            raise RuleError(
                "alpha and beta should be >= 0 with alpha - beta = 1. "
                f"Found alpha={self.alpha!r}, beta={self.beta!r}. Try AlphaBeta(2, 1)."
            )
        super().__post_init__()

    def terms(self) -> tuple[Contributions, ...]:
        """Return a term for the positive contributions and one for the negative ones, without zero shares."""
        # equation 60 of Bach et al.; without its second half this is z⁺, and the engine needs one pass only
        up = Contributions(1, 0, factor=self.alpha, bias=self.bias)
        down = Contributions(0, 1, factor=-self.beta, bias=self.bias)
        return tuple(term for term in (up, down) if term.factor)
