"""The two halves of a weight that several rules tell apart."""

from torch import Tensor


def positive(w: Tensor) -> Tensor:
    r"""Return :math:`w^+ = \max(w, 0)`."""
    return w.clamp(min=0)


def negative(w: Tensor) -> Tensor:
    r"""Return :math:`w^- = \min(w, 0)`."""
    return w.clamp(max=0)
