"""Ops for a user's own ``autograd.Function``, which runs without a torch call that shows it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, ClassVar, NamedTuple, final

from torch import Tensor

from lrprism.engine.modules import Modules
from lrprism.graph import Edge, OwnFunction, edges_of, entry_of
from lrprism.ops import AbstractOp, OwnOps

Location = tuple[str, type]
"""Path and class of a module."""


class Applied(NamedTuple):
    """One application of a Function.

    Args:
        function: The Function.
        op: The op that the user has named for it.
        inputs: Its live inputs.
        is_live: For each input that requires grad, whether it is live; a parameter is not.
        place: The module in which it was applied.
    """

    function: Any
    op: AbstractOp
    inputs: list[Tensor]
    is_live: list[bool]
    place: Location


class OwnFunctions:
    """Finds the results of Functions among the arguments of later calls, and the inputs of the Functions.

    Args:
        ops: The ops that the user has named; those of autograd Functions among them count.
        modules: The modules of the model.
    """

    def __init__(self, ops: OwnOps, modules: Modules) -> None:
        """Keep the ops of Functions."""
        self._modules = modules
        self._log: list[tuple[int, Location]] = []
        self._ops: dict[Any, AbstractOp] = {key: op for key, op in ops.items() if isinstance(key, type)}
        self.blocked: set[Any] = set()
        """Functions with an input that is not at hand: no torch call saw it, or it was overwritten."""
        self._done: dict[int, Tensor] = {}  # keeps the tensors alive, so that no other tensor gets their id
        self._results: dict[Edge, tuple[Tensor, Any]] = {}

    def __bool__(self) -> bool:
        """Return True if the user has named an op for a Function."""
        return bool(self._ops)

    def remember(self, tensor: Tensor, value: Tensor) -> None:
        """Remember a live tensor that a Function may take, and the tensor that stands for it by now."""
        if tensor.grad_fn is not None:
            self._results[tensor.grad_fn, tensor.output_nr] = value, value.grad_fn

    def _tensor_at(self, edge: Edge) -> Tensor | None:
        """Return the tensor at an edge of the graph; None if no call saw it, or a Function wrote to it."""
        value, node = self._results.get(edge, (None, None))
        return value if value is not None and value.grad_fn is node else None

    def logging(self) -> AbstractContextManager[None]:
        """Log which module runs when, to tell later which one applied a Function."""
        return self._modules.logging(self._log) if self else nullcontext()

    def new_result(self, tensor: Tensor, descends: Callable[[Any], bool]) -> Applied | None:
        """Return the application of a Function that a tensor came from, the first time the tensor is seen.

        None for any other tensor, and if no torch call showed an input.

        Args:
            tensor: A tensor.
            descends: Tells whether the output of a node descends from the model's inputs.
        """
        node: Any = tensor.grad_fn
        function = getattr(type(node), "_forward_cls", None)
        op = self._ops.get(function)
        if op is None or id(tensor) in self._done:
            return None
        edges = edges_of(node)
        is_live = [descends(source) for source, _ in edges]  # parameters are constants
        inputs = []
        for edge in compress(edges, is_live):
            value = self._tensor_at(edge)
            if value is None:
                self.blocked.add(function)
                return None
            inputs.append(value)
        self._done[id(tensor)] = tensor
        return Applied(function, op, inputs, is_live, self._locate(node))

    def _locate(self, node: Any) -> Location:
        """Return the module that ran when a node was made."""
        # autograd numbers nodes in the order of execution, and the log has these numbers
        number = bisect_right(self._log, node._sequence_nr(), key=lambda entry: entry[0])
        return self._log[number - 1][1]


@final
@dataclass(frozen=True)
class Replay:
    """A function of the live inputs that returns the result of a Function once more.

    Relevance comes back to these inputs through the Function's own ``backward``. Two of them are the same
    call if they repeat the same result of the same Function.

    Args:
        function: The Function.
        tensor: The result.
        number: Which of the Function's results it is.
        is_live: As for :class:`Applied`.
    """

    function: Any
    tensor: Tensor = field(compare=False)
    number: int
    is_live: tuple[bool, ...]
    only_as_applied: ClassVar = True
    """Its derivative is that at the inputs, in their shape: it cannot be computed anywhere else."""

    @property
    def __name__(self) -> str:  # as torch's functions are named in messages
        """The name of the Function."""
        name: str = self.function.__name__
        return name

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Return the result, as one of these inputs."""
        value = self.tensor.detach()
        if not any(a.requires_grad for a in inputs):
            return value
        result: Tensor = _replay(value, self.tensor.grad_fn, self.number, self.is_live, *inputs)
        return result


class _Replayed(OwnFunction):
    """The result of a Function, with the Function's own backward pass."""

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
        # of a Function with several results, the others get no gradient here
        results = ctx.node.apply(*(g if number == ctx.number else None for number in range(count)))
        gradients = results if isinstance(results, tuple) else (results,)
        of_edges = compress(gradients, ctx.node.needs_input_grad)
        return None, None, None, None, *compress(of_edges, ctx.is_live)


_replay = entry_of(_Replayed)
