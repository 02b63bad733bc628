"""What every rule states: which products of inputs and weights share relevance, over which denominator."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from torch import Tensor

from lrprism.numerics import AbstractStabilizer


class Sign(Enum):
    """Which entries of a tensor take part."""

    ANY = "any"
    POSITIVE = "positive"
    NEGATIVE = "negative"


@dataclass(frozen=True)
class Part:
    r"""One product :math:`L(a_\text{part}; \rho(w)) + \rho(b)` of a :class:`Term`.

    Args:
        rho: The modification of weight and bias, or None to keep them as they are.
        inputs: The entries of ``a`` that take part; the others count as zero.
        bias: Whether the modified bias is added.
    """

    rho: Callable[[Tensor], Tensor] | None = None
    inputs: Sign = Sign.ANY
    bias: bool = True


@dataclass(frozen=True)
class Term:
    r"""Relevance shared over one denominator.

    .. math:: z_\rho = \sum_\text{parts} L(a_\text{part}; \rho(w)) + \rho(b)

    With :math:`s = R / \mathrm{st}(z_\rho)` where ``z`` has the sign ``outputs`` and 0 elsewhere, the term
    gives :math:`R_i = a_i \sum_j \rho(w)_{ij} s_j` to each input ``i``, with the :math:`\rho` of the part in
    which ``a_i`` takes part.

    Args:
        parts: The products that add up to the denominator. Each entry of ``a`` takes part in at most one.
        outputs: The pre-activations ``z`` that the term serves.
        dominates: Whether ``z_rho`` has the sign of ``z`` and at least its size wherever the term serves
            ``z``; saves time.
    """

    parts: tuple[Part, ...]
    outputs: Sign = Sign.ANY
    dominates: bool = False


@dataclass(frozen=True)
class AbstractRule(ABC):
    """How an affine op ``z = L(a; w) + b`` hands the relevance of ``z`` to ``a``.

    A rule is a frozen dataclass that states its formula as :meth:`terms`; nothing has to be registered.
    """

    @property
    @abstractmethod
    def stabilizer(self) -> AbstractStabilizer:
        """What keeps the denominators of the rule away from zero."""

    @abstractmethod
    def terms(self) -> tuple[Term, ...]:
        """The formula: relevance is the sum over these terms."""
