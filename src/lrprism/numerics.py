"""The one place where a denominator is kept away from zero."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from lrprism._errors import RuleError


@dataclass(frozen=True)
class AbstractStabilizer(ABC):
    """Moves a denominator away from zero; called as ``stabilizer(z)``.

    Args:
        eps: Size of the step. Must be >= 0.

    Raises:
        RuleError: If ``eps`` is negative or not finite.
    """

    eps: float = 1e-6

    def __post_init__(self) -> None:
        """Check the size of the step.

        Raises:
            RuleError: If ``eps`` is negative or not finite.
        """
        if not 0 <= self.eps < float("inf"):
            raise RuleError(f"eps should be a finite number >= 0. Found {self.eps!r}.")

    @property
    def changes_nothing(self) -> bool:
        """Whether ``stabilizer(z)`` is ``z``, as in LRP-0."""
        return self.eps == 0

    def _step(self, z: Tensor) -> float:
        """``eps``, or the smallest normal number of ``z``'s type where that is larger."""
        return max(self.eps, torch.finfo(z.dtype).tiny)

    @abstractmethod
    def __call__(self, z: Tensor) -> Tensor:
        """Return the stabilised ``z``, of the same shape."""

    @abstractmethod
    def nonnegative_(self, z: Tensor) -> Tensor:
        """Stabilise in place a ``z`` that holds no negative number."""


@final
@dataclass(frozen=True)
class Signed(AbstractStabilizer):
    r"""Push ``z`` away from zero: :math:`z + \varepsilon\,\mathrm{sgn}(z)`, :math:`\mathrm{sgn}(0) = 1`."""

    def __call__(self, z: Tensor) -> Tensor:
        r"""Return :math:`z + \varepsilon\,\mathrm{sgn}(z)`."""
        step = self._step(z)
        return torch.where(z >= 0, z + step, z - step)

    def nonnegative_(self, z: Tensor) -> Tensor:
        """Add the step in place."""
        return z.add_(self._step(z))


@final
@dataclass(frozen=True)
class Unsigned(AbstractStabilizer):
    r"""Add the step whatever the sign: :math:`z + \varepsilon`.

    The 2020 tutorial does this. It fails where :math:`z = -\varepsilon`; prefer :class:`Signed`.
    """

    def __call__(self, z: Tensor) -> Tensor:
        r"""Return :math:`z + \varepsilon`."""
        return z + self._step(z)

    def nonnegative_(self, z: Tensor) -> Tensor:
        """Add the step in place."""
        return z.add_(self._step(z))


def as_stabilizer(eps: "float | AbstractStabilizer") -> AbstractStabilizer:
    """Read a plain number as the size of a :class:`Signed` step.

    Raises:
        RuleError: If ``eps`` is negative or not finite.
    """
    return eps if isinstance(eps, AbstractStabilizer) else Signed(eps)
