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
        accepts: The types of rule that the op can follow; none for an op with only one way.
        rule: The rule that a composite gave, or None for the op's own way.
        why: Why this rule.
        first: Whether no affine op lies between this call and the input.
        at_input: Whether nothing but moves and constant shifts and scales lies between this call and the
            inputs, so that relevance of inputs that are zero can be brought back.
        rectified: Whether the output feeds nothing but ReLUs, so that no relevance arrives where it is not
            positive.
        nonnegative: Whether the input is known to hold no negative number.
        replaces: The call whose place this one took, as a convolution merged with the batch norm behind it
            does.
        source: The input that was taken over from there; kept only where an account is.
        sinks: Where relevance stayed; None unless audited.
        ratios: Kept ``z / st(z_rho)`` per term, while several targets are explained over one forward pass.
        beside: Relevance that the rule gives to the input whatever its value; filled in on the way back.
    """

    index: int
    kind: Kind
    name: str
    module: str
    module_type: type
    accepts: tuple[type[AbstractRule], ...] = ()
    rule: AbstractRule | None = None
    why: str = ""
    first: bool = False
    at_input: bool = False
    rectified: bool = False
    nonnegative: bool = False
    replaces: "Call | None" = field(default=None, repr=False)
    source: Tensor | None = field(default=None, repr=False)
    sinks: Sinks | None = None
    ratios: dict[int, Tensor] | None = field(default=None, repr=False)
    beside: Tensor | None = field(default=None, repr=False)
