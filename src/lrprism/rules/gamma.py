"""LRP-γ in its generalised form."""

from dataclasses import dataclass
from typing import final

from lrprism.errors import RuleError
from lrprism.rules.base import AbstractAffineRule
from lrprism.rules.terms import Contributions, Sign
from lrprism.stabilizers import Stabilizer


@final
@dataclass(frozen=True, repr=False)
class Gamma(AbstractAffineRule):
    r"""LRP-γ: favour what speaks for the sign of the pre-activation.

    With :math:`w^P = w + \gamma w^+`, :math:`w^N = w + \gamma w^-` (the bias likewise),
    :math:`a^+ = \max(a, 0)`, :math:`a^- = \min(a, 0)`:

    .. math::
        z^P_j = \sum_i (a^+_i w^P_{ij} + a^-_i w^N_{ij}) + b^P_j, \quad
        z^N_j = \sum_i (a^+_i w^N_{ij} + a^-_i w^P_{ij}) + b^N_j

        R_i = \sum_{j: z_j > 0} (a^+_i w^P_{ij} + a^-_i w^N_{ij}) \frac{R_j}{\mathrm{st}(z^P_j)}
            + \sum_{j: z_j < 0} (a^+_i w^N_{ij} + a^-_i w^P_{ij}) \frac{R_j}{\mathrm{st}(z^N_j)}

    For ``a >= 0`` and ``z > 0`` this is :math:`R_i = a_i \sum_j \frac{w_{ij} + \gamma w^+_{ij}}{z^P_j} R_j`.
    :math:`\gamma = 0` is LRP-ε; large :math:`\gamma` tends to z⁺ where ``z > 0``.

    Shapes: ``a``, ``R_i``: ``[N, *in]``; ``z``, ``R_j``: ``[N, *out]``.
    Conserves: the sum of relevance, less what the modified bias and the stabiliser absorb; relevance at
    ``z = 0`` is dropped.
    Use: lower and middle convolutions. See also :class:`Epsilon`.
    References: Montavon et al. 2019, Layer-wise relevance propagation: an overview; Andéol et al. 2021,
    Learning domain invariant representations by joint Wasserstein distance minimization (the generalised
    form).

    Args:
        gamma: Extra weight of the favoured sign. Must be >= 0.
        eps: Added to the magnitude of the denominators. A stabiliser of :mod:`lrprism.stabilizers`, or any
            callable from denominator to safe denominator, may stand here too.
        bias: Whether the bias is part of the denominators and keeps its share. Without it the sign of ``z``
            is that of ``z`` without the bias.

    Raises:
        RuleError: If ``gamma`` or ``eps`` is negative or not finite.

    Example:
        >>> Gamma(0.25)
        Gamma(gamma=0.25, eps=1e-06)
    """

    gamma: float = 0.25
    eps: Stabilizer = 1e-6
    bias: bool = True

    def __post_init__(self) -> None:
        """Check ``gamma`` and ``eps``.

        Raises:
            RuleError: If one of them is negative or not finite.
        """
        # NaN fails this comparison too
        if not 0 <= self.gamma < float("inf"):
            raise RuleError(f"gamma should be a finite number >= 0. Found {self.gamma!r}.")
        super().__post_init__()

    def terms(self) -> tuple[Contributions, ...]:
        """Return one term for positive ``z``, one for negative ``z``."""
        favoured = 1 + self.gamma
        # Andéol et al. 2021: for z < 0 the negative contributions are favoured, so any sign will do
        return (
            Contributions(favoured, 1, Sign.POSITIVE, bias=self.bias),
            Contributions(1, favoured, Sign.NEGATIVE, bias=self.bias),
        )
