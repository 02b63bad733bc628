"""A softmax written by hand: exponentials over their sum follow the rule of ``softmax``, the gradient.

So do its own weights over their sum, as behind a mask, a choice of the largest or a power, which is a
temperature; and one exponential over a sum with a constant is a sigmoid.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from torch import Tensor

from lrprism.graph import PASSED, SHARED, Edge, Facet, name_of, names_with, skip_back, sources_of, write_note
from lrprism.ops.kinds import Kind
from lrprism.ops.op import Recorder

_ADDS = names_with(Facet.ADDS)
_MOVES = names_with(Facet.MOVES)
_FACTORS = names_with(Facet.MULTIPLIES)
_DIVISOR_STEPS = names_with(Facet.LEADS_TO_DIVISOR)
_REDUCTIONS = names_with(Facet.REDUCES)
_ACCUMULATING = names_with(Facet.MAY_ADD_UP)
_REORDERS = names_with(Facet.REORDERS)
_EXPONENTIALS = frozenset({"exp"})
_CLAMPS = frozenset({"clamp"})
_LIMIT = 256
"""The most nodes to visit."""


class Weights(NamedTuple):
    """The weights of a softmax, found behind a quotient whose divisor adds exponentials up.

    Args:
        exponentials: The nodes of the exponentials and of powers of them.
        share: The share of relevance that the weights get in a product between them and the quotient, as in
            ``(e * v).sum() / e.sum()``; None where the quotient is the softmax itself.
    """

    exponentials: set[Any]
    share: Callable[[], float] | None

    def mark(self) -> None:
        """Let the exponentials follow their plain gradient."""
        for node in self.exponentials:
            node.in_softmax = True


def find_weights(dividend: Tensor, divisor: Tensor) -> Weights | None:
    """Return the weights of the softmax that a quotient is, or None if it is no softmax.

    Args:
        dividend: The live dividend.
        divisor: The live divisor.
    """
    summed = _collect_summed_weights(divisor.grad_fn)
    if not summed:
        return None
    weights = _find_weights_of(dividend.grad_fn, {_identify(node) for node in summed})
    return None if weights is None else Weights(_add_bases(summed | {weights[0]}), weights[1])


def find_weights_in_sum(a: Tensor) -> Weights | None:
    """Return the exponentials whose sum ``a`` is, as a ``logsumexp`` is its logarithm, or None."""
    summed = _collect_summed_weights(a.grad_fn)
    is_plain = summed and all(_is_function(node, _EXPONENTIALS) for node in summed)
    return Weights(summed, None) if summed and is_plain else None


def find_exponent(a: Tensor) -> Tensor | None:
    """Return ``u`` of a tensor ``k + s exp(u)`` with constant ``k`` and ``s``, or None of any other tensor.

    One over it is a sigmoid, its logarithm a softplus.
    """
    shift = skip_back(a.grad_fn, _FACTORS)
    node = skip_back(shift, _FACTORS | {"AddBackward"})
    if name_of(shift) != "AddBackward" or not _is_function(node, _EXPONENTIALS):
        return None
    u: Tensor = node.saved_tensors[0]  # _ElementwiseFunction keeps its argument
    return u


def is_exponential(a: Tensor) -> bool:
    """Return True for an exponential, alone or times a constant."""
    return _is_function(skip_back(a.grad_fn, _FACTORS), _EXPONENTIALS)


_MARK = "softmax written by hand"


def mark_softmax(tensor: Tensor) -> None:
    """Mark a quotient as a softmax, and so as a gate."""
    write_note(tensor, _MARK, True)


def is_softmax(node: Any) -> bool:
    """Return True if a node made the weights of a softmax."""
    return name_of(node) == "SoftmaxBackward" or _MARK in node.metadata


_RECIPROCAL = "reciprocal of a sum of exponentials"


def run_reciprocal(recorder: Recorder, name: str, compute: Callable[[], Tensor], a: Tensor) -> Tensor | None:
    """Run the reciprocal of a sum of exponentials, which is half of a softmax; return None for another one.

    Args:
        recorder: Records the call.
        name: The op's name.
        compute: Returns the reciprocal.
        a: The live tensor whose reciprocal it is.
    """
    if not _collect_summed_weights(a.grad_fn):
        return None
    recorder.record(Kind.SOFTMAX, name)
    result = compute()
    write_note(result, _RECIPROCAL, a)
    return result


def find_divisor(factor: Any) -> Tensor | None:
    """Return the sum of exponentials whose reciprocal a factor is, or None."""
    if not isinstance(factor, Tensor) or factor.grad_fn is None:
        return None
    node = skip_back(factor.grad_fn, _MOVES | {"MulBackward"})  # 1 / a is a number times the reciprocal
    divisor: Tensor | None = node.metadata.get(_RECIPROCAL)
    return divisor


def is_log_probability(node: Any) -> bool:
    """Return True if a node made the logarithm of a softmax, also as scores less their ``logsumexp``."""
    node = skip_back(node, _MOVES)
    if name_of(node) == "LogSoftmaxBackward":
        return True
    sources = sources_of(node)
    if name_of(node) != "SubBackward" or len(sources) != 2:
        return False
    normalizer = skip_back(sources[1], _MOVES)
    return name_of(normalizer) == "LogsumexpBackward" or getattr(normalizer, "in_softmax", False)


def _base_of(power: Any) -> Any:
    """Return the node of the base of a power, behind moves and constant factors."""
    return skip_back(sources_of(power)[0], _MOVES | _FACTORS)


def _is_function(node: Any, names: frozenset[str]) -> bool:
    """Return True if a node is one of our activations, by the name of the torch function."""
    return name_of(node) == PASSED and node.op_name in names


def _argument_of(node: Any) -> Edge:
    """Return the argument of an exponential or softmax, behind the aliases of the account."""
    source, number = node.next_functions[0]
    while name_of(source) == "AliasBackward":
        source, number = source.next_functions[0]
    return source, number


def _identify(node: Any) -> Hashable | None:
    """Return what tells the weights that a node made from other weights; None if it made none.

    Weights are exponentials, the result of a softmax, and a power of either.
    """
    if _is_function(node, _EXPONENTIALS):
        return (*_argument_of(node), node.rate)
    if is_softmax(node):
        return node if _MARK in node.metadata else (_argument_of(node), node._saved_dim)
    # a temperature: softmax(z)^2 over its sum is softmax(2 z)
    exponent = getattr(node, "exponent", None)
    base = None if exponent is None else _identify(_base_of(node))
    return base and (base, exponent)


def _add_bases(weights: set[Any]) -> set[Any]:
    """Return our own nodes among those of weights, together with those of which they are powers."""
    nodes: set[Any] = set()
    pending = [node for node in weights if not is_softmax(node)]
    while pending:
        node = pending.pop()
        nodes.add(node)
        base = _base_of(node)
        if not (_is_function(node, _EXPONENTIALS) or is_softmax(base)):
            pending.append(base)
    return nodes


def _collect_summed_weights(start: Any) -> set[Any] | None:
    """Return the nodes of the weights whose sum a node made; None if it is no sum, or one of other things."""
    weights: set[Any] = set()
    seen = {start}
    pending = [start]
    is_sum = False
    while pending:
        node = pending.pop()
        name, sources = name_of(node), sources_of(node)
        # here the weights begin: no look behind them
        if _identify(node) is not None:
            weights.add(node)
            continue
        # F.normalize(e, p=1) divides by a norm, which is a sum of what is positive, and bounds it below
        is_norm = getattr(node, "_saved_ord", None) == 1 or _is_function(node, _CLAMPS)
        if not sources or len(seen) > _LIMIT or not (is_norm or _is_linear(name, sources)):
            return None
        is_sum = is_sum or is_norm or _adds_up(node, name, sources)
        pending.extend(source for source in sources if source not in seen)
        seen.update(sources)
    return weights if is_sum else None


def _is_linear(name: str, sources: list[Any]) -> bool:
    """Return True if a node moves, adds up or scales."""
    is_scaled = name in _DIVISOR_STEPS and len(sources) == 1
    return is_scaled or name in _ADDS or name in _REDUCTIONS or name in _REORDERS


def _adds_up(node: Any, name: str, sources: list[Any]) -> bool:
    """Return True if several entries become one."""
    is_accumulating = name in _ACCUMULATING and node._saved_accumulate
    return name in _REDUCTIONS or is_accumulating or (name == "AddBackward" and len(sources) > 1)


def _find_weights_of(
    start: Any, identities: set[Hashable | None]
) -> tuple[Any, Callable[[], float] | None] | None:
    """Find one of some weights behind moves, sums and at most one product.

    Returns:
        Their node and their share in the product, or None where there is none.
    """
    pending: list[tuple[Any, Callable[[], float] | None]] = [(start, None)]
    seen = {start}
    while pending and len(seen) < _LIMIT:
        node, share = pending.pop()
        identity = _identify(node)
        if identity is not None and identity in identities:
            return node, share
        name, sources = name_of(node), sources_of(node)
        if name == SHARED:
            # a product of a product: this way leads to no weights
            if share is not None:
                continue
            share = node.share
        factors = [name_of(skip_back(source, _MOVES)) for source in sources]  # matmul and einsum fold first
        is_product = factors == [SHARED] * 2
        if is_product or _is_linear(name, sources):
            pending.extend((source, share) for source in sources if source not in seen)
            seen.update(sources)
    return None
