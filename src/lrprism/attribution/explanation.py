"""What an explanation holds."""

from dataclasses import dataclass, field

from torch import Tensor

from lrprism._errors import ConservationError, InputError
from lrprism.engine import Audit

Relevance = Tensor | tuple[Tensor, ...] | dict[str, Tensor]
"""Relevance in the form of the inputs."""

_SHOWN = 5
"""How many rows a failed check names."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """Relevance of one batch.

    Args:
        relevance: Like the inputs, a tensor, a tuple or a dict of them; one number per token for token ids;
            with a leading class axis for ``target="all"`` and ``target.each(...)``. In units of the explained
            output.
        output: What the model returned, or what ``output=`` chose of it, detached.
        target: The explained class of each sample, ``[N]``; of each entry of the class axis where there is
            one; None where the target is no index: a callable, a contrast, an output as it is.
        layers: Relevance at the output of each module that was asked for, by path; a tuple where a module has
            several outputs or was called several times; with a leading class axis where there is one.
        audit: The account, where ``audit=True`` asked for one.
    """

    relevance: Relevance
    output: Tensor
    target: Tensor | None
    layers: dict[str, Tensor | tuple[Tensor, ...]] = field(default_factory=dict)
    audit: Audit | None = None

    def check(self, tolerance: float = 1e-3) -> None:
        """Check that relevance is conserved: that what was explained arrived at the inputs.

        Args:
            tolerance: The share of the explained output, summed over the batch, that may be lost on the way.

        Raises:
            InputError: If no account was kept, or ``tolerance`` is negative.
            ConservationError: If more was lost; names the ops that kept most.
        """
        if not tolerance >= 0:
            raise InputError(f"tolerance should be >= 0. Found {tolerance!r}.")
        if self.audit is None:
            raise InputError("check() should have an account. Found none. Try explain(..., audit=True).")
        audit = self.audit
        lost = audit.explained - audit.reached
        if abs(lost) <= tolerance * abs(audit.explained):
            return
        worst = sorted(audit.rows, key=lambda row: -abs(row.lost))[:_SHOWN]
        kept = [f"{row.op} in {row.module or '(model)'} kept {row.lost:.4g}" for row in worst if row.lost]
        raise ConservationError(
            f"at most {tolerance:.3g} of the explained output should be lost on the way to the inputs. "
            f"Found {audit.explained:.6g} explained, {audit.reached:.6g} arrived, "
            f"{audit.unaccounted:.2g} unaccounted for. Most is here: {'; '.join(kept) or '(nowhere)'}."
        )
