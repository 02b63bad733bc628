"""The one place where a denominator is kept away from zero."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import ClassVar, final

import torch
from torch import Tensor

from lrprism.errors import RuleError

_SMALL = 1e-20
"""Smallest denominator to divide by: with a smaller one, quotients would leave the range of float32."""


class AbstractStabilizer(ABC):
    """Moves a denominator away from zero; called as ``stabilizer(z)``."""

    is_elementwise: ClassVar[bool] = False
    """True if the step at an entry does not depend on the others."""
    is_symmetric: ClassVar[bool] = True
    """True if ``st(-z) = -st(z)``."""

    @property
    def changes_nothing(self) -> bool:
        """True if ``stabilizer(z)`` is ``z``, as in LRP-0."""
        return False

    @property
    def may_vanish(self) -> bool:
        """True if ``stabilizer(z)`` can be zero, or too small to divide by."""
        return True

    @abstractmethod
    def __call__(self, z: Tensor) -> Tensor:
        """Return the stabilised ``z``, of the same shape."""

    @property
    def adds(self) -> float | None:
        """The step that is added to every ``z`` above zero, if it is always the same."""
        return None

    def damp(self, g: Tensor, z: Tensor, *, nonnegative: bool = False) -> Tensor:
        r"""Return :math:`g z / \mathrm{st}(z)`, a new tensor unless nothing changes.

        With ``nonnegative`` it is exactly zero where ``z`` is, unless nothing changes.

        Args:
            g: The modified gradient, or any other factor.
            z: The denominator.
            nonnegative: Whether ``z`` holds no negative number, as behind a ReLU.
        """
        del nonnegative
        return g if self.changes_nothing else self.quotient(z, z).mul_(g)

    def definite_(self, z: Tensor, sign: int) -> Tensor:
        """Return a ``z`` whose entries have one sign, stabilised in place and without a zero.

        Args:
            z: The denominator.
            sign: The sign of its entries, 1 or -1.
        """
        del sign
        return z.copy_(self(z))

    def quotient(self, z: Tensor, denominator: Tensor) -> Tensor:
        r"""Return :math:`z / \mathrm{st}(d)`; zero where ``d`` is too small to share anything by it."""
        ratio = z / self(denominator)
        # NaN is not smaller either
        return torch.where(ratio.abs() < 1 / _SMALL, ratio, 0) if self.may_vanish else ratio


@dataclass(frozen=True)
class _AbstractEpsStabilizer(AbstractStabilizer):
    """A stabiliser that is defined by the size of its step.

    Args:
        eps: Size of the step. Must be >= 0.

    Raises:
        RuleError: If ``eps`` is negative or not finite.
    """

    eps: float = 1e-6
    is_elementwise = True

    def __post_init__(self) -> None:
        """Check the size of the step.

        Raises:
            RuleError: If ``eps`` is negative or not finite.
        """
        if not isinstance(self.eps, Real) or not 0 <= self.eps < float("inf"):
            raise RuleError(f"eps should be a finite number >= 0. Found {self.eps!r}.")

    @property
    def changes_nothing(self) -> bool:
        """True if the step is zero."""
        return self.eps == 0

    def _step(self, z: Tensor) -> float:
        """Return ``eps``, but no less than the smallest normal number of ``z``'s type; zero stays zero."""
        return max(self.eps, torch.finfo(z.dtype).tiny) if self.eps else 0.0

    def definite_(self, z: Tensor, sign: int) -> Tensor:
        """Add the step in place; for ε = 0 it is the smallest normal number, so that no zero is left."""
        return z.add_(sign * max(self.eps, torch.finfo(z.dtype).tiny))


@final
class Signed(_AbstractEpsStabilizer):
    r"""Push ``z`` away from zero: :math:`z + \varepsilon\,\mathrm{sgn}(z)`, :math:`\mathrm{sgn}(0) = 1`."""

    @property
    def may_vanish(self) -> bool:
        """True only for a tiny step."""
        return self.eps < _SMALL

    @property
    def adds(self) -> float:
        """The step."""
        return self.eps

    def __call__(self, z: Tensor) -> Tensor:
        r"""Return :math:`z + \varepsilon\,\mathrm{sgn}(z)`; a complex sign is :math:`z / |z|`."""
        step = self._step(z)
        if z.is_complex():
            return z + step * torch.where(z == 0, 1, z.sgn())
        return torch.where(z >= 0, z + step, z - step)

    def damp(self, g: Tensor, z: Tensor, *, nonnegative: bool = False) -> Tensor:
        r"""Return :math:`g z / \mathrm{st}(z)`: in general :math:`g - g \varepsilon / |\mathrm{st}(z)|`."""
        step = self._step(z)
        if step == 0:
            return g
        # behind a ReLU the sign is known: one pass, and an exact zero where z is zero
        if nonnegative:
            stabilized = z + step
            return torch.div(z, stabilized, out=stabilized).mul_(g)
        size = z.abs().add_(step)
        # addcdiv takes no complex numbers with a real divisor
        if g.is_complex():
            return g - g * (step / size)
        return torch.addcdiv(g, g, size, value=-step, out=size)


