"""The softmax or sigmoid at the end of a network, or what stands in its place for a regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor

from lrprism.graph import Facet, name_of, names_with, op_name_of, sources_of
from lrprism.graph.repeats import FINISHES, SCALES, can_repeat
from lrprism.ops import is_log_probability, is_softmax

ENDS = {
    "SoftmaxBackward": "softmax",
    "LogSoftmaxBackward": "log_softmax",
    "SigmoidBackward": "sigmoid",
    "LogSigmoidBackward": "logsigmoid",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "sigmoid": "sigmoid",
    "expit": "sigmoid",
    "logsigmoid": "logsigmoid",
    "log_sigmoid_forward": "logsigmoid",
}
"""Ends by the name of their node in the autograd graph, or of their op."""

_LINKS = {
    "exp": "exp",
    "softplus": "softplus",
    "hardsigmoid": "hardsigmoid",
    "ExpBackward": "exp",
    "SoftplusBackward": "softplus",
    "HardsigmoidBackward": "hardsigmoid",
}
"""Other ends that grow with a score of either sign and are never negative, as a count is."""

_JOINS = names_with(Facet.JOINS_GATES)
_LOOKED_THROUGH = names_with(Facet.MOVES) | SCALES | names_with(Facet.ADDS) | FINISHES
_LIMIT = 64
"""How many tensors may be joined behind softmaxes."""


class End(NamedTuple):
    """The softmax or sigmoid at the end of a network, or what stands in its place for a regression.

    Args:
        name: ``softmax``, ``log_softmax``, ``sigmoid`` or ``logsigmoid``; ``exp`` (of any base), ``softplus``
            or ``hardsigmoid``.
        node: Its node in the autograd graph.
        behind: The nodes between it and the output, the last one first: they only move or scale entries.
        is_written_out: Whether it is written as exponentials over their sum.
    """

    name: str
    node: Any
    behind: Sequence[Any]
    is_written_out: bool = False

    @property
    def is_softmax(self) -> bool:
        """True if the classes compete, so that relevance follows the gradient."""
        return self.name in {"softmax", "log_softmax"}

    @property
    def is_link(self) -> bool:
        """True if it makes numbers above zero that are no probabilities."""
        return self.name in _LINKS

    @property
    def is_scaled(self) -> bool:
        """True if it is shifted or scaled behind."""
        return any(name_of(node) in SCALES for node in self.behind)

    @property
    def has_front(self) -> bool:
        """True if the logits in front can be explained in its place, unless a shape forbids it."""
        is_called = not (self.is_written_out or self.is_link)
        return is_called and all(can_repeat(node, is_softmax=self.is_softmax) for node in self.behind)


def find_end(output: Tensor) -> End | None:
    """Return the softmax or sigmoid that made an output, or None; moves, scales and means are looked through.

    Args:
        output: What a model returned, with its place in the autograd graph.
    """
    return None if output.grad_fn is None else _find_end_behind(output.grad_fn, _LIMIT)


def _find_end_behind(node: Any, limit: int) -> End | None:
    """Return the end in front of a node; where several tensors are joined, all must have one."""
    behind: list[Any] = []
    link: End | None = None
    while True:
        name = op_name_of(node)
        # a softmax or sigmoid called by its name
        if name in ENDS:
            return End(ENDS[name], node, behind)
        # one written out: exp(z) / exp(z).sum(), 1 / (1 + exp(-z)), z - z.logsumexp()
        if is_softmax(node) or name == "logistic":
            return End("sigmoid" if name == "logistic" else "softmax", node, behind, is_written_out=True)
        sources = sources_of(node)
        if name == "SubBackward" and is_log_probability(node):
            return End("log_softmax", node, behind, is_written_out=True)
        # exp() may be that of exp(log_softmax(z)): it is the end only if nothing better stands in front
        if name in _LINKS and link is None:
            link = End(_LINKS[name], node, tuple(behind))
        behind.append(node)
        # torch.cat of the probabilities of several heads
        if len(sources) > 1 and name in _JOINS and len(sources) <= limit:
            first, *others = [_find_end_behind(source, limit // len(sources)) for source in sources]
            if first is None or None in others:
                return link
            return first._replace(behind=[*behind, *first.behind])
        if len(sources) != 1 or name not in _LOOKED_THROUGH:
            return link
        (node,) = sources
