"""A softmax written by hand: exponentials over their sum follow the rule of ``softmax``, the gradient.

So do its own weights over their sum, as behind a mask, a choice of the largest or a power, which is a
temperature; and one exponential over a sum with a constant is a sigmoid.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from torch import Tensor

from lrprism.graph.facets import Facet, name_of, names_with, note_on, sources_of
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

_ACCUMULATING = frozenset({"IndexPutBackward", "UnsafeIndexPutBackward", "PutBackward"})
"""Moves that add up what meets in one place, if asked to."""

_CHOICES = frozenset({"SortBackward", "TopkBackward"})
"""Moves to a place that depends on the numbers."""

_EXPONENTIALS = frozenset({"exp"})
_FACTORS = frozenset({"AliasBackward", "DivBackward", "MulBackward"})
_LIMIT = 256
"""How many nodes are looked at."""


class Weights(NamedTuple):
    """What was found out about a quotient whose divisor adds exponentials up.

    Args:
        exponentials: The nodes of the exponentials and of powers of them.
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
    summed = _summed_weights(divisor.grad_fn)
    if not summed:
        return None
    found = _find_weights(dividend.grad_fn, {_origin(node) for node in summed})
    return None if found is None else Weights(_followed(summed | {found[0]}), found[1])


def weights_in_sum(a: Tensor) -> Weights | None:
    """Return the exponentials of which ``a`` is the sum, as a ``logsumexp`` is its logarithm, or None."""
    summed = _summed_weights(a.grad_fn)
    is_plain = summed and all(_is_function(node, _EXPONENTIALS) for node in summed)
    return Weights(summed, None) if summed and is_plain else None


def exponent_behind(a: Tensor) -> Tensor | None:
    """Return ``u`` of a tensor ``k + s exp(u)`` with constant ``k`` and ``s``, or None of another one.

    One over it is a sigmoid, its logarithm a softplus.
    """
    shift = _behind(a.grad_fn, _FACTORS)
    node = _behind(shift, _FACTORS | {"AddBackward"})
    if name_of(shift) != "AddBackward" or not _is_function(node, _EXPONENTIALS):
        return None
    u: Tensor = node.saved_tensors[0]
    return u


def is_exponential(a: Tensor) -> bool:
    """Return True for an exponential, be it times a constant."""
    return _is_function(_behind(a.grad_fn, _FACTORS), _EXPONENTIALS)


_MARK = "softmax written by hand"


def mark_softmax(tensor: Tensor) -> None:
    """Remember that a quotient is a softmax, and so a gate."""
    note_on(tensor, _MARK, True)


def is_softmax(node: Any) -> bool:
    """Return True if a node made the weights of a softmax."""
    return name_of(node) == "SoftmaxBackward" or _MARK in node.metadata


_RECIPROCAL = "reciprocal of a sum of exponentials"


def run_reciprocal(recorder: Recorder, name: str, compute: Callable[[], Tensor], a: Tensor) -> Tensor | None:
    """Run the reciprocal of a sum of exponentials, which is half of a softmax; return None for another one.

    Args:
        recorder: Notes the call.
        name: The op's name.
        compute: Returns the reciprocal.
        a: The live tensor of which it is taken.
    """
    if not _summed_weights(a.grad_fn):
        return None
    recorder.record(Kind.SOFTMAX, name)
    result = compute()
    note_on(result, _RECIPROCAL, a)
    return result


def divisor_of(factor: Any) -> Tensor | None:
    """Return the sum of exponentials of which a factor is the reciprocal, or None."""
    if not isinstance(factor, Tensor) or factor.grad_fn is None:
        return None
    node = _behind(factor.grad_fn, _MOVES | {"MulBackward"})  # 1 / a is a number times the reciprocal
    found: Tensor | None = node.metadata.get(_RECIPROCAL)
    return found


def is_log_probability(node: Any) -> bool:
    """Return True if a node made the logarithm of a softmax, be it as scores less their ``logsumexp``."""
    node = _behind(node, _MOVES)
    if name_of(node) == "LogSoftmaxBackward":
        return True
    sources = sources_of(node)
    if name_of(node) != "SubBackward" or len(sources) != 2:
        return False
    normalizer = _behind(sources[1], _MOVES)
    return name_of(normalizer) == "LogsumexpBackward" or getattr(normalizer, "in_softmax", False)


