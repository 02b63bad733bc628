"""The account of one explanation: relevance in and out of each op, and where the difference stayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lrprism.ops import AbstractOp, Call, Kind, Sinks, tensors_in

if TYPE_CHECKING:
    from lrprism.engine.mode import RelevanceMode


@dataclass(frozen=True)
class Row:
    """One op call of the account, summed over the batch (and over classes, if several).

    In units of the explained output: ``relevance_out = relevance_in + to_bias + to_stabilizer + to_rule +
    to_constant``, to the precision of the type.

    Args:
        call: Position among the recorded calls, in order of execution.
        module: Dotted path of the module in which the call happened; empty for the model itself.
        op: The op's name, such as ``conv3d``.
        rule: The rule that it got; empty for the plain gradient.
        relevance_out: Relevance at the op's output.
        relevance_in: Relevance that it handed to its inputs.
        to_bias: Kept by the (modified) bias.
        to_stabilizer: Kept by the stabiliser of the denominator.
        to_rule: Lost by the rule itself, such as relevance at a pre-activation of exactly zero, or by an op
            without a rule.
        to_constant: Handed to constants: an added position code, the shift of a batch norm.
    """

    call: int
    module: str
    op: str
    rule: str
    relevance_out: float
    relevance_in: float
    to_bias: float
    to_stabilizer: float
    to_rule: float
    to_constant: float


@dataclass(frozen=True)
class Audit(Sequence[Row]):
    """The rows of the account in order of execution; prints as a table."""

    rows: tuple[Row, ...]

    def __getitem__(self, index: Any) -> Any:
        """Return one row or a slice of rows."""
        return self.rows[index]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def __str__(self) -> str:
        """The account as a table of fixed width."""
        return format_table(list(_HEAD), [_line(row) for row in self.rows])


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


@dataclass(frozen=True)
class _Entry:
    """One call with the tensors at which its relevance is read."""

    call: Call
    inputs: list[Tensor]
    outputs: list[Tensor]


class Ledger:
    """Holds, during an audited pass, the tensors between which relevance is counted."""

    def __init__(self) -> None:
        """Start with nothing written down."""
        self._entries: list[_Entry] = []

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
        result = op.run(mode, func, _alias(args, aliases), _alias(kwargs, aliases))
        if len(mode.calls) > before:
            outputs = [tensor for tensor in tensors_in(result) if tensor.requires_grad]
            self._entries.append(_Entry(mode.calls[-1], aliases, outputs))
        return result

    def tensors(self) -> Iterator[Tensor]:
        """The tensors whose modified gradients :meth:`balance` needs, in order."""
        for entry in self._entries:
            yield from (*entry.inputs, *entry.outputs)

    def balance(self, gradients: Sequence[Sequence[Tensor | None]]) -> Audit:
        """Close the account.

        Args:
            gradients: For each backward pass, the modified gradient at each of :meth:`tensors`.
        """
        totals = [
            sum(_relevance(tensor, gradient) for gradient in each)
            for tensor, each in zip(self.tensors(), zip(*gradients, strict=True), strict=True)
        ]
        rows: list[Row] = []
        position = 0
        for entry in self._entries:
            middle = position + len(entry.inputs)
            end = middle + len(entry.outputs)
            rows.append(_row(entry.call, sum(totals[middle:end]), sum(totals[position:middle])))
            position = end
        return Audit(tuple(rows))


def _alias(values: Any, aliases: list[Tensor]) -> Any:
    """Replace each live tensor by an alias of it, and collect the aliases."""
    if isinstance(values, Tensor):
        if not values.requires_grad:
            return values
        aliases.append(torch.ops.aten.alias(values))
        return aliases[-1]
    if type(values) is tuple or type(values) is list:
        return type(values)([_alias(value, aliases) for value in values])
    return {key: _alias(value, aliases) for key, value in values.items()} if type(values) is dict else values


def _relevance(tensor: Tensor, gradient: Tensor | None) -> float:
    return 0.0 if gradient is None else float((tensor.detach() * gradient).sum(dtype=torch.float64))


def _row(call: Call, relevance_out: float, relevance_in: float) -> Row:
    """Split what did not come through into its sinks."""
    sinks = call.sinks or Sinks()
    bias, stabilizer = float(sinks.bias), float(sinks.stabilizer)
    rest = relevance_out - relevance_in - bias - stabilizer
    is_exact = call.kind in (Kind.ROUTING, Kind.NORMALIZATION, Kind.AVERAGE_POOLING)
    to_rule, to_constant = (0.0, rest) if is_exact else (rest, 0.0)
    rule = "" if call.rule is None else repr(call.rule)
    return Row(
        call.index,
        call.module,
        call.name,
        rule,
        relevance_out,
        relevance_in,
        bias,
        stabilizer,
        to_rule,
        to_constant,
    )
