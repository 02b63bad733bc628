"""Equal shares for the factors of a product."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from lrprism.rules.products import AbstractProductRule, Gating, share_among_signals


@final
@dataclass(frozen=True)
class Uniform(AbstractProductRule):
    r"""Uniform: each factor of a product gets an equal share.

    .. math:: o = a \cdot b: \quad R_a = R_b = \tfrac{1}{2} R_o; \qquad
              O = A B: \quad R_A = A \odot \Bigl(\frac{R_O}{2 O} B^\top\Bigr), \;
              R_B = B \odot \Bigl(A^\top \frac{R_O}{2 O}\Bigr)

    A factor that is an elementwise function of the other makes the product an activation, which passes
    relevance unchanged: ``x * sigmoid(x)`` is SiLU.

    Conserves: the sum of relevance.
    Use: attention and gates in AttnLRP.
    Reference: Achtibat et al. 2024, AttnLRP: attention-aware layer-wise relevance propagation for
    transformers, ICML.

    Example:
        >>> Uniform().shares([Gating.NONE, Gating.GATE])
        (0.5, 0.5)
    """

    def shares(self, gatings: Sequence[Gating]) -> tuple[float, ...]:
        """Return equal shares; none for a factor that is a function of the other."""
        # x * sigmoid(x) is one activation of x: the factor sigmoid(x) is no second input
        if Gating.SELF in gatings:
            return share_among_signals(gatings)
        return (1 / len(gatings),) * len(gatings)
