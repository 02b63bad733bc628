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
from lrprism.engine.stops import Stops
from lrprism.engine.sums import Counter, is_dense
from lrprism.engine.zero_inputs import Beside, total
from lrprism.ops import AbstractOp, Call, Kind, Recorder, Rectifier, Sinks, map_live, tensors_in
from lrprism.rules import gives_nothing_at_zero


class _Entry(NamedTuple):
    """One call with the tensors at which its relevance is read."""

    call: Call
    inputs: list[Tensor]
    outputs: list[Tensor]
    is_relu: bool

    @property
    def values(self) -> list[Tensor]:
        """The activations at the inputs and outputs: before a ReLU their positive part, as no other counts.

        The modified gradient may be there what it is behind the ReLU, so that the sums are those there.
        """
        outputs = self.outputs
        if self.call.rectified and gives_nothing_at_zero(self.call.rule):
            kept = None if self.call.kept is None else self.call.kept.read(rectified=True)
            outputs = [each.clamp(min=0) for each in outputs] if kept is None else [kept]
        return [each.detach() for each in (*(self.outputs if self.is_relu else self.inputs), *outputs)]


class _Passed(NamedTuple):
    """What is left of an entry in the end: the call, and where its inputs and outputs stand in the graph."""

    call: Call
    inputs: list[GradientEdge]
    outputs: list[GradientEdge]

    @classmethod
    def of(cls, entry: _Entry) -> _Passed:
        return cls(
            entry.call, *(list(map(get_gradient_edge, each)) for each in (entry.inputs, entry.outputs))
        )


class Ledger:
    """Holds, during an audited pass, the tensors between which relevance is counted."""

    def __init__(self) -> None:
        """Start with nothing written down."""
        self._entries: list[_Entry] = []
        self._totals: dict[int, Tensor | float] = {}
        self._passed: list[_Passed] = []
        self._stops = Stops()

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
        before = len(recorder.calls)

        def alias(tensor: Tensor) -> Tensor:
            aliases.append(torch.ops.aten.alias(tensor) if is_dense(tensor) else tensor.clone())
            return aliases[-1]

        positional, named = map_live(args, alias), map_live(kwargs, alias)
        recorder.admit(aliases)
        result = _without_hidden_base(op.run(recorder, func, positional, named), (positional, named))
        made = recorder.calls[-1] if len(recorder.calls) > before else None
        self._stops.follow(made, (args, kwargs), result, is_live=bool(aliases))
        is_written = any(entry.call is recorder.calls[-1] for entry in self._entries[-1:])  # by an op inside
        if len(recorder.calls) > before and not is_written:
            call = recorder.calls[-1]
            outputs = [tensor for tensor in tensors_in(result) if tensor.requires_grad]
            inputs = aliases if call.source is None else [call.source]
            call.source = None  # read once; the call outlives the activations
            self._entries.append(_Entry(call, inputs, outputs, isinstance(op, Rectifier)))
        return result

    def stand_in(self, tensor: Tensor, value: Tensor) -> None:
        """Read the relevance of the last call's output at a copy of it."""
        for entry in self._entries[-1:]:
            entry.outputs[:] = [value if output is tensor else output for output in entry.outputs]

    @contextmanager
    def counting(self, *, is_last: bool) -> Iterator[None]:
        """Count the relevance at every tensor as it comes by on a way back; nothing of it is kept.

        Args:
            is_last: Whether no other way back follows, so that each activation may go when it was counted.
        """
        counter = Counter(self._totals)
        values = dict(enumerate(value for entry in self._entries for value in entry.values))

        def count(number: int, gradient: Tensor | None) -> None:
            counter.count(number, values.pop(number) if is_last else values[number], gradient)

        tensors = (tensor for entry in self._entries for tensor in (*entry.inputs, *entry.outputs))
        handles = [_hook(tensor, partial(count, number)) for number, tensor in enumerate(tensors)]
        if is_last:
            self._passed = list(map(_Passed.of, self._entries))
            self._entries.clear()
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def balance(self, besides: Sequence[Beside]) -> list[Row]:
        """Return the rows of the account.

        Args:
            besides: For each backward pass, the relevance that travelled beside ``a * g``.
        """
        totals: list[float | None] = []
        edges = (edge for each in self._passed for edge in (*each.inputs, *each.outputs))
        for number, edge in enumerate(edges):
            found = self._totals.get(number)
            extra = [each for beside in besides if (each := total(beside, edge)) is not None]
            if extra:
                found = (found or 0.0) + sum(float(each.sum(dtype=torch.float64)) for each in extra)
            totals.append(None if found is None else float(found))
        return self._rows(iter(totals))

    def _rows(self, totals: Iterator[float | None]) -> list[Row]:
        """One row per call that relevance reaches; a call gives up what another took over from it."""
        found: dict[Call, tuple[float, float]] = {}
        for passed in self._passed:
            inputs = [next(totals) or 0.0 for _ in passed.inputs]
            outputs = [next(totals) for _ in passed.outputs]
            if any(each is not None for each in outputs) or passed.call.kind is Kind.STOPPED:
                found[passed.call] = (sum(each or 0.0 for each in outputs), sum(inputs))
            replaced = passed.call.replaces
            if replaced in found:
                relevance_out, relevance_in = found[replaced]
                found[replaced] = (relevance_out, relevance_in - sum(inputs))
        self._stops.move(found)
        return [_row(call, *values) for call, values in found.items()]


def _hook(tensor: Tensor, hear: Callable[[Tensor | None], None]) -> Any:
    """Hear of the relevance at a tensor.

    A Function that writes to its input leaves views of it without a node until they are asked for it; a hook
    that is put on one of them before that ends the interpreter.
    """
    get_gradient_edge(tensor)
    return tensor.register_hook(hear)  # type: ignore[no-untyped-call]


def _without_hidden_base(result: Any, given: Any) -> Any:
    """Copy what is a view of a tensor that the op made inside, as a pooling squeezes its result.

    A later write into a part of it goes to that tensor, and relevance comes back there, past the result.
    """
    bases = {id(each if each._base is None else each._base) for each in tensors_in(given)}

    def own(tensor: Tensor) -> Tensor:
        return tensor if tensor._base is None or id(tensor._base) in bases else tensor.clone()

    return map_live(result, own)


def _row(call: Call, relevance_out: float, relevance_in: float) -> Row:
    """Split what did not come through into its sinks."""
    sinks = call.sinks or Sinks()
    bias, stabilizer = float(sinks.bias), float(sinks.stabilizer)
    rest = relevance_out - relevance_in - bias - stabilizer
    column = _REST.get(call.kind, "to_rule")
    rests = {"to_rule": 0.0, "to_constant": 0.0, "to_unknown": 0.0} | {column: rest}
    rule = "" if call.rule is None else repr(call.rule)
    return Row(
        call=call.index,
        module=call.module,
        op=call.name,
        rule=rule,
        why=call.why,
        relevance_out=relevance_out,
        relevance_in=relevance_in,
        to_bias=bias,
        to_stabilizer=stabilizer,
        **rests,
    )


_REST = {
    Kind.ROUTING: "to_constant",
    Kind.AVERAGE_POOLING: "to_constant",
    Kind.STOPPED: "to_constant",
    Kind.UNKNOWN: "to_unknown",
}
"""Where the rest of a call's relevance stays, if it is not lost to its rule."""
