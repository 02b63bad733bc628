"""The z-box rule for inputs with known bounds."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from lrprism.errors import RuleError
from lrprism.rules.base import AbstractAffineRule
from lrprism.rules.terms import Constant, Part, Term, per_channel
from lrprism.stabilizers import Stabilizer


@final
@dataclass(frozen=True, eq=False, repr=False)
class ZBox(AbstractAffineRule):
    r"""z-box (:math:`z^B`): share relevance by how far each input stands from its bounds.

    .. math:: R_i = \sum_j (a_i w_{ij} - l_i w^+_{ij} - h_i w^-_{ij}) \frac{R_j}{\mathrm{st}(d_j)},
              \quad d_j = \sum_i (a_i w_{ij} - l_i w^+_{ij} - h_i w^-_{ij})

    The biases cancel. An input of zero can receive relevance, so the rule serves the first affine op behind
    an input only.

    Shapes: ``a``, ``R_i``: ``[N, *in]``; ``z``, ``R_j``: ``[N, *out]``; ``low``, ``high``: a number, one per
    channel, or a tensor that broadcasts to ``a``.
    Conserves: the sum of relevance, less what the stabiliser absorbs.
    Use: the first layer over pixels or bands with known bounds.
    Reference: Montavon et al. 2017, Pattern Recognition 65.

    Args:
        low: Lowest value ``l`` that an input can take.
        high: Highest value ``h`` that an input can take; nowhere below ``low``.
        eps: Added to the magnitude of the denominator, or a stabiliser.

    Raises:
        RuleError: If ``low`` exceeds ``high``, one of them is not finite, or ``eps`` is negative.

    Example:
        >>> ZBox(0.0, 1.0)
        ZBox(low=0.0, high=1.0, eps=1e-06)
    """

    low: float | Tensor
    high: float | Tensor
    eps: Stabilizer = 1e-6

    def __post_init__(self) -> None:
        """Check the bounds and ``eps``.

        Raises:
            RuleError: If they are impossible.
        """
        low, high = torch.as_tensor(self.low), torch.as_tensor(self.high)
        # one bound per channel beside one per pixel: read the shorter one in the shape of the other
        low, high = per_channel(low, high.shape), per_channel(high, low.shape)
        try:
            is_box = bool((low <= high).all())
        except RuntimeError as error:
            raise RuleError(
                "low and high should broadcast to one shape, that of the input. "
                f"Found {tuple(low.shape)} and {tuple(high.shape)}."
            ) from error
        if not (torch.isfinite(low).all() and torch.isfinite(high).all() and is_box):
            raise RuleError(
                "low and high should be finite with low <= high everywhere. "
                f"Found low={self.low!r}, high={self.high!r}."
            )
        super().__post_init__()

    def terms(self) -> tuple[Term, ...]:
        """Return one term of three parts: the input, the lower bound, the upper bound."""
        # a_i w is least at l for a positive weight and at h for a negative one: no difference is negative
        parts = (
            Part(bias=False),
            Part(lambda w: -w.clamp(min=0), Constant(self.low), bias=False),
            Part(lambda w: -w.clamp(max=0), Constant(self.high), bias=False),
        )
        return (Term(parts),)
