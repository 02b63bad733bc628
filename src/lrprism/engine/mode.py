"""The torch-function mode under which a model runs while it is explained."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode

from lrprism.engine.in_place import SWITCHES, Rewrites, is_in_place, twin_of
from lrprism.engine.modules import Modules
from lrprism.engine.questions import (
    ANSWERED,
    ASSIGN_DATA,
    QUESTIONS,
    SHARING,
    answer,
    running_transform,
    top_hooks,
)
from lrprism.engine.tokens import Tokens
from lrprism.ops import (
    OVERWRITE,
    AbstractOp,
    Call,
    Kind,
    Needs,
    OwnOps,
    Rectifier,
    Sinks,
    builtin_named,
    is_written_once,
    op_of,
    packet_of,
    tensors_in,
)

if TYPE_CHECKING:
    from torch import nn

    from lrprism.engine.audit import Ledger
    from lrprism.rules import AbstractRule


class RelevanceMode(TorchFunctionMode):
    """Sees every torch call of a forward pass and prepares the way back of relevance.

    Args:
        model: The model that will run.
        tokens: The integer inputs.
        ops: What to do at torch functions outside the dispatch table.
        needs: What the way back may ask for.
        ledger: Where an audited pass is written down, or None.
    """

    def __init__(
        self,
        model: nn.Module,
        tokens: Tokens,
        ops: OwnOps,
        needs: Needs,
        ledger: Ledger | None = None,
    ) -> None:
        """Get ready; nothing is listened to before the mode is entered."""
        super().__init__()
        self.needs = needs
        self.calls: list[Call] = []
        self.nodes: list[tuple[Call, list[Any]]] = []
        self.rewrites = Rewrites()
        self.unseen: set[str] = set()
        self.modules = Modules(model)
        self._own_buffers = [
            (module, dict(module._buffers)) for module in self.modules.all if module._buffers
        ]
        if not needs.inputs and any(isinstance(module, _BatchNorm) for module, _ in self._own_buffers):
            self.needs = needs._replace(inputs=True)  # it may take the place of the layer in front
        self._buffers = {id(each) for _, own in self._own_buffers for each in own.values()}
        self._tokens = tokens
        self._ops = ops
        self._ledger = ledger
        self._hooks = top_hooks(True)
        self._latest: Any = None

    def restore_buffers(self) -> None:
        """Give back every buffer that ``forward`` has assigned anew."""
        for module, own in self._own_buffers:
            module._buffers.update(own)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """See the torch calls that are made inside an op."""
        super().__enter__()  # type: ignore[no-untyped-call]  # torch gives it no types
        try:
            yield
        finally:
            super().__exit__(None, None, None)  # type: ignore[no-untyped-call]  # as above

    def record(self, kind: Kind, name: str, accepts: tuple[type[AbstractRule], ...] = ()) -> Call:
        """Note one call of an op."""
        module, module_type = self.modules.innermost()
        sinks = Sinks() if self._ledger is not None else None
        call = Call(len(self.calls), kind, name, module, module_type, accepts, sinks)
        self.calls.append(call)
        return call

    def embedded(self, tokens: Tensor, vectors: Tensor) -> Tensor:
        """Return vectors that carry relevance, if the tokens belong to an input."""
        found = self._tokens.looked_up(tokens, vectors)
        if found is None:
            return vectors
        live, is_input = found
        if is_input.all():
            return live
        joined: Tensor = self._run(torch.where, (is_input.unsqueeze(-1), live, vectors.detach()), {})
        return joined

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one torch call with its rule."""
        del types
        if running_transform() is not None:
            self.unseen.add("torch.func")
            return func(*args, **(kwargs or {}))
        if func in ANSWERED:
            return answer(func, args, sys._getframe(1))
        kwargs = kwargs or {}
        present = tuple([self._present(value) for value in args])
        present_kwargs = {key: self._present(value) for key, value in kwargs.items()} if kwargs else kwargs
        if func in QUESTIONS:
            return func(*present, **present_kwargs)
        if torch.is_grad_enabled() and not torch.is_inference_mode_enabled():
            return self._dispatch(func, args, kwargs, present, present_kwargs)
        with torch.inference_mode(False), torch.enable_grad():
            result = self._dispatch(func, args, kwargs, present, present_kwargs)
            self._stand_in(result)
        return result

    def _stand_in(self, result: Any) -> None:
        """Keep the graph of a result that a Function of the user may return, which cuts it off."""
        for tensor in tensors_in(result):
            if tensor.requires_grad:
                value = tensor.clone()
                self.rewrites.replace(tensor, value)
                if self._ledger is not None:
                    self._ledger.stand_in(tensor, value)

    def _dispatch(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        present: tuple[Any, ...],
        present_kwargs: dict[str, Any],
    ) -> Any:
        """Run one call on the present values of its arguments."""
        if _is_plain(func) and "out" not in kwargs:
            return self._run(func, present, present_kwargs)
        if is_in_place(func):
            if self._is_spare(present[0], twin_of(func)):
                return self._run(func, present, present_kwargs, op_of(twin_of(func)))
            target = self.rewrites.origin(args[0])
            if target is not args[0]:
                present = (self._present(target), *present[1:])
            return self.rewrites.write(target, self._out_of_place(func, present, present_kwargs))
        if func in SHARING:
            if func == ASSIGN_DATA:
                return self.rewrites.replace(args[0], present[1])
            alias: Tensor = self._run(func, present, present_kwargs)
            self.rewrites.share(alias, args[0] if args else kwargs["input"])
            return alias
        if "out" in kwargs and isinstance(kwargs["out"], Tensor):
            return self._into(kwargs["out"], func, present, present_kwargs)
        if func in SWITCHES:
            if present and self._is_spare(present[0], func):
                return self._run(func, present, present_kwargs)
            present, present_kwargs, in_place = _switch_off(SWITCHES[func], present, present_kwargs)
            result = self._run(func, present, present_kwargs)
            return self.rewrites.write(args[0] if args else kwargs["input"], result) if in_place else result
        return self._run(func, present, present_kwargs)

    def _is_spare(self, tensor: Any, func: Callable[..., Any]) -> bool:
        """Whether a ReLU may write over ``tensor``: what a layer or a sum made and no other call has seen."""
        return (
            tensor is self._latest
            and self._ledger is None
            and isinstance(op_of(func), Rectifier)
            and is_written_once(tensor)
        )

    def _present(self, value: Any) -> Any:
        """Read what in-place ops have written, and detach parameters: they carry no relevance."""
        if isinstance(value, Tensor):
            if self.rewrites:
                value = self.rewrites.read(value)
            if value.is_inference():
                with torch.inference_mode(False):
                    value = value.clone()  # autograd can save it
            return value.detach() if value.requires_grad and value.is_leaf else value
        if type(value) is tuple or type(value) is list:
            return type(value)([self._present(each) for each in value])
        return value

    def _out_of_place(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Tensor:
        """Return what ``func`` would write into its first argument."""
        if func is Tensor.bernoulli_ and not isinstance(kwargs.get("p", args[1:2]), Tensor):
            p = kwargs.get("p", args[1] if len(args) > 1 else 0.5)
            return torch.full_like(args[0], p)  # a random mask counts by its mean, as in evaluation
        twin = twin_of(func)
        if twin is not None:
            value: Tensor = self._run(twin, args, kwargs)
            return value if value is not args[0] else value.clone()
        written: Tensor = self._run(func, args, kwargs, OVERWRITE)
        return written

    def _into(
        self, out: Tensor, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Tensor:
        """Return a new tensor in the place of ``out``; statistics that a model keeps are left as they are."""
        if id(out) in self._buffers:
            return out
        result = self._run(func, args, {key: value for key, value in kwargs.items() if key != "out"})
        return self.rewrites.write(out, result)

    def _run(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        op: AbstractOp | None = None,
    ) -> Any:
        """Run one op; what autograd saves stays in its hands, also under gradient checkpointing."""
        op = op or (self._own_op(func) if self._ops else None) or op_of(func)
        if top_hooks(True) is not self._hooks:
            with torch.autograd.graph.saved_tensors_hooks(_itself, _itself):
                return self._run_op(op, func, args, kwargs)
        return self._run_op(op, func, args, kwargs)

    def _own_op(self, func: Callable[..., Any]) -> AbstractOp | None:
        """What the user said of a function, or of the one that an ``aten`` op stands for."""
        found = self._ops.get(func)
        packet = packet_of(func)
        if found is None and packet is not None:
            found = self._ops.get(packet) or self._ops.get(builtin_named(packet.__name__))
        return found

    def _run_op(
        self, op: AbstractOp, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Run one op, note which nodes of the autograd graph it made, and follow tokens."""
        before = len(self.calls)
        if self._ledger is None or op.is_composed:
            result = op.run(self, func, args, kwargs)
        else:
            result = self._ledger.run(self, op, func, args, kwargs)
        self._latest = result
        if len(self.calls) > before and not op.is_composed:
            made = (result,) if isinstance(result, Tensor) else tensors_in(result)
            self.nodes.append((self.calls[-1], [tensor.grad_fn for tensor in made]))
        if self._tokens and self._tokens.may_follow(result):
            tokens = self._tokens.follow(func, args, kwargs, result)
            return result if tokens is None else self.embedded(tokens, result)
        return result


@cache
def _is_plain(func: Callable[..., Any]) -> bool:
    """Whether a function writes into nothing and shares no memory that autograd does not know of."""
    return not is_in_place(func) and func not in SHARING and func not in SWITCHES


def _itself(tensor: Tensor) -> Tensor:
    return tensor


def _switch_off(
    position: int, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], bool]:
    """Return the arguments with ``inplace=False``, and what ``inplace`` was."""
    if len(args) > position:
        return (*args[:position], False, *args[position + 1 :]), kwargs, bool(args[position])
    return args, {**kwargs, "inplace": False}, bool(kwargs.get("inplace", False))
