"""Composites of the literature by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from lrprism.composites.composite import AbstractComposite, Entry
from lrprism.composites.selectors import first, kind, last
from lrprism.numerics import Unsigned
from lrprism.ops import Kind
from lrprism.rules import Epsilon as EpsilonRule
from lrprism.rules import Gamma


@final
@dataclass(frozen=True)
class Epsilon(AbstractComposite):
    """LRP-ε everywhere; ``eps=0`` is LRP-0, which is gradient times input on a ReLU network.

    Args:
        eps: The stabiliser of every denominator.
    """

    eps: float = 1e-6

    def entries(self) -> Sequence[Entry]:
        """Every op that takes a rule."""
        return [(kind(Kind.CONVOLUTION, Kind.LINEAR, Kind.AVERAGE_POOLING), EpsilonRule(self.eps))]


@final
@dataclass(frozen=True)
class EpsilonGamma(AbstractComposite):
    """LRP-γ for convolutions, LRP-ε for fully connected layers and average pooling.

    Args:
        gamma: Extra weight of what speaks for the sign of the pre-activation.
        eps: The stabiliser of every denominator.
    """

    gamma: float = 0.25
    eps: float = 1e-6

    def entries(self) -> Sequence[Entry]:
        """Convolutions, then the rest."""
        return [
            (kind(Kind.CONVOLUTION), Gamma(self.gamma, self.eps)),
            (kind(Kind.LINEAR, Kind.AVERAGE_POOLING), EpsilonRule(self.eps)),
        ]


@final
@dataclass(frozen=True)
class Hyper3DNetTutorial(AbstractComposite):
    """The rules of the 2020 tutorial: LRP-0 in the first and the last two layers, LRP-γ (γ = 0.25) between.

    Each denominator gets the tutorial's unsigned 1e-9, average pooling included.
    """

    def entries(self) -> Sequence[Entry]:
        """LRP-0 at both ends, LRP-γ for the convolutions between them."""
        damping = Unsigned(1e-9)
        return [
            (first() | last(2) | kind(Kind.AVERAGE_POOLING), EpsilonRule(damping)),
            (kind(Kind.CONVOLUTION), Gamma(0.25, damping)),
        ]
