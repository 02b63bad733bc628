"""A user's own ``autograd.Function`` for which the user has named an op: no torch call shows that it ran."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import compress
from typing import Any, NamedTuple

from torch import Tensor

from lrprism.engine.modules import Modules
from lrprism.graph import OwnFunction, entry_of
from lrprism.ops import AbstractOp, OwnOps

Place = tuple[str, type]
"""Path and class of a module."""


class Applied(NamedTuple):
    """One application of a Function.

    Args:
        function: The Function.
        op: The op that the user has named for it.
        inputs: Its inputs that descend from the model's.
        is_live: Of its inputs that require grad, whether they do.
        place: The module in which it was applied.
    """

    function: Any
    op: AbstractOp
    inputs: list[Tensor]
    is_live: list[bool]
    place: Place


class OwnFunctions:
    """Finds the results of such Functions among the arguments of later calls, and their inputs behind them.

    Args:
        ops: The ops that the user has named; those of autograd Functions are looked for.
        modules: The modules of the model.
    """

    def __init__(self, ops: OwnOps, modules: Modules) -> None:
        """Keep the ops of Functions."""
        self._modules = modules
        self._log: list[tuple[int, Place]] = []
        self._ops: dict[Any, AbstractOp] = {each: op for each, op in ops.items() if isinstance(each, type)}
        self.blocked: set[Any] = set()
        """Functions of which an input is not at hand: no torch call saw it, or it was written to in place."""
        self._done: dict[int, Tensor] = {}  # held, so that each id stays its own
        self._results: dict[tuple[Any, int], tuple[Tensor, Any]] = {}

    def __bool__(self) -> bool:
        """Whether there is any such op."""
        return bool(self._ops)

    def remember(self, tensor: Tensor, value: Tensor) -> None:
        """Remember a live tensor, which a Function may take, and what stands for it by now."""
        if tensor.grad_fn is not None:
            self._results[tensor.grad_fn, tensor.output_nr] = value, value.grad_fn

    def _result(self, edge: tuple[Any, int]) -> Tensor | None:
        """The tensor at an edge of the graph; None if it is not known, or a Function has written to it."""
        value, node = self._results.get(edge, (None, None))
        return value if value is not None and value.grad_fn is node else None

    def logging(self) -> AbstractContextManager[None]:
        """Write down which module runs when, so that it can be told which one applied a Function."""
        return self._modules.logging(self._log) if self else nullcontext()

    def new_result(self, tensor: Tensor, descends: Callable[[Any], bool]) -> Applied | None:
        """Return how a Function returned a tensor, the first time it is asked.

        None for any other tensor, and where an input was made unseen.

        Args:
            tensor: A tensor.
            descends: Whether what a node made descends from the model's inputs.
        """
        node: Any = tensor.grad_fn
        function = getattr(type(node), "_forward_cls", None)
        op = self._ops.get(function)
        if op is None or id(tensor) in self._done:
            return None
        edges = [edge for edge in node.next_functions if edge[0] is not None]
        is_live = [descends(source) for source, _ in edges]  # parameters are constants
        inputs = [self._result(edge) for edge in compress(edges, is_live)]
        known = [each for each in inputs if each is not None]
        if len(known) < len(inputs):
            self.blocked.add(function)
            return None
        self._done[id(tensor)] = tensor
        return Applied(function, op, known, is_live, self._place_of(node))

    def _place_of(self, node: Any) -> Place:
        """The module that ran when a node was made; as autograd numbers nodes in the order of execution."""
        number = bisect_right(self._log, node._sequence_nr(), key=lambda entry: entry[0])
        return self._log[number - 1][1]


def replay(tensor: Tensor, is_live: Sequence[bool]) -> Callable[..., Tensor]:
    """Return a function of the live inputs that gives ``tensor``, which a Function returned, once more.

    Relevance comes back to these inputs through the Function's own ``backward``.

    Args:
        tensor: What the Function returned.
        is_live: As for :class:`Applied`.
    """

    def give(*inputs: Tensor) -> Tensor:
        if not any(each.requires_grad for each in inputs):
            return tensor.detach()
        result: Tensor = _enter(tensor.detach(), tensor.grad_fn, tensor.output_nr, is_live, *inputs)
        return result

    return give


class _Replayed(OwnFunction):
    """The result of a Function, with the Function's own way back."""

    @staticmethod
    def forward(
        ctx: Any, value: Tensor, node: Any, number: int, is_live: Sequence[bool], *inputs: Tensor
    ) -> Tensor:
        del inputs
        ctx.node, ctx.number, ctx.is_live = node, number, is_live
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Any, ...]:
        (g,) = grad_outputs
        count = len(ctx.node._input_metadata)
        results = ctx.node.apply(*(g if number == ctx.number else None for number in range(count)))
        each = results if isinstance(results, tuple) else (results,)
        wanted = compress(each, ctx.node.needs_input_grad)
        return None, None, None, None, *compress(wanted, ctx.is_live)


_enter = entry_of(_Replayed)
