"""The tape of a call: what its backward pass keeps, and what it follows."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from lrprism.ops.call import Call
from lrprism.ops.counterpart import Ends
from lrprism.rules import AbstractRule

Quotient = tuple[Tensor, Tensor | float | None]
"""``s = f g z / st(z_rho)`` of one term of a rule; and what the stabiliser added to the denominator, in an
audited pass."""


@dataclass(eq=False)
class Sinks:
    """Relevance that stayed in one call, summed over the batch; filled in by an audited backward pass."""

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
            if step is not None:
                steps = torch.as_tensor(step, device=s.device)
                self.stabilizer += (steps * s.conj()).real.sum(dtype=torch.float64)
            if bias is not None:
                self.bias += (bias * s.conj()).real.sum(dtype=torch.float64)
            return
        if isinstance(step, Tensor):
            self.stabilizer += (step * s).sum(dtype=torch.float64)
            step = None
        if bias is None and step is None:
            return
        # sum s over the samples first: bias and step are the same for all of them
        sums = s.sum_to_size(s.shape[-1:] if bias is None else bias.shape).double()
        if bias is not None:
            self.bias += (bias * sums).sum()
        if step is not None:
            self.stabilizer += step * sums.sum()


class Output:
    """The output of an affine op, kept for the backward pass: ``z``, its positive part, both or neither.

    They are aliases outside the autograd graph: what a node of the graph holds must not hold the graph.
    """

    __slots__ = ("_positive", "_value")

    def __init__(self, z: Tensor) -> None:
        """Keep an output."""
        self._value: tuple[Tensor, int] | None = (z.detach(), z._version)
        self._positive: tuple[Tensor, int] | None = None

    def rectify(self, r: Tensor, *, keep_output: bool) -> None:
        """Keep the positive part, in the place of the output or beside it."""
        self._positive = r.detach(), r._version
        if not keep_output:
            self._value = None

    def drop(self) -> None:
        """Free the memory; the output then has to be computed again."""
        self._value = self._positive = None

    def read(self, *, rectified: bool) -> Tensor | None:
        """Return the output, or its positive part where that is enough; None if neither is at hand.

        Raises:
            RuntimeError: If it was written to, by something that no torch call shows.
        """
        stored = (rectified and self._positive) or self._value
        if not stored:
            return None
        tensor, version = stored
        if tensor._version != version:
            raise RuntimeError(
                "one of the activations needed for relevance has been modified by an inplace operation"
            )
        return tensor.clamp(min=0) if rectified and stored is self._value else tensor


@dataclass(eq=False)
class Tape:
    """The store of one call's backward pass, and the rule that it follows; held by the autograd node.

    The forward pass writes the output, :meth:`load` what was decided between the passes, and the backward
    pass the rest. Only ops that follow a rule have a tape.

    Args:
        call: The call.
        sinks: Where relevance stays; None unless audited.
        rule: The rule of the call, or None for the op's own way.
        rectified: Whether the output feeds nothing but ReLUs, so that no relevance arrives where it is not
            positive.
        nonnegative: Whether the input is known to hold no negative number.
        at_input: Whether relevance of inputs that are zero can be brought back from here.
        output: The output; of affine ops alone.
        repeats: Whether another backward pass over the same forward pass will follow.
        ratios: ``f z / st(z_rho)`` of each term, kept while several targets are explained over one forward
            pass.
        beside: Relevance that the rule gives to the input whatever its value.
        reference: Input and output in the run on the reference, where a difference is explained.
    """

    call: Call
    sinks: Sinks | None = None
    # defaults of the class: a tape that was not written to holds two attributes, and is quickly made
    rule: AbstractRule | None = field(default=None, init=False)
    rectified: bool = field(default=False, init=False)
    nonnegative: bool = field(default=False, init=False)
    at_input: bool = field(default=False, init=False)
    output: Output | None = field(default=None, init=False)
    repeats: bool = field(default=False, init=False)
    ratios: dict[Hashable, Quotient] | None = field(default=None, init=False)
    beside: Tensor | None = field(default=None, init=False)
    reference: Ends | None = field(default=None, init=False)

    def load(self, rule: AbstractRule | None, *, rectified: bool, nonnegative: bool, at_input: bool) -> None:
        """Take over what was decided between the forward pass and the first backward pass."""
        self.rule = rule
        self.rectified, self.nonnegative, self.at_input = rectified, nonnegative, at_input

    def release_output(self) -> None:
        """Free the memory of the output, unless another backward pass will need it."""
        if self.output is not None and not self.repeats:
            self.output.drop()


def tape_of(node: object) -> Tape | None:
    """Return the tape of the call that made a node of the autograd graph.

    None for every op whose rule cannot give relevance beside ``a * g``: those keep it under another name.
    """
    tape = getattr(node, "tape", None)
    return tape if isinstance(tape, Tape) else None  # a Function of the user may have a tape of its own
