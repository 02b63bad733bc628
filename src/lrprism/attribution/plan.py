"""The plan: the rule of each op and the reason for it, before any relevance flows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lrprism.display import draw_table
from lrprism.engine import Assignment, Choice, format_table
from lrprism.ops import Call


@dataclass(frozen=True)
class PlanRow:
    """One op call.

    Args:
        call: Position among the recorded calls, in order of execution; -1 for a step that no torch call
            shows.
        module: Dotted path of the module in which the call happens; empty for the model itself.
        module_type: Class name of that module.
        op: The op's name, such as ``conv3d``.
        kind: What the op does to relevance.
        rule: The rule that it gets; empty for the plain gradient.
        why: The selector that matched, or why there is no rule.
    """

    call: int
    module: str
    module_type: str
    op: str
    kind: str
    rule: str
    why: str


_HEAD = ("call", "module", "type", "op", "rule", "why")
"""The columns of the printed plan."""

_UNSEEN = "cannot be seen: plain gradient"


@dataclass(frozen=True, repr=False)
class Plan(Sequence[PlanRow]):
    """The rows in order of execution; prints as a table.

    Args:
        rows: One per op call.
        note: The choice of the composite in words, where it was chosen on samples.
    """

    rows: tuple[PlanRow, ...]
    note: str = ""

    @classmethod
    def of(
        cls, calls: Sequence[Call], assignment: Assignment, unseen: Sequence[str] = (), note: str = ""
    ) -> "Plan":
        """Describe calls with their rules, and steps that no torch call shows."""
        unseen_rows = (PlanRow(-1, "", "", name, "unknown", "", _UNSEEN) for name in unseen)
        return cls((*(_describe_call(call, assignment[call]) for call in calls), *unseen_rows), note)

    def __getitem__(self, index: Any) -> Any:
        """Return one row or a slice of rows."""
        return self.rows[index]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def __repr__(self) -> str:
        """The number of calls."""
        return f"<Plan of {len(self)} calls: print() shows it as a table>"

    def __str__(self) -> str:
        """The plan as a table of fixed width."""
        table = format_table(_HEAD, self._lines)
        return f"{self.note}\n\n{table}" if self.note else table

    def _repr_html_(self) -> str:
        """The plan as a table in the cell of a notebook."""
        return draw_table(_HEAD, self._lines, self.note)

    @property
    def _lines(self) -> list[tuple[str, ...]]:
        # a step that no torch call shows has no number, module or rule
        return [
            (str(r.call), r.module or "(model)", r.module_type, r.op, r.rule or "-", r.why)
            if r.call >= 0
            else ("-", "-", "-", r.op, "-", r.why)
            for r in self.rows
        ]


def _describe_call(call: Call, choice: Choice) -> PlanRow:
    rule = "" if choice.rule is None else repr(choice.rule)
    return PlanRow(
        call.index, call.module, call.module_type.__name__, call.name, call.kind.value, rule, choice.why
    )
