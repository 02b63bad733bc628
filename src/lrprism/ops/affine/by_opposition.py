r"""Backward step of LRP-αβ on a difference: what speaks for it, and what speaks against it.

With the contributions :math:`c_{ij} = \Delta a_i w_{ij}`, the sum of their magnitudes
:math:`m_j = \sum_i |c_{ij}|`, of those that have the sign of :math:`\Delta z_j`,
:math:`f_j = (m_j + |\Delta z_j|) / 2`, and of the others, :math:`o_j = (m_j - |\Delta z_j|) / 2`:

.. math:: R_i = \sum_j \Bigl(\alpha \frac{[c_{ij} \Delta z_j > 0]\, |c_{ij}|}{f_j}
                - \beta \frac{[c_{ij} \Delta z_j < 0]\, |c_{ij}|}{o_j}\Bigr) R_j

Where nothing speaks against the difference :math:`\alpha` counts as 1, so that all of it arrives.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lrprism.ops.affine.map import AbstractAffine
from lrprism.ops.tape import Tape
from lrprism.rules import AbstractAffineRule

_ROUNDING = 16
"""What speaks against a difference is but rounding up to this multiple of the precision of its terms."""


class Difference(NamedTuple):
    """The differences of input and output of an op from those of the reference.

    Args:
        a: That of the input.
        z: That of the output.
        size: The magnitudes of both outputs and their biases, whose rounding is in the difference.
    """

    a: Tensor
    z: Tensor
    size: Tensor


def propagate_opposed(
    affine: AbstractAffine,
    tape: Tape,
    rule: AbstractAffineRule,
    ends: Difference,
    g: Tensor,
    precision: float,
) -> Tensor:
    """Carry the modified gradient of an output back to the input.

    Args:
        affine: The op, without its bias.
        tape: The tape of its call.
        rule: A rule that is ``opposed``.
        ends: The differences of input and output.
        g: The modified gradient of the output.
        precision: That of the type in which the model ran.
    """
    assert rule.opposed is not None  # asked by whoever calls this
    alpha, beta = rule.opposed
    (a, z, outputs), weight = ends, affine.weight
    magnitudes = affine.forward(a.abs(), weight.abs(), None)
    size = z.abs()
    for_it, against = (magnitudes + size).mul_(0.5), (magnitudes - size).mul_(0.5)
    is_opposed = against > magnitudes.add_(outputs).mul_(_ROUNDING * precision)
    size = size.mul_(g)
    s_for = torch.where(is_opposed, alpha, 1.0) * rule.stabilizer.quotient(size, for_it)
    s_against = torch.where(is_opposed, beta * rule.stabilizer.quotient(size, against), 0)
    if tape.sinks is not None:
        kept = (rule.stabilizer(for_it) - for_it) * s_for - (rule.stabilizer(against) - against) * s_against
        tape.sinks.stabilizer += (kept * z.sign()).sum(dtype=torch.float64)
    up = torch.where(z > 0, s_for, s_against)
    down = torch.where(z > 0, s_against, s_for)
    parts = weight.clamp(min=0), weight.clamp(max=0)
    up_plus, up_minus = affine.transposes(up, parts, a)
    down_plus, down_minus = affine.transposes(down, parts, a)
    return torch.where(a >= 0, up_plus.add_(down_minus), up_minus.add_(down_plus))
