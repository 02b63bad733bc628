"""The rule that changes nothing."""

from dataclasses import dataclass
from typing import final

from lrprism.rules.base import AbstractRule


@final
@dataclass(frozen=True)
class Pass(AbstractRule):
    """Pass: hand relevance on as it is, ``R_i = R_j``, entry by entry.

    Shapes: ``R_i`` and ``R_j`` have one shape.
    Conserves: the sum of relevance. On an op that is not the first behind an input, an activation of exactly
    zero can carry no relevance; what falls on it is lost to the rule, and counted there.
    Use: normalisation layers, and layers that the explanation should ignore.
    Reference: Montavon et al. 2019, Layer-wise relevance propagation: an overview.

    Example:
        >>> Pass()
        Pass()
    """
