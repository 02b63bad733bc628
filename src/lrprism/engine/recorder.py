"""Runs the ops of one forward pass and records their calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from lrprism.engine.answers import top_hooks
from lrprism.engine.comparison import Comparison
from lrprism.engine.containers import memory_of
from lrprism.engine.descent import Descent
from lrprism.engine.function_modes import WatchingMode
from lrprism.engine.ledger import Ledger
from lrprism.engine.modules import Modules
from lrprism.engine.own_functions import OwnFunctions
from lrprism.engine.state import KeptState
from lrprism.engine.tokens import Tokens
from lrprism.ops import (
    AbstractOp,
    Call,
    Counterpart,
    Kind,
    Needs,
    OwnOps,
    Secant,
    Sinks,
    Tape,
    builtin_named,
    difference_of,
    op_of,
    packet_of,
    tensors_in,
)

if TYPE_CHECKING:
    from lrprism.rules import AbstractRule


class RecordingMode(WatchingMode):
    """Runs ops, and keeps their calls, their tapes and the nodes that they made.

    Args:
        modules: The modules of the model that will run.
        tokens: The integer inputs.
        ops: The ops of torch functions outside the dispatch table.
        needs: Tensors that the backward pass needs.
        ledger: The ledger of an audited pass, or None.
        comparison: The comparison with a run on a reference, or None.
    """

    def __init__(
        self,
        modules: Modules,
        tokens: Tokens,
        ops: OwnOps,
        needs: Needs,
        ledger: Ledger | None,
        comparison: Comparison | None,
    ) -> None:
        """Start without any call."""
        super().__init__()
        self.compared: dict[int, tuple[Tensor, Tensor]] = {}
        self.calls: list[Call] = []
        self.tapes: dict[Call, Tape] = {}
        self.nodes: list[tuple[Call, list[Any]]] = []
        self.descent = Descent()
        self.modules = modules
        self.state = KeptState(modules)
        self.needs = needs
        if not needs.inputs and any(isinstance(module, _BatchNorm) for module, _ in self.state.buffers):
            self.needs = needs._replace(inputs=True)  # it may take the place of the layer in front
        self.named: set[Any] = set()
        """The functions among those that the user has named an op for which were called."""
        self.functions = OwnFunctions(ops, modules)
        self._functions = self.functions or None
        self._tokens = tokens
        self._ops = ops
        self._ledger = ledger
        self._comparison = comparison
        self.counterpart: Counterpart | None = None
        self._references: dict[int, Tensor] = {}
        self._hooks = top_hooks(True)
        self._live = self.descent.known
        self._latest: Any = None

    def admit(self, tensors: Sequence[Tensor]) -> None:
        """Take tensors for live ones: relevance is carried back to them."""
        self.descent.admit(tensors)
        if self._functions:
            for tensor in tensors:
                self._functions.remember(tensor, tensor)

    def record(self, kind: Kind, name: str) -> Call:
        """Record a call of an op that has only one way."""
        module, module_type = self.modules.innermost()
        call = Call(len(self.calls), kind, name, module, module_type)
        self.calls.append(call)
        return call

    def start_tape(
        self,
        kind: Kind,
        name: str,
        accepts: tuple[type[AbstractRule], ...],
        replaces: Call | None = None,
        within: Call | None = None,
    ) -> Tape:
        """Record a call of an op that follows a rule, and start its tape."""
        if within is None:
            module, module_type = self.modules.innermost()
        else:  # a batch norm that is merged with the layer in front counts in that layer's module
            module, module_type = within.module, within.module_type
        call = Call(len(self.calls), kind, name, module, module_type, accepts, replaces)
        self.calls.append(call)
        tape = self.tapes[call] = Tape(call, None if self._ledger is None else Sinks())
        return tape

    def mark_input(self, call: Call, a: Tensor, a_r: Tensor | None = None) -> Tensor:
        """Return the tensor at which the account reads what a call hands to its input ``a``."""
        return a if self._ledger is None else self._ledger.mark_input(call, a, a_r)

    def reference_of(self, compared: Tensor) -> Tensor:
        """Return what stood in the place of a compared tensor on the reference."""
        return self._references[id(compared)]

    def is_parameter(self, tensor: Tensor) -> bool:
        """Return True if a constant has the memory of a parameter: on the way here it was detached."""
        return memory_of(tensor) in self.state.parameters

    def admit_vectors(self, tokens: Tensor, vectors: Tensor) -> Tensor:
        """Return vectors that carry relevance, if the tokens belong to an input."""
        lookup = self._tokens.look_up(tokens, vectors)
        if lookup is None:
            return vectors
        live, is_input = lookup
        self.admit([live])
        if is_input.all():
            return live
        # tokens of the input beside others, such as a prefix that forward puts in front
        if is_input.dim() < live.dim():
            is_input = is_input.unsqueeze(-1)
        joined: Tensor = self.run(torch.where, (is_input, live, vectors.detach()), {})
        return joined

    def run(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        op: AbstractOp | None = None,
    ) -> Any:
        """Run one op; what autograd saves stays in its hands, also under gradient checkpointing."""
        op = op or (self._find_own_op(func) if self._ops else None) or op_of(func)
        if self._comparison is not None:
            op = difference_of(op, self, args, kwargs)
        # hooks set since the start, as by gradient checkpointing, must not take what our nodes save
        if top_hooks(True) is not self._hooks:
            with torch.autograd.graph.saved_tensors_hooks(_return_itself, _return_itself):
                return self._run_op(op, func, args, kwargs)
        return self._run_op(op, func, args, kwargs)

    def _run_compared(
        self,
        comparison: Comparison,
        op: AbstractOp,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Run one op on the reference and keep its ends, or run it beside its counterpart there."""
        module = self.modules.innermost()[0]
        if comparison.is_recording:
            place = comparison.enter()
            result = op.run(self, func, args, kwargs)
            comparison.leave(place, func, module, (args, kwargs), result)
            return result
        met = comparison.meet(func, module, (args, kwargs), is_elementwise=isinstance(op, Secant))
        outer, self.counterpart = self.counterpart, met
        count = len(self.compared)
        try:
            if self._ledger is None:
                return op.run(self, func, args, kwargs)
            return self._ledger.run(self, op, func, args, kwargs)
        finally:
            if len(self.compared) > count:
                _, compared = next(reversed(self.compared.values()))
                self._references[id(compared)] = self.counterpart.live[0]
            self.counterpart = outer

    def _find_own_op(self, func: Callable[..., Any]) -> AbstractOp | None:
        """Return the op that the user has named for a function; an ``aten`` op stands for one."""
        packet = packet_of(func)
        names = (func,) if packet is None else (func, packet, builtin_named(packet.__name__))
        name = next((name for name in names if name in self._ops), None)
        if name is None:
            return None
        self.named.add(name)
        return self._ops[name]

    def _run_op(
        self, op: AbstractOp, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Run one op, note which nodes of the autograd graph it made, and follow tokens."""
        count = len(self.calls)
        # a composed op calls others, each of which is compared and seen by the ledger by itself
        if op.is_composed or (self._comparison is None and self._ledger is None):
            result = op.run(self, func, args, kwargs)
        elif self._comparison is not None:
            result = self._run_compared(self._comparison, op, func, args, kwargs)
        else:
            assert self._ledger is not None
            result = self._ledger.run(self, op, func, args, kwargs)
        self._latest = result
        if not op.is_composed:
            results = (result,) if isinstance(result, Tensor) else tensors_in(result)
            nodes = [node for tensor in results if (node := tensor.grad_fn) is not None]
            self._live.update(nodes)
            if self._functions:
                for tensor in results:
                    self._functions.remember(tensor, tensor)
            if len(self.calls) > count:
                self.nodes.append((self.calls[-1], nodes))
        # integers that an op made of token ids may be token ids themselves
        if self._tokens and self._tokens.may_follow(result):
            tokens = self._tokens.follow(func, args, kwargs, result)
            return result if tokens is None else self.admit_vectors(tokens, result)
        return result


def _return_itself(tensor: Tensor) -> Tensor:
    return tensor
