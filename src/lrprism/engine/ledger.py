"""The ledger: what an audited pass writes down, from which the account is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from lrprism.engine.account import Row
from lrprism.engine.assignment import Assignment, Choice
from lrprism.engine.stops import Stops
from lrprism.engine.sums import Activation, Counter, is_dense
from lrprism.engine.zero_inputs import Beside, total
from lrprism.ops import (
    AbstractOp,
    Call,
    Counterpart,
    Kind,
    Recorder,
    Rectifier,
    Sinks,
    Tape,
    map_live,
    tensors_in,
)
from lrprism.rules import gives_nothing_at_zero


class _Entry(NamedTuple):
    """One call with the tensors at which its relevance is counted."""

    call: Call
    tape: Tape | None
    inputs: list[Tensor]
    outputs: list[Tensor]
    is_relu: bool
    counterpart: Counterpart | None

    @property
    def values(self) -> list[Activation]:
        """The activations at the inputs and outputs: before a ReLU their positive part, as no other counts.

        The modified gradient may be there what it is behind the ReLU, so that the sums are those there.
        """
        outputs, tape = self.outputs, self.tape
        if self.counterpart is not None:
            others = (*self.counterpart.live, *self.counterpart.outputs)
            pairs = zip((*self.inputs, *outputs), others, strict=True)
            return [Activation(a.detach(), r) for a, r in pairs]
        if tape is not None and tape.rectified and gives_nothing_at_zero(tape.rule):
            positive = None if tape.output is None else tape.output.read(rectified=True)
            outputs = [z.clamp(min=0) for z in outputs] if positive is None else [positive]
        tensors = (*(self.outputs if self.is_relu else self.inputs), *outputs)
        return [Activation(tensor.detach()) for tensor in tensors]


class _Crossing(NamedTuple):
    """The part of an entry that stays to the end: the call, and the edges of its inputs and outputs."""

    call: Call
    inputs: list[GradientEdge]
    outputs: list[GradientEdge]

    @classmethod
    def of(cls, entry: _Entry) -> _Crossing:
        inputs, outputs = (list(map(get_gradient_edge, side)) for side in (entry.inputs, entry.outputs))
        return cls(entry.call, inputs, outputs)


class Ledger:
    """Holds, during an audited pass, the tensors between which relevance is counted."""

    def __init__(self) -> None:
        """Start with nothing written down."""
        self._entries: list[_Entry] = []
        self._inputs: dict[Call, tuple[Tensor, Tensor | None]] = {}
        self._totals: dict[int, Tensor | float] = {}
        self._crossings: list[_Crossing] = []
        self._tapes: dict[Call, Tape | None] = {}
        self._stops = Stops()

    def mark_input(self, call: Call, a: Tensor, a_r: Tensor | None = None) -> Tensor:
        """Return an alias of ``a``, at which the relevance that a call hands down is counted.

        Args:
            call: The call.
            a: Its input.
            a_r: The same input in the run on the reference, where there is one.
        """
        alias: Tensor = torch.ops.aten.alias(a)
        self._inputs[call] = alias, a_r
        return alias

    def run(
        self,
        recorder: Recorder,
        op: AbstractOp,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Run an op on aliases of its live inputs, at which this call's share alone is read."""
        aliases: list[Tensor] = []
        count = len(recorder.calls)

        def alias(tensor: Tensor) -> Tensor:
            aliases.append(torch.ops.aten.alias(tensor) if is_dense(tensor) else tensor.clone())
            return aliases[-1]

        positional, keywords = map_live(args, alias), map_live(kwargs, alias)
        recorder.admit(aliases)
        result = _expose_bases(op.run(recorder, func, positional, keywords), (positional, keywords))
        call = recorder.calls[-1] if len(recorder.calls) > count else None
        self._stops.follow(call, (args, kwargs), result, is_live=bool(aliases))
        # an op that runs others inside has the last of their calls, which is written down already
        if call is None or any(entry.call is call for entry in self._entries[-1:]):
            return result
        outputs = [tensor for tensor in tensors_in(result) if tensor.requires_grad]
        marked = self._inputs.pop(call, None)
        tape = self._tapes[call] = recorder.tapes.get(call)
        inputs = aliases if marked is None else [marked[0]]
        counterpart = recorder.counterpart
        if marked is not None and marked[1] is not None and counterpart is not None:
            counterpart = counterpart._replace(live=[marked[1]])
        self._entries.append(_Entry(call, tape, inputs, outputs, isinstance(op, Rectifier), counterpart))
        return result

    def stand_in(self, tensor: Tensor, value: Tensor) -> None:
        """Read the relevance of the last call's output at a copy of it."""
        for entry in self._entries[-1:]:
            entry.outputs[:] = [value if output is tensor else output for output in entry.outputs]

    @contextmanager
    def counting(self, *, is_last: bool) -> Iterator[None]:
        """Count the relevance at every tensor during a backward pass; no gradient is kept.

        Args:
            is_last: Whether no other pass follows, so that each activation may go once it was counted.
        """
        counter = Counter(self._totals)
        values = dict(enumerate(value for entry in self._entries for value in entry.values))

        def count(number: int, gradient: Tensor | None) -> None:
            counter.count(number, values.pop(number) if is_last else values[number], gradient)

        tensors = (tensor for entry in self._entries for tensor in (*entry.inputs, *entry.outputs))
        handles = [_hook(tensor, partial(count, number)) for number, tensor in enumerate(tensors)]
        if is_last:
            self._crossings = list(map(_Crossing.of, self._entries))
            self._entries.clear()
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def balance(self, besides: Sequence[Beside], assignment: Assignment) -> list[Row]:
        """Return the rows of the account.

        Args:
            besides: For each backward pass, the relevance that travelled beside ``a * g``.
            assignment: The rule of each call.
        """
        totals: list[float | None] = []
        edges = (edge for crossing in self._crossings for edge in (*crossing.inputs, *crossing.outputs))
        for number, edge in enumerate(edges):
            counted = self._totals.get(number)
            extra = [relevance for beside in besides if (relevance := total(beside, edge)) is not None]
            if extra:
                counted = (counted or 0.0) + sum(
                    float(relevance.sum(dtype=torch.float64)) for relevance in extra
                )
            totals.append(None if counted is None else float(counted))
        sums = self._sum_calls(iter(totals))
        self._stops.move(sums)
        return [
            _build_row(call, assignment[call], self._tapes[call], *in_and_out)
            for call, in_and_out in sums.items()
        ]

    def _sum_calls(self, totals: Iterator[float | None]) -> dict[Call, tuple[float, float]]:
        """Return relevance out and in of each call that it reaches, without what its heir took."""
        sums: dict[Call, tuple[float, float]] = {}
        for call, inputs, outputs in self._crossings:
            relevance_in = sum(next(totals) or 0.0 for _ in inputs)
            at_outputs = [next(totals) for _ in outputs]
            if any(total is not None for total in at_outputs) or call.kind is Kind.STOPPED:
                sums[call] = (sum(total or 0.0 for total in at_outputs), relevance_in)
            if call.replaces in sums:
                replaced_out, replaced_in = sums[call.replaces]
                sums[call.replaces] = (replaced_out, replaced_in - relevance_in)
        return sums


