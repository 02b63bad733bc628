"""A user's own ``autograd.Function`` for which the user has named an op: no torch call shows that it ran."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from lrprism.ops import AbstractOp, OwnOps
from lrprism.ops.functions import entry_of


class OwnFunctions:
    """Finds the results of such Functions among the arguments of later calls, and their inputs behind them.

    Args:
        ops: The ops that the user has named; those of autograd Functions are looked for.
    """

    def __init__(self, ops: OwnOps) -> None:
        """Keep the ops of Functions."""
        self._ops: dict[Any, AbstractOp] = {each: op for each, op in ops.items() if isinstance(each, type)}
        self._done: dict[int, Tensor] = {}  # held, so that each id stays its own
        self._results: dict[tuple[Any, int], Tensor] = {}

    def __bool__(self) -> bool:
        """Whether there is any such op."""
        return bool(self._ops)

    def remember(self, tensors: Iterable[Tensor]) -> None:
        """Remember live tensors: a Function may take them."""
        self._results |= {(tensor.grad_fn, tensor.output_nr): tensor for tensor in tensors}

    def new_result(self, tensor: Tensor) -> tuple[AbstractOp, list[Tensor]] | None:
        """Return op and live inputs of the Function that returned a tensor, the first time it is asked.

        None for any other tensor, and where an input was made unseen.
        """
        node: Any = tensor.grad_fn
        op = self._ops.get(getattr(type(node), "_forward_cls", None))
        if op is None or id(tensor) in self._done:
            return None
        inputs = [self._results.get(edge) for edge in node.next_functions if edge[0] is not None]
        if None in inputs:
            return None
        self._done[id(tensor)] = tensor
        return op, inputs  # type: ignore[return-value]  # none of them is None


def replay(tensor: Tensor) -> Callable[..., Tensor]:
    """Return a function of the live inputs that gives ``tensor``, which a Function returned, once more.

    Relevance comes back to these inputs through the Function's own ``backward``.
    """

    def give(*inputs: Tensor) -> Tensor:
        if not any(each.requires_grad for each in inputs):
            return tensor.detach()
        result: Tensor = _enter(tensor.detach(), tensor.grad_fn, tensor.output_nr, *inputs)
        return result

    return give


class _Replayed(torch.autograd.Function):
    """The result of a Function, with the Function's own way back."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, node: Any, number: int, *inputs: Tensor) -> Tensor:
        del inputs
        ctx.node, ctx.number = node, number
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Any, ...]:
        (g,) = grad_outputs
        count = len(ctx.node._input_metadata)
        results = ctx.node.apply(*(g if number == ctx.number else None for number in range(count)))
        each = results if isinstance(results, tuple) else (results,)
        live = [one for one, is_live in zip(each, ctx.node.needs_input_grad, strict=True) if is_live]
        return None, None, None, *live


_enter = entry_of(_Replayed)
