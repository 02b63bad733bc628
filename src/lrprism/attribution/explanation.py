"""What an explanation holds."""

from dataclasses import dataclass, field

from torch import Tensor

from lrprism.engine import Audit


@dataclass(frozen=True, eq=False)
class Explanation:
    """Relevance of one batch.

    Args:
        relevance: Like the inputs, a tensor or a tuple of them; with a leading class axis for
            ``target="all"``. In units of the explained output.
        output: What the model returned, detached.
        target: The explained class of each sample, ``[N]``; of each entry of the class axis for ``"all"``;
            None for a callable target.
        layers: Relevance at the output of each module that was asked for, by path; a tuple where a module has
            several outputs or was called several times; with a leading class axis for ``target="all"``.
        audit: The account, where ``audit=True`` asked for one.
    """

    relevance: Tensor | tuple[Tensor, ...]
    output: Tensor
    target: Tensor | None
    layers: dict[str, Tensor | tuple[Tensor, ...]] = field(default_factory=dict)
    audit: Audit | None = None
