"""The account of one explanation: relevance in and out of each op, and where the difference stayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from lrprism.display import draw_table
from lrprism.engine.per_sample import PerSample

if TYPE_CHECKING:
    import pandas


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
        amounts = self._amounts.items()
        return replace(self, **{name: amount + getattr(other, name) for name, amount in amounts})

    def over(self, count: int) -> Row:
        """This row with its relevance divided by a number."""
        return replace(self, **{name: amount / count for name, amount in self._amounts.items()})

    @property
    def _amounts(self) -> dict[str, Any]:
        """The columns that hold relevance, by name."""
        values = {column.name: getattr(self, column.name) for column in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, float)}

    @property
    def lost(self) -> float:
        """Relevance that did not come through to the op's inputs."""
        return self.to_bias + self.to_stabilizer + self.to_rule + self.to_constant + self.to_unknown


@dataclass(frozen=True, repr=False)
class Account(Sequence[Row]):
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
    def sum_of(audits: Sequence[Account]) -> Account | None:
        """The account of several batches together, row by row; None of none."""
        if not audits:
            return None
        # batches of one model run the same calls; a branch that one batch alone takes has a row of its own
        rows: dict[tuple[int, str, str, str], Row] = {}
        for row in (row for audit in audits for row in audit.rows):
            key = row.call, row.module, row.op, row.rule
            rows[key] = row if key not in rows else rows[key].plus(row)
        return Account(
            tuple(rows.values()),
            sum(audit.explained for audit in audits),
            sum(audit.reached for audit in audits),
            tuple(sorted({name for audit in audits for name in audit.unseen})),
            PerSample.join([audit.per_sample for audit in audits]),
        )

    @staticmethod
    def mean_of(audits: Sequence[Account]) -> Account | None:
        """The mean of the accounts against several references, row by row; None of none."""
        total, count = Account.sum_of(audits), len(audits)
        if total is None:
            return None
        return Account(
            tuple(row.over(count) for row in total.rows),
            total.explained / count,
            total.reached / count,
            total.unseen,
            PerSample.mean_of([audit.per_sample for audit in audits]),
        )

    @property
    def unaccounted(self) -> float:
        """Relevance that no row explains: rounding, and steps that cannot be seen."""
        return self.explained - self.reached - sum(row.lost for row in self.rows)

    def to_frame(self) -> pandas.DataFrame:
        """Return the rows as a data frame; needs pandas (``pip install lrprism[spectral]``)."""
        import pandas as pd  # the engine needs torch alone

        return pd.DataFrame(
            [asdict(row) for row in self.rows], columns=[column.name for column in fields(Row)]
        )

    def __getitem__(self, index: Any) -> Any:
        """Return one row or a slice of rows."""
        return self.rows[index]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def __repr__(self) -> str:
        """Say how much arrived of what was explained."""
        arrived = f"{self.reached:.6g} of {self.explained:.6g} arrived"
        return f"<Account of {len(self)} calls: {arrived}, print() shows it as a table>"

    def __str__(self) -> str:
        """The account as a table of fixed width, with the sum below."""
        table = format_table(list(_HEAD), [_line(row) for row in self.rows])
        return f"{table}\n\n{self._describe_sum()}"

    def _repr_html_(self) -> str:
        """The account as a table in the cell of a notebook."""
        return draw_table(list(_HEAD), [_line(row) for row in self.rows], self._describe_sum())

    def _describe_sum(self) -> str:
        unseen = f" (cannot be seen: {', '.join(self.unseen)})" if self.unseen else ""
        return (
            f"explained {self.explained:.6g} = at the inputs {self.reached:.6g} "
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
    cells = [values[attribute] for attribute in _HEAD.values()]
    return [cell if isinstance(cell, str) else f"{cell:.6g}" for cell in cells]


def format_table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Set out text in columns: the head, a rule, the lines."""
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    rows = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in (head, *lines)
    ]
    return "\n".join([rows[0], "-" * (sum(widths) + 2 * (len(widths) - 1)), *rows[1:]])