@final
class Unsigned(_AbstractEpsStabilizer):
    r"""Add the step whatever the sign: :math:`z + \varepsilon`.

    The 2020 tutorial does this. It fails where :math:`z = -\varepsilon`; prefer :class:`Signed`.
    """

    is_symmetric = False

    def __call__(self, z: Tensor) -> Tensor:
        r"""Return :math:`z + \varepsilon`."""
        return z + self._step(z)

    @property
    def adds(self) -> float:
        """The step."""
        return self.eps

    def damp(self, g: Tensor, z: Tensor, *, nonnegative: bool = False) -> Tensor:
        r"""Return :math:`g z / (z + \varepsilon)`."""
        return Signed(self.eps).damp(g, z, nonnegative=True) if nonnegative else super().damp(g, z)

    def definite_(self, z: Tensor, sign: int) -> Tensor:
        """Add the step in place; entries of -ε become zero."""
        return super().definite_(z, 1) if sign > 0 else z.add_(self._step(z))


@final
class Clip(_AbstractEpsStabilizer):
    r"""Move only small ``z``: :math:`\mathrm{sgn}(z)\max(|z|, \varepsilon)`, :math:`\mathrm{sgn}(0) = 1`."""

    @property
    def may_vanish(self) -> bool:
        """True only for a tiny step."""
        return self.eps < _SMALL

    def __call__(self, z: Tensor) -> Tensor:
        r"""Return :math:`\mathrm{sgn}(z)\,\max(|z|, \varepsilon)`."""
        step = self._step(z)
        return torch.where(z >= 0, z.clamp(min=step), z.clamp(max=-step))

    def definite_(self, z: Tensor, sign: int) -> Tensor:
        """Move small entries in place."""
        step = max(self.eps, torch.finfo(z.dtype).tiny)
        return z.clamp_(min=step) if sign > 0 else z.clamp_(max=-step)


@final
class NormScaled(_AbstractEpsStabilizer):
    r"""Step in proportion to the sample: :math:`z + \varepsilon\,\|z\|\,\mathrm{sgn}(z)`.

    :math:`\|z\|` is the root of the mean of :math:`z^2` over all dimensions but the first, the batch.
    """

    is_elementwise = False

    def __call__(self, z: Tensor) -> Tensor:
        r"""Return :math:`z + \varepsilon\,\|z\|\,\mathrm{sgn}(z)`."""
        squares = z.square().flatten(1).mean(1) if z.dim() > 1 else z.square()
        # of a sample of zeros the norm is zero
        step = (self.eps * squares.sqrt()).clamp(min=torch.finfo(z.dtype).tiny)
        step = step.view(-1, *(1,) * (z.dim() - 1))
        return torch.where(z >= 0, z + step, z - step)


@final
@dataclass(frozen=True)
class Custom(AbstractStabilizer):
    """A stabiliser of the user's own.

    Args:
        function: Maps a denominator to a stabilised one of the same shape.
    """

    function: Callable[[Tensor], Tensor]

    def __call__(self, z: Tensor) -> Tensor:
        """Return ``function(z)``."""
        return self.function(z)


Stabilizer = float | AbstractStabilizer | Callable[[Tensor], Tensor]
"""The size of a :class:`Signed` step, a stabiliser, or any callable that maps a denominator to a safe one."""


def as_stabilizer(eps: Stabilizer) -> AbstractStabilizer:
    """Return a stabiliser: for a number a :class:`Signed` step of that size, for a callable :class:`Custom`.

    Raises:
        RuleError: If ``eps`` is negative or not finite.
    """
    if isinstance(eps, AbstractStabilizer):
        return eps
    return Custom(eps) if callable(eps) else Signed(eps)  # Signed checks that it is a number
