"""Composites of the literature by name.

In all of them products and attention follow :class:`~lrprism.rules.SignalTakesAll` unless said otherwise,
activations pass relevance unchanged, and batch norm is one op with the convolution or linear layer beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import final

from torch import Tensor

from lrprism.composites.composite import AbstractComposite, Entry
from lrprism.composites.selectors import at_input, first, kind, last
from lrprism.ops import Kind
from lrprism.rules import AbstractRule, AlphaBeta, Flat, Gamma, SignalTakesAll, Uniform, ZBox, ZPlus
from lrprism.rules import Epsilon as EpsilonRule
from lrprism.rules.base import format_setting
from lrprism.stabilizers import Unsigned

__all__ = [
    "CPLRP",
    "AttnLRP",
    "Epsilon",
    "EpsilonAlpha2Beta1",
    "EpsilonAlpha2Beta1Flat",
    "EpsilonGamma",
    "EpsilonGammaBox",
    "EpsilonPlus",
    "EpsilonPlusFlat",
    "Hyper3DNetTutorial",
]

_CONVOLUTION = kind(Kind.CONVOLUTION)
# average pooling is linear, and so is a norm whose statistics are constants: LRP-ε shares there as in a layer
_DENSE = kind(Kind.LINEAR, Kind.AVERAGE_POOLING, Kind.NORMALIZATION)
_PRODUCTS = kind(Kind.PRODUCT, Kind.ATTENTION)


def _layers(convolution: AbstractRule, eps: float, *, bias: bool) -> list[Entry]:
    """A rule for convolutions, and LRP-ε for linear layers, average pooling and normalisations."""
    return [(_CONVOLUTION, convolution), (_DENSE, EpsilonRule(eps, bias))]


@final
@dataclass(frozen=True)
class Epsilon(AbstractComposite):
    """LRP-ε everywhere; ``eps=0`` is LRP-0, which is gradient times input on a ReLU network.

    Args:
        eps: The stabiliser of every denominator.
        bias: Whether biases keep their share.
    """

    eps: float = 1e-6
    bias: bool = True

    def entries(self) -> Sequence[Entry]:
        """Every op that takes a rule."""
        return _layers(EpsilonRule(self.eps, self.bias), self.eps, bias=self.bias)


@final
@dataclass(frozen=True)
class EpsilonGamma(AbstractComposite):
    """LRP-γ for convolutions, LRP-ε for fully connected layers, average pooling and norms.

    Args:
        gamma: Extra weight of what speaks for the sign of the pre-activation.
        eps: The stabiliser of every denominator.
        bias: Whether biases keep their share.
    """

    gamma: float = 0.25
    eps: float = 1e-6
    bias: bool = True

    def entries(self) -> Sequence[Entry]:
        """Convolutions, then the rest."""
        return _layers(Gamma(self.gamma, self.eps, self.bias), self.eps, bias=self.bias)


@final
@dataclass(frozen=True, eq=False, repr=False)
class EpsilonGammaBox(AbstractComposite):
    """The z-box rule for a convolution at the input, LRP-γ for the others, LRP-ε for the rest.

    Args:
        low: Lowest value that an input can take: a number, one per channel, or a tensor that broadcasts.
        high: Highest value that an input can take.
        gamma: Extra weight of what speaks for the sign of the pre-activation.
        eps: The stabiliser of every denominator.
        bias: Whether biases keep their share.
    """

    low: float | Tensor
    high: float | Tensor
    gamma: float = 0.25
    eps: float = 1e-6
    bias: bool = True

    def __repr__(self) -> str:
        """The preset with its settings."""
        settings = (f"{each.name}={format_setting(getattr(self, each.name))}" for each in fields(self))
        return f"{type(self).__name__}({', '.join(settings)})"

    def entries(self) -> Sequence[Entry]:
        """The input, convolutions, then the rest."""
        # a linear layer at the input is left to LRP-ε, as in every preset without a rule for the input
        box: Entry = (at_input() & _CONVOLUTION, ZBox(self.low, self.high, self.eps))
        return [box, *_layers(Gamma(self.gamma, self.eps, self.bias), self.eps, bias=self.bias)]


@final
@dataclass(frozen=True)
class EpsilonPlus(AbstractComposite):
    """LRP-z⁺ for convolutions, LRP-ε for fully connected layers, average pooling and norms.

    Args:
        eps: The stabiliser of every denominator.
        bias: Whether biases keep their share.
    """

    eps: float = 1e-6
    bias: bool = True

    def entries(self) -> Sequence[Entry]:
        """Convolutions, then the rest."""
        return _layers(ZPlus(self.eps, self.bias), self.eps, bias=self.bias)


@final
@dataclass(frozen=True)
class EpsilonPlusFlat(AbstractComposite):
    """:class:`EpsilonPlus` with the flat rule for the convolution or linear layer at the input.

    Args:
        eps: The stabiliser of every denominator.
        bias: Whether biases keep their share.
    """

    eps: float = 1e-6
    bias: bool = True

    def entries(self) -> Sequence[Entry]:
        """The input, convolutions, then the rest."""
        return [(at_input(), Flat(self.eps)), *EpsilonPlus(self.eps, self.bias).entries()]


@final
@dataclass(frozen=True)
class EpsilonAlpha2Beta1(AbstractComposite):
    """LRP-αβ with α = 2, β = 1 for convolutions, LRP-ε for fully connected layers, average pooling and norms.

    Args:
        eps: The stabiliser of every denominator.
        bias: Whether biases keep their share.
    """

    eps: float = 1e-6
    bias: bool = True

    def entries(self) -> Sequence[Entry]:
        """Convolutions, then the rest."""
        return _layers(AlphaBeta(2, 1, self.eps, self.bias), self.eps, bias=self.bias)


@final
@dataclass(frozen=True)
class EpsilonAlpha2Beta1Flat(AbstractComposite):
    """:class:`EpsilonAlpha2Beta1` with the flat rule for the convolution or linear layer at the input.

    Args:
        eps: The stabiliser of every denominator.
        bias: Whether biases keep their share.
    """

    eps: float = 1e-6
    bias: bool = True

    def entries(self) -> Sequence[Entry]:
        """The input, convolutions, then the rest."""
        return [(at_input(), Flat(self.eps)), *EpsilonAlpha2Beta1(self.eps, self.bias).entries()]


@final
@dataclass(frozen=True)
class AttnLRP(AbstractComposite):
    """AttnLRP for transformers: LRP-ε for every layer, products shared equally, softmax by its gradient.

    Reference: Achtibat et al. 2024, AttnLRP: attention-aware layer-wise relevance propagation for
    transformers, ICML.

    Args:
        eps: The stabiliser of every denominator; 0 is the method's gradient form.
        bias: Whether biases keep their share.
    """

    eps: float = 0.0
    bias: bool = True

    def entries(self) -> Sequence[Entry]:
        """Products, then every layer."""
        # queries, keys and values share alike: the point of AttnLRP
        return [(_PRODUCTS, Uniform()), *Epsilon(self.eps, self.bias).entries()]


@final
@dataclass(frozen=True)
class CPLRP(AbstractComposite):
    """Conservative propagation for transformers: attention weights and gates are constants.

    Reference: Ali et al. 2022, XAI for transformers: better explanations through conservative propagation,
    ICML.

    Args:
        eps: The stabiliser of every denominator; 0 is the method's gradient form.
        bias: Whether biases keep their share.
    """

    eps: float = 0.0
    bias: bool = True

    def entries(self) -> Sequence[Entry]:
        """Products, then every layer."""
        # said although it is the default, so that a plan names it
        return [(_PRODUCTS, SignalTakesAll()), *Epsilon(self.eps, self.bias).entries()]


@final
@dataclass(frozen=True)
class Hyper3DNetTutorial(AbstractComposite):
    """The rules of the 2020 tutorial: LRP-0 in the first and the last two layers, LRP-γ (γ = 0.25) between.

    Each denominator gets the tutorial's unsigned 1e-9, average pooling included.
    """

    def entries(self) -> Sequence[Entry]:
        """LRP-0 at both ends, LRP-γ for the convolutions between them."""
        # the tutorial adds 1e-9 to every denominator, whatever its sign
        damping = Unsigned(1e-9)
        return [
            (first() | last(2) | kind(Kind.AVERAGE_POOLING), EpsilonRule(damping)),
            (_CONVOLUTION, Gamma(0.25, damping)),
        ]
