"""The w² rule."""

from dataclasses import dataclass
from typing import final

import torch

from lrprism.rules.base import AbstractAffineRule
from lrprism.rules.terms import Constant, Part, Term
from lrprism.stabilizers import Stabilizer


@final
@dataclass(frozen=True, repr=False)
class WSquare(AbstractAffineRule):
    r"""w²: share relevance by squared weight, whatever the input.

    .. math:: R_i = \sum_j w_{ij}^2 \frac{R_j}{\mathrm{st}(\sum_k w_{kj}^2 + b_j^2)}

    An input of zero can receive relevance, so the rule serves the first affine op behind an input only.

    Shapes: ``R_i``: ``[N, *in]``; ``R_j``: ``[N, *out]``.
    Conserves: the sum of relevance, less what the squared bias and the stabiliser absorb.
    Use: the first layer over real-valued inputs without bounds.
    Reference: Montavon et al. 2017, Pattern Recognition 65; there without the bias, as ``bias=False``.

    Args:
        eps: Added to the denominator, or a stabiliser.
        bias: Whether the squared bias is part of the denominator and keeps its share.

    Raises:
        RuleError: If ``eps`` is negative or not finite.

    Example:
        >>> WSquare()
        WSquare(eps=1e-06)
    """

    eps: Stabilizer = 1e-6
    bias: bool = True

    def terms(self) -> tuple[Term, ...]:
        """Return one term: ones in the place of the input, squared weights."""
        # deep Taylor decomposition along the weights: the root point does not depend on the input
        return (Term((Part(torch.square, Constant(1.0), self.bias),)),)