def _hook(tensor: Tensor, hear: Callable[[Tensor | None], None]) -> Any:
    """Call ``hear`` with the modified gradient at a tensor.

    A Function that writes to its input leaves views of it without a node until they are asked for it; a hook
    that is put on one of them before that ends the interpreter.
    """
    get_gradient_edge(tensor)
    return tensor.register_hook(hear)  # type: ignore[no-untyped-call]


def _expose_bases(result: Any, arguments: Any) -> Any:
    """Copy each view of a tensor that the op made inside, as a pooling squeezes its result.

    A later write into a part of it goes to that tensor, and relevance comes back there, past the result.
    """
    bases = {id(tensor if tensor._base is None else tensor._base) for tensor in tensors_in(arguments)}

    def copy_view(tensor: Tensor) -> Tensor:
        return tensor if tensor._base is None or id(tensor._base) in bases else tensor.clone()

    return map_live(result, copy_view)


def _build_row(
    call: Call, choice: Choice, tape: Tape | None, relevance_out: float, relevance_in: float
) -> Row:
    """Split the relevance that did not come through into its sinks."""
    sinks = (tape and tape.sinks) or Sinks()
    bias, stabilizer = float(sinks.bias), float(sinks.stabilizer)
    lost = relevance_out - relevance_in - bias - stabilizer
    losses = dict.fromkeys(("to_rule", "to_constant", "to_unknown"), 0.0)
    # a factor of a difference that is a constant in each run, such as a tensor after detach()
    is_constant = call.kind is Kind.PRODUCT and choice.rule is None
    losses["to_constant" if is_constant else _LOSSES.get(call.kind, "to_rule")] = lost
    return Row(
        call=call.index,
        module=call.module,
        op=call.name,
        rule="" if choice.rule is None else repr(choice.rule),
        why=choice.why,
        relevance_out=relevance_out,
        relevance_in=relevance_in,
        to_bias=bias,
        to_stabilizer=stabilizer,
        **losses,
    )


_LOSSES = {
    Kind.ROUTING: "to_constant",
    Kind.AVERAGE_POOLING: "to_constant",
    Kind.STOPPED: "to_constant",
    Kind.UNKNOWN: "to_unknown",
}
"""Where relevance stays that neither bias nor stabiliser kept, if it is not lost to the rule."""