def _behind(node: Any, names: frozenset[str]) -> Any:
    """The node behind those of some kinds that have one live input."""
    while name_of(node) in names and len(sources := sources_of(node)) == 1:
        node = sources[0]
    return node


def _base_of(power: Any) -> Any:
    """The node that made what a power was taken of, behind moves and constant factors."""
    return _behind(sources_of(power)[0], _MOVES | _FACTORS)


def _is_function(node: Any, names: frozenset[str]) -> bool:
    """Whether a node is one of our activations, by the name of the torch function."""
    return name_of(node) == "_PassedBackward" and node.op_name in names


def _argument(node: Any) -> tuple[Any, int]:
    """The tensor of which an exponential was taken: the node that made it, and which of its outputs."""
    source, number = node.next_functions[0]
    while name_of(source) == "AliasBackward":  # of the account
        source, number = source.next_functions[0]
    return source, number


def _origin(node: Any) -> Hashable | None:
    """What tells the weights that a node made from others; None of a node that makes none.

    Weights are exponentials, what a softmax made, and a power of either.
    """
    if _is_function(node, _EXPONENTIALS):
        return (*_argument(node), node.rate)
    if is_softmax(node):
        return node if _MARK in node.metadata else (_argument(node), node._saved_dim)
    exponent = getattr(node, "exponent", None)
    base = None if exponent is None else _origin(_base_of(node))
    return base and (base, exponent)


def _followed(weights: set[Any]) -> set[Any]:
    """The nodes of ours among those that made weights, and those of which they are powers."""
    found: set[Any] = set()
    pending = [node for node in weights if not is_softmax(node)]
    while pending:
        node = pending.pop()
        found.add(node)
        base = _base_of(node)
        if not (_is_function(node, _EXPONENTIALS) or is_softmax(base)):
            pending.append(base)
    return found


def _summed_weights(start: Any) -> set[Any] | None:
    """The nodes of the weights whose sum a node made; None where it is no such sum, or not of these alone."""
    found: set[Any] = set()
    seen = {start}
    pending = [start]
    is_sum = False
    while pending:
        node = pending.pop()
        name, sources = name_of(node), sources_of(node)
        if _origin(node) is not None:
            found.add(node)
            continue
        is_norm = getattr(node, "_saved_ord", None) == 1 or _is_function(node, frozenset({"clamp"}))
        if not sources or len(seen) > _LIMIT or not (is_norm or _is_linear(name, sources)):
            return None
        is_sum = is_sum or is_norm or _adds_up(node, name, sources)
        pending.extend(each for each in sources if each not in seen)
        seen.update(sources)
    return found if is_sum else None


def _is_linear(name: str, sources: list[Any]) -> bool:
    """Whether a node moves, adds up or scales."""
    is_scaled = name in _SCALES and len(sources) == 1
    return is_scaled or name in _ADDS or name in _REDUCTIONS or name in _CHOICES


def _adds_up(node: Any, name: str, sources: list[Any]) -> bool:
    """Whether several entries become one."""
    is_accumulating = name in _ACCUMULATING and node._saved_accumulate
    return name in _REDUCTIONS or is_accumulating or (name == "AddBackward" and len(sources) > 1)


def _find_weights(start: Any, origins: set[Hashable | None]) -> tuple[Any, Callable[[], float] | None] | None:
    """Find weights of one of the origins behind moves, sums and at most one product.

    Returns:
        Their node and their share in the product, or None where there is none.
    """
    pending: list[tuple[Any, Callable[[], float] | None]] = [(start, None)]
    seen = {start}
    while pending and len(seen) < _LIMIT:
        node, share = pending.pop()
        origin = _origin(node)
        if origin is not None and origin in origins:
            return node, share
        name, sources = name_of(node), sources_of(node)
        if name == "_SharedBackward":
            if share is not None:  # a product of a product
                continue
            share = node.share
        factors = [name_of(_behind(each, _MOVES)) for each in sources]  # matmul and einsum fold them first
        is_product = factors == ["_SharedBackward"] * 2
        if is_product or _is_linear(name, sources):
            pending.extend((each, share) for each in sources if each not in seen)
            seen.update(sources)
    return None
