"""One call of an op in the forward pass: where it happened, its rule, what became of its relevance."""

from dataclasses import dataclass, field

from torch import Tensor

from lrprism.ops.kinds import Kind
from lrprism.rules import AbstractRule


@dataclass
class Sinks:
    """Where relevance stayed in one call, summed over the batch; filled in by an audited backward pass."""

    bias: Tensor | float = 0.0
    stabilizer: Tensor | float = 0.0


@dataclass(eq=False)
class Call:
    """One call of an op, in the order of execution.

    Args:
        index: Position among all recorded calls.
        kind: What the op does to relevance.
        name: The op's name, such as ``conv3d``.
        module: Dotted path of the module in which the call happened; empty for the model itself.
        module_type: Class of that module.
        rule: The rule that a composite gave, or None for the plain gradient.
        why: Why this rule.
        first: Whether no affine op lies between this call and the input.
        rectified: Whether the output feeds nothing but ReLUs, so that no relevance arrives where it is not
            positive.
        nonnegative: Whether the input is known to hold no negative number.
        sinks: Where relevance stayed; None unless audited.
        ratios: Kept ``z / st(z_rho)`` per term, while several targets are explained over one forward pass.
    """

    index: int
    kind: Kind
    name: str
    module: str
    module_type: type
    rule: AbstractRule | None = None
    why: str = ""
    first: bool = False
    rectified: bool = False
    nonnegative: bool = False
    sinks: Sinks | None = None
    ratios: dict[int, Tensor] | None = field(default=None, repr=False)
