"""One call of an op in the forward pass: where it happened, its rule, what became of its relevance."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from lrprism.ops.kinds import Kind
from lrprism.rules import AbstractRule


@dataclass
class Sinks:
    """Where relevance stayed in one call, summed over the batch; filled in by an audited backward pass."""

    bias: Tensor | float = 0.0
    stabilizer: Tensor | float = 0.0

    def count(self, s: Tensor, bias: Tensor | None, step: Tensor | float | None) -> None:
        """Add what the bias and the step of the stabiliser keep of a term.

        Args:
            s: Relevance per unit of the term's denominator.
            bias: The bias in that denominator, in a shape that broadcasts, or None.
            step: What the stabiliser added to it, everywhere the same or not, or None.
        """
        if s.is_complex():  # relevance is Re(conj(a) g): the account takes the real part
            self._count_complex(s, bias, step)
            return
        if isinstance(step, Tensor):
            self.stabilizer += (step * s).sum(dtype=torch.float64)
            step = None
        if bias is None and step is None:
            return
        sums = s.sum_to_size(s.shape[-1:] if bias is None else bias.shape).double()
        if bias is not None:
            self.bias += (bias * sums).sum()
        if step is not None:
            self.stabilizer += step * sums.sum()

    def _count_complex(self, s: Tensor, bias: Tensor | None, step: Tensor | float | None) -> None:
        """Count complex numbers."""
        if step is not None:
            self.stabilizer += (torch.as_tensor(step, device=s.device) * s.conj()).real.sum(
                dtype=torch.float64
            )
        if bias is not None:
            self.bias += (bias * s.conj()).real.sum(dtype=torch.float64)


Sent = tuple[Tensor, Tensor | float | None]
"""``s`` of one term of a rule; and what the stabiliser added to the denominator, where an account is kept."""


class Needs(NamedTuple):
    """What the way back may ask for: whatever it does not is not kept.

    Args:
        inputs: Whether a rule of linear layers or norms may ask for their inputs.
        outputs: Whether a rule may ask for the outputs of layers.
        layers: Whether relevance is read at the outputs of modules too.
        gates: Whether a rule may treat the gates of a recurrent network as more than constants.
        steps: Whether a rule may ask for more than LRP-ε of a recurrent network's layers, or for one step's.
    """

    inputs: bool = True
    outputs: bool = True
    layers: bool = True
    gates: bool = True
    steps: bool = True


class Kept:
    """The output of an affine op, kept for the way back: ``z``, or its positive part, or both, or neither.

    They are aliases without a place in the autograd graph: what the graph holds cannot hold the graph.
    """

    __slots__ = ("_positive", "_value")

    def __init__(self, z: Tensor) -> None:
        """Keep an output."""
        self._value: tuple[Tensor, int] | None = (z.detach(), z._version)
        self._positive: tuple[Tensor, int] | None = None

    def rectify(self, r: Tensor, *, beside: bool) -> None:
        """Keep its positive part, in the place of the output or beside it."""
        self._positive = r.detach(), r._version
        if not beside:
            self._value = None

    def drop(self) -> None:
        """Give the memory back; whoever needs the output then has to work it out again."""
        self._value = self._positive = None

    def read(self, *, rectified: bool) -> Tensor | None:
        """Return the output, or its positive part where that will do; None if it is not at hand.

        Raises:
            RuntimeError: If it was written to, by something that no torch call shows.
        """
        found = (rectified and self._positive) or self._value
        if not found:
            return None
        value, version = found
        if value._version != version:
            raise RuntimeError(
                "one of the activations needed for relevance has been modified by an inplace operation"
            )
        return value.clamp(min=0) if rectified and found is self._value else value


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
        sinks: Where relevance stayed; None unless audited.
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
        source: The input where it is that of an earlier call; kept only where an account is.
        kept: The output, for the way back; of affine ops alone.
        repeats: Whether another way back over the same forward pass will follow.
        ratios: Kept ``f z / st(z_rho)`` per term, while several targets are explained over one forward pass.
        beside: Relevance that the rule gives to the input whatever its value; filled in on the way back.
    """

    index: int
    kind: Kind
    name: str
    module: str
    module_type: type
    accepts: tuple[type[AbstractRule], ...] = ()
    sinks: Sinks | None = None
    # what is found out later; a call without it holds nothing of it, so that it is quickly made
    rule: AbstractRule | None = field(default=None, init=False)
    why: str = field(default="", init=False)
    first: bool = field(default=False, init=False)
    at_input: bool = field(default=False, init=False)
    rectified: bool = field(default=False, init=False)
    nonnegative: bool = field(default=False, init=False)
    replaces: "Call | None" = field(default=None, init=False, repr=False)
    source: Tensor | None = field(default=None, init=False, repr=False)
    kept: Kept | None = field(default=None, init=False, repr=False)
    repeats: bool = field(default=False, init=False)
    ratios: dict[Hashable, Sent] | None = field(default=None, init=False, repr=False)
    beside: Tensor | None = field(default=None, init=False, repr=False)

    def give_output_back(self) -> None:
        """Give the memory of the output back, unless another way back will need it."""
        if self.kept is not None and not self.repeats:
            self.kept.drop()
