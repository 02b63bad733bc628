"""The flat rule."""

from dataclasses import dataclass
from typing import final

import torch

from lrprism.rules.base import AbstractAffineRule
from lrprism.rules.terms import Constant, Part, Term
from lrprism.stabilizers import Stabilizer


@final
@dataclass(frozen=True, repr=False)
class Flat(AbstractAffineRule):
    r"""Flat: share relevance equally among the inputs that feed an output.

    .. math:: R_i = \sum_{j: i \to j} \frac{R_j}{\mathrm{st}(\#\{k: k \to j\})}

    Padding counts as no input. An input of zero can receive relevance, so the rule serves the first affine op
    behind an input only.

    Shapes: ``R_i``: ``[N, *in]``; ``R_j``: ``[N, *out]``.
    Conserves: the sum of relevance, less what the stabiliser absorbs.
    Use: the first layer, where only the place matters and not the value.
    Reference: Lapuschkin et al. 2019, Unmasking Clever Hans predictors and assessing what machines really
    learn, Nature Communications 10.

    Args:
        eps: Added to the number of inputs, or a stabiliser.

    Raises:
        RuleError: If ``eps`` is negative or not finite.

    Example:
        >>> Flat()
        Flat(eps=1e-06)
    """

    eps: Stabilizer = 1e-6

    def terms(self) -> tuple[Term, ...]:
        """Return one term: ones in the place of the input and of every weight."""
        # the op itself counts the inputs of each output: its sum over ones leaves out what padding adds
        return (Term((Part(torch.ones_like, Constant(1.0), bias=False),)),)
