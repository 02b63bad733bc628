"""The account of one explanation: relevance in and out of each op, and where the difference stayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from lrprism.engine.per_sample import PerSample
from lrprism.engine.stops import Stops
from lrprism.engine.sums import Counter, is_dense
from lrprism.engine.zero_inputs import Beside, total
from lrprism.ops import AbstractOp, Call, Kind, Rectifier, Sinks, map_live, tensors_in
from lrprism.rules import gives_nothing_at_zero

if TYPE_CHECKING:
    import pandas

    from lrprism.engine.mode import RelevanceMode


@dataclass(frozen=True)
class Row:
    """One op call of the account, summed over the batch (and over classes, if several).

    In units of the explained output: ``relevance_out = relevance_in + to_bias + to_stabilizer + to_rule +
    to_constant + to_unknown``, to the precision of the type.

    Args:
        call: Position among the recorded calls, in order of execution.
        module: Dotted path of the module in which the call happened; empty for the model itself.
        op: The op's name, such as ``conv3d``.
        rule: The rule that it got; empty for the op's own way.
        why: Why this rule, or what the op's own way is.
        relevance_out: Relevance at the op's output.
        relevance_in: Relevance that it handed to its inputs.
        to_bias: Kept by the (modified) bias.
        to_stabilizer: Kept by the stabiliser of the denominator.
        to_rule: Lost by the rule itself, such as relevance at a pre-activation of exactly zero, or what a
            softmax does not hand on.
        to_constant: Handed to constants: an added position code, a tensor after ``detach()``.
        to_unknown: Lost or made by an op without a rule.
    """

    call: int
    module: str
    op: str
    rule: str
    why: str
    relevance_out: float
    relevance_in: float
    to_bias: float
    to_stabilizer: float
    to_rule: float
    to_constant: float
    to_unknown: float

    def plus(self, other: Row) -> Row:
        """This row with the relevance of another one added."""
        names = [each.name for each in fields(self) if isinstance(getattr(self, each.name), float)]
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def lost(self) -> float:
        """What did not come through to the op's inputs."""
        return self.to_bias + self.to_stabilizer + self.to_rule + self.to_constant + self.to_unknown


@dataclass(frozen=True, repr=False)
class Audit(Sequence[Row]):
    """The rows of the account in order of execution; prints as a table.

    ``explained = reached + the rows' sinks + unaccounted``, summed over the batch (and classes, if several).

    Args:
        rows: One per op call that relevance passes.
        explained: Relevance put in: the explained output.
        reached: Relevance that arrived at the inputs.
        unseen: Names of steps that no torch call shows, such as a user's own ``autograd.Function``; what they
            keep is unaccounted for.
        per_sample: What was explained and what arrived for each sample; None where the output or an input
            does not have the samples as its first dimension.
    """

    rows: tuple[Row, ...]
    explained: float
    reached: float
    unseen: tuple[str, ...] = ()
    per_sample: PerSample | None = field(default=None, compare=False)

    @staticmethod
    def sum_of(audits: Sequence[Audit]) -> Audit | None:
        """The account of several batches together, row by row; None of none."""
        if not audits:
            return None
        rows: dict[tuple[int, str, str, str], Row] = {}
        for row in (row for audit in audits for row in audit.rows):
            key = row.call, row.module, row.op, row.rule
            rows[key] = row if key not in rows else rows[key].plus(row)
        return Audit(
            tuple(rows.values()),
            sum(audit.explained for audit in audits),
            sum(audit.reached for audit in audits),
            tuple(sorted({name for audit in audits for name in audit.unseen})),
            PerSample.join([audit.per_sample for audit in audits]),
        )

    @property
    def unaccounted(self) -> float:
        """What no row explains: rounding, and steps that cannot be seen."""
        return self.explained - self.reached - sum(row.lost for row in self.rows)

    def to_frame(self) -> pandas.DataFrame:
        """Return the rows as a data frame; needs pandas (``pip install lrprism[spectral]``)."""
        import pandas as pd  # the engine needs torch alone

        return pd.DataFrame([asdict(row) for row in self.rows], columns=[each.name for each in fields(Row)])

    def __getitem__(self, index: Any) -> Any:
        """Return one row or a slice of rows."""
        return self.rows[index]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def __repr__(self) -> str:
        """How much arrived of what was explained."""
        return (
            f"<Audit of {len(self)} calls: {self.reached:.6g} of {self.explained:.6g} arrived, print() shows "
            "it as a table>"
        )

    def __str__(self) -> str:
        """The account as a table of fixed width, with the sum below."""
        table = format_table(list(_HEAD), [_line(row) for row in self.rows])
        unseen = f" (cannot be seen: {', '.join(self.unseen)})" if self.unseen else ""
        return (
            f"{table}\n\nexplained {self.explained:.6g} = at the inputs {self.reached:.6g} "
            f"+ kept on the way {sum(row.lost for row in self.rows):.6g} "
            f"+ unaccounted for {self.unaccounted:.2g}{unseen}"
        )


_HEAD = {
    "module": "module",
    "op": "op",
    "rule": "rule",
    "relevance out": "relevance_out",
    "relevance in": "relevance_in",
    "bias": "to_bias",
    "stabilizer": "to_stabilizer",
    "rule loss": "to_rule",
    "constant": "to_constant",
    "unknown": "to_unknown",
}
"""The columns of the printed account, and the attribute of :class:`Row` in each."""


def _line(row: Row) -> list[str]:
    """One row in words and numbers of six digits."""
    values = asdict(row) | {"module": row.module or "(model)", "rule": row.rule or "-"}
    found = [values[attribute] for attribute in _HEAD.values()]
    return [value if isinstance(value, str) else f"{value:.6g}" for value in found]


def format_table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Set out text in columns: the head, a rule, the lines."""
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    rows = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in (head, *lines)
    ]
    return "\n".join([rows[0], "-" * (sum(widths) + 2 * (len(widths) - 1)), *rows[1:]])


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
        mode: RelevanceMode,
        op: AbstractOp,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Run an op on aliases of its live inputs, at which this call's share alone is read."""
        aliases: list[Tensor] = []
        before = len(mode.calls)

        def alias(tensor: Tensor) -> Tensor:
            aliases.append(torch.ops.aten.alias(tensor) if is_dense(tensor) else tensor.clone())
            return aliases[-1]

        positional, named = map_live(args, alias), map_live(kwargs, alias)
        mode.descent.admit(aliases)
        result = _without_hidden_base(op.run(mode, func, positional, named), (positional, named))
        made = mode.calls[-1] if len(mode.calls) > before else None
        self._stops.follow(made, (args, kwargs), result, is_live=bool(aliases))
        is_written = any(entry.call is mode.calls[-1] for entry in self._entries[-1:])  # by an op inside
        if len(mode.calls) > before and not is_written:
            call = mode.calls[-1]
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
