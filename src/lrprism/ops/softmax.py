"""A softmax written by hand: exponentials over their sum follow the rule of ``softmax``, the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor

from lrprism.ops.facets import Facet, name_of, names_with, note_on, sources_of
from lrprism.ops.kinds import Kind
from lrprism.ops.op import Recorder

_ADDS = names_with(Facet.ADDS)
_MOVES = names_with(Facet.MOVES)
_SCALES = frozenset({"AddBackward", "ClampBackward", "ClampMinBackward", "DivBackward", "MulBackward"})
"""Steps between a sum and the division by it: a small number added, a lower bound, a factor."""

_SUMS = """
    Sum Nansum Mean IndexAdd ScatterAdd ScatterReduce SegmentReduce Cumsum Col2Im _AffineFunction
"""
_REDUCTIONS = frozenset(f"{name}Backward" for name in _SUMS.split())
"""Sums over several entries; a product with a constant matrix is one, as over the edges of a graph."""

_EXPONENTIALS = frozenset({"exp", "exp2"})
_LIMIT = 256
"""How many nodes are looked at."""


class Weights(NamedTuple):
    """What was found out about a quotient whose divisor adds exponentials up.

    Args:
        exponentials: The nodes of the exponentials.
        share: The share of relevance that the weights get in a product between them and the quotient, as in
            ``(e * v).sum() / e.sum()``; None where the quotient is the softmax itself.
    """

    exponentials: set[Any]
    share: Callable[[], float] | None

    def mark(self) -> None:
        """Have the exponentials follow their plain gradient."""
        for node in self.exponentials:
            node.in_softmax = True


def weights_of(dividend: Tensor, divisor: Tensor) -> Weights | None:
    """Return how a quotient is a softmax, or None where it is another one.

    Args:
        dividend: The live dividend.
        divisor: The live divisor.
    """
    summed = _summed_exponentials(divisor.grad_fn)
    if not summed:
        return None
    arguments = {_argument(node) for node in summed}
    found = _find_exponential(dividend.grad_fn, arguments)
    return None if found is None else Weights(summed | {found[0]}, found[1])


def weights_in_sum(a: Tensor) -> Weights | None:
    """Return the exponentials of which ``a`` is the sum, as a ``logsumexp`` is its logarithm, or None."""
    summed = _summed_exponentials(a.grad_fn)
    return Weights(summed, None) if summed else None


_RECIPROCAL = "reciprocal of a sum of exponentials"


def run_reciprocal(recorder: Recorder, name: str, compute: Callable[[], Tensor], a: Tensor) -> Tensor | None:
    """Run the reciprocal of a sum of exponentials, which is half of a softmax; return None for another one.

    Args:
        recorder: Notes the call.
        name: The op's name.
        compute: Returns the reciprocal.
        a: The live tensor of which it is taken.
    """
    if weights_in_sum(a) is None:
        return None
    recorder.record(Kind.SOFTMAX, name)
    result = compute()
    note_on(result, _RECIPROCAL, a)
    return result


def divisor_of(factor: Any) -> Tensor | None:
    """Return the sum of exponentials of which a factor is the reciprocal, or None."""
    if not isinstance(factor, Tensor) or factor.grad_fn is None:
        return None
    node = _behind_moves(factor.grad_fn)
    while (
        name_of(node) == "MulBackward" and len(sources := sources_of(node)) == 1
    ):  # 1 / a is a number times that
        node = _behind_moves(sources[0])
    found: Tensor | None = node.metadata.get(_RECIPROCAL)
    return found


def is_log_probability(node: Any) -> bool:
    """Return True if a node made the logarithm of a softmax, be it as scores less their ``logsumexp``."""
    node = _behind_moves(node)
    if name_of(node) == "LogSoftmaxBackward":
        return True
    sources = sources_of(node)
    if name_of(node) != "SubBackward" or len(sources) != 2:
        return False
    normalizer = _behind_moves(sources[1])
    return name_of(normalizer) == "LogsumexpBackward" or getattr(normalizer, "in_softmax", False)


def _behind_moves(node: Any) -> Any:
    """The node behind those that move the entries of one tensor."""
    while name_of(node) in _MOVES and len(sources := sources_of(node)) == 1:
        node = sources[0]
    return node


def _is_function(node: Any, names: frozenset[str]) -> bool:
    """Whether a node is one of our activations, by the name of the torch function."""
    return name_of(node) == "_PassedBackward" and node.op_name in names


def _argument(node: Any) -> tuple[Any, int]:
    """The tensor of which an exponential was taken: the node that made it, and which of its outputs."""
    source, number = node.next_functions[0]
    while name_of(source) == "AliasBackward":  # of the account
        source, number = source.next_functions[0]
    return source, number


def _summed_exponentials(start: Any) -> set[Any] | None:
    """The exponentials whose sum a node made; None where it is no such sum, or not one of these alone."""
    found: set[Any] = set()
    seen = {start}
    pending = [start]
    is_sum = False
    while pending:
        node = pending.pop()
        name, sources = name_of(node), sources_of(node)
        if _is_function(node, _EXPONENTIALS):
            found.add(node)
            continue
        is_scaled = name in _SCALES and len(sources) == 1
        is_norm = getattr(node, "_saved_ord", None) == 1 or _is_function(node, frozenset({"clamp"}))
        if (
            not sources
            or len(seen) > _LIMIT
            or not (name in _ADDS or name in _REDUCTIONS or is_scaled or is_norm)
        ):
            return None
        is_sum = is_sum or name in _REDUCTIONS or is_norm or (name == "AddBackward" and len(sources) > 1)
        pending.extend(each for each in sources if each not in seen)
        seen.update(sources)
    return found if is_sum else None


def _find_exponential(
    start: Any, arguments: set[tuple[Any, int]]
) -> tuple[Any, Callable[[], float] | None] | None:
    """Find an exponential of one of the arguments behind moves, sums and at most one product.

    Returns:
        Its node and its share in the product, or None where there is none.
    """
    pending: list[tuple[Any, Callable[[], float] | None]] = [(start, None)]
    seen = {start}
    while pending and len(seen) < _LIMIT:
        node, share = pending.pop()
        if _is_function(node, _EXPONENTIALS) and _argument(node) in arguments:
            return node, share
        name, sources = name_of(node), sources_of(node)
        if name == "_SharedBackward":
            if share is not None:  # a product of a product
                continue
            share = node.share
        is_product = len(sources) == 2 and all(name_of(each) == "_SharedBackward" for each in sources)
        is_scaled = name in _SCALES and len(sources) == 1
        if name in _ADDS or name in _REDUCTIONS or is_scaled or is_product:
            pending.extend((each, share) for each in sources if each not in seen)
            seen.update(sources)
    return None
