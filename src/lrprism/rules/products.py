"""The language of rules for products: how much a factor looks like a gate, and what each factor gets."""

from abc import abstractmethod
from collections.abc import Sequence
from enum import Enum

from lrprism.rules.base import AbstractRule


class Gating(Enum):
    """The degrees to which a factor of a product looks like a gate, which scales a signal."""

    NONE = 0
    """Anything else: a signal."""

    ACTIVATION = 1
    """The output of an activation."""

    BOUNDED = 2
    """The output of an activation with an upper bound, such as ReLU6: often a gate written by hand."""

    GATE = 3
    """The output of a sigmoid or a softmax."""

    SELF = 4
    """An elementwise function of the other factor, as in ``x * sigmoid(x)``: the product is an activation."""


class AbstractProductRule(AbstractRule):
    """A rule that hands the relevance of a product to its factors."""

    @abstractmethod
    def shares(self, gatings: Sequence[Gating]) -> tuple[float, ...]:
        """Return the share of each factor; the shares add up to one.

        Args:
            gatings: How much each factor looks like a gate.
        """


def share_among_signals(gatings: Sequence[Gating]) -> tuple[float, ...]:
    """Return equal shares for the factors that look least like a gate, zero for the others."""
    # Arras et al. 2019: the gate carries nothing. Two factors that look alike are told apart by nothing.
    least = min(gating.value for gating in gatings)
    signals = [gating.value == least for gating in gatings]
    return tuple(is_signal / sum(signals) for is_signal in signals)
