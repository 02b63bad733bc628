"""The torch-function mode under which a model runs while it is explained."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from lrprism.engine.answers import (
    ANSWERED,
    ASSIGN_DATA,
    HOOKING,
    QUESTIONS,
    SHARING,
    answer_query,
    register_listener,
    running_transform,
    top_hooks,
    unwrap_functorch,
)
from lrprism.engine.containers import memory_of
from lrprism.engine.descent import Descent
from lrprism.engine.distributions import SOURCES
from lrprism.engine.function_modes import WatchingMode
from lrprism.engine.in_place import SWITCHES, is_in_place, twin_of
from lrprism.engine.ledger import Ledger
from lrprism.engine.modules import Modules
from lrprism.engine.noise import Noise
from lrprism.engine.own_functions import OwnFunctions, replay
from lrprism.engine.rewrites import Rewrites
from lrprism.engine.state import KeptState
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
    Tape,
    builtin_named,
    is_live,
    is_written_once,
    op_of,
    packet_of,
    tensors_in,
)

if TYPE_CHECKING:
    from lrprism.rules import AbstractRule


class RelevanceMode(WatchingMode):
    """Sees every torch call of a forward pass and prepares the way back of relevance.

    Args:
        modules: The modules of the model that will run.
        tokens: The integer inputs.
        ops: What to do at torch functions outside the dispatch table.
        needs: What the way back may ask for.
        ledger: Where an audited pass is written down, or None.
    """

    def __init__(
        self,
        modules: Modules,
        tokens: Tokens,
        ops: OwnOps,
        needs: Needs,
        ledger: Ledger | None = None,
    ) -> None:
        """Get ready; nothing is listened to before the mode is entered."""
        super().__init__()
        self.needs = needs
        self.compared: dict[int, tuple[Tensor, Tensor]] = {}
        self.calls: list[Call] = []
        self.tapes: dict[Call, Tape] = {}
        self.nodes: list[tuple[Call, list[Any]]] = []
        self.descent = Descent()
        self.rewrites = Rewrites(self.descent.admit)
        self.unseen: set[str] = set()
        self.modules = modules
        self.state = KeptState(modules)
        held = [own for module, own in self.state.buffers if module.training]
        self._statistics = {id(each) for own in held for each in own.values()}
        self.noise = Noise(modules)
        self._random = self.noise.drawn
        if not needs.inputs and any(isinstance(module, _BatchNorm) for module, _ in self.state.buffers):
            self.needs = needs._replace(inputs=True)  # it may take the place of the layer in front
        self._tokens = tokens
        self._ops = ops
        self.named: set[Any] = set()
        """Which of the functions that the user has named an op for were called."""
        self.functions = OwnFunctions(ops, modules)
        self._functions = self.functions or None
        self._ledger = ledger
        self._hooks = top_hooks(True)
        self._live = self.descent.known
        self._latest: Any = None
        self._gone_back: set[str] = set()

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

    def mark_input(self, call: Call, a: Tensor) -> Tensor:
        """Return the tensor at which the account reads what a call hands to its input ``a``."""
        return a if self._ledger is None else self._ledger.mark_input(call, a)

    def is_parameter(self, tensor: Tensor) -> bool:
        """Return True if a constant has the memory of a parameter: on the way here it was detached."""
        return memory_of(tensor) in self.state.parameters

    def admit_vectors(self, tokens: Tensor, vectors: Tensor) -> Tensor:
        """Return vectors that carry relevance, if the tokens belong to an input."""
        found = self._tokens.look_up(tokens, vectors)
        if found is None:
            return vectors
        live, is_input = found
        self.admit([live])
        if is_input.all():
            return live
        if is_input.dim() < live.dim():
            is_input = is_input.unsqueeze(-1)
        joined: Tensor = self._run(torch.where, (is_input, live, vectors.detach()), {})
        return joined

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one torch call with its rule."""
        del types
        if running_transform() is not None:
            if self._may_be_live((args, kwargs)):
                self.unseen.add("torch.func")
            return func(*args, **(kwargs or {}))
        kwargs = kwargs or {}
        if func in ANSWERED:
            answered = answer_query(func, args, kwargs, sys._getframe(1), self._gone_back)
            if answered is not NotImplemented:
                return answered
        present = tuple([self.present(value) for value in args])
        present_kwargs = {key: self.present(value) for key, value in kwargs.items()} if kwargs else kwargs
        if func in QUESTIONS:
            return func(*present, **present_kwargs)
        if func in HOOKING:
            return register_listener(func, args[0] if args[0].is_leaf else present[0], *args[1:], **kwargs)
        if self._random or func in SOURCES:
            with torch.inference_mode(False):
                result = self._without_noise(func, args, present, present_kwargs)
            if result is not NotImplemented:
                return result
        if torch.is_grad_enabled() and not torch.is_inference_mode_enabled():
            return self._dispatch(func, args, kwargs, present, present_kwargs)
        with torch.inference_mode(False), torch.enable_grad():
            result = self._dispatch(func, args, kwargs, present, present_kwargs)
            self._stand_in(result)
        return result

    def _without_noise(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        present: tuple[Any, ...],
        present_kwargs: dict[str, Any],
    ) -> Any:
        """Return what a call on random numbers of train mode gives; NotImplemented where there are none."""
        if func in SOURCES and not self.modules.running().training:
            with self.noise.drawing(func, present, present_kwargs):
                return self._dispatch(func, args, present_kwargs, present, present_kwargs)
        if func in SOURCES:
            result = self.noise.draw(func, present, present_kwargs)
        else:
            twin = twin_of(func) if is_in_place(func) else func
            result = self.noise.follow(self.watching, twin or func, present, present_kwargs)
        if result is not NotImplemented and args and is_in_place(func):
            if args[0]._base is not None and result._base is None:
                self.noise.note_partial_write(func.__name__, result)
            return self.rewrites.write(args[0], result)
        return result

    def _stand_in(self, result: Any) -> None:
        """Keep the graph of a result that a Function of the user may return, which cuts it off."""
        for tensor in tensors_in(result):
            if tensor.requires_grad:
                value = tensor.clone()
                self.descent.admit([value])
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
                present = (self.present(target), *present[1:])
            return self.rewrites.write(target, self._out_of_place(func, present, present_kwargs))
        if func in SHARING:
            if func == ASSIGN_DATA:
                return self.rewrites.replace(args[0], present[1])
            alias: Tensor = self._run(func, present, present_kwargs)
            self.rewrites.share(alias, args[0] if args else kwargs["input"])
            return alias
        if kwargs.get("out") is not None:
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

    def _may_be_live(self, values: Any) -> bool:
        """Whether what ``torch.func`` calls may descend from the inputs; masks are often made there."""
        written = {memory_of(tensor) for tensor, _ in self.rewrites.unwritten()}
        tensors = [unwrap_functorch(each) for each in tensors_in(values)]
        return any(
            each.requires_grad or each.is_inference() or memory_of(each) in written for each in tensors
        )

    def present(self, value: Any) -> Any:
        """Read what in-place ops have written, and detach what does not descend from the inputs."""
        if isinstance(value, Tensor):
            if self._functions:
                self._name_function(value)
            if self.rewrites:
                value = self.rewrites.read(value)
            if value.is_inference():
                with torch.inference_mode(False):
                    value = value.clone()  # autograd can save it
            if not value.requires_grad:
                return value
            node = value.grad_fn
            if node in self._live or (node is not None and self.descent.holds(node)):
                return value
            return value.detach()  # a parameter, or what was made of parameters before this pass
        if type(value) is tuple or type(value) is list:
            return type(value)([self.present(each) for each in value])
        return value

    def _name_function(self, value: Tensor) -> None:
        """Let the op that the user has named stand in the place of the Function that returned a tensor."""
        assert self._functions is not None  # as asked
        found = self._functions.new_result(value, self.descent.holds)
        if found is not None:
            self.named.add(found.function)
            # it may be a second Function that looks at the tensor, without gradients
            with self.modules.within(found.place), torch.inference_mode(False), torch.enable_grad():
                result = self._run(replay(value, found.is_live), tuple(found.inputs), {}, found.op)
            self.rewrites.replace(value, result)
        now = self.rewrites.read(value)
        if now.grad_fn is not None and self.descent.holds(now.grad_fn):
            self._functions.remember(value, now)

    def _out_of_place(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Tensor:
        """Return what ``func`` would write into its first argument."""
        twin = twin_of(func)
        if func is Tensor.__setitem__ and _fills_mask(args):  # a[a < 0] = 0
            twin = Tensor.masked_fill
        source = _whole_source(func, args)
        if source is not None:  # a.copy_(b) or a[:] = b: nothing of a is left
            with self.watching():
                return source.to(args[0]).expand_as(args[0]).clone()
        if twin is not None:
            value: Tensor = self._run(twin, args, kwargs)
            return value if value is not args[0] else value.clone()
        written: Tensor = self._run(func, args, kwargs, OVERWRITE)
        return written

    def _into(self, out: Any, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return new tensors in the place of ``out``; the power iteration of spectral norm is left out."""
        kwargs = {key: value for key, value in kwargs.items() if key != "out"}
        if func is F.normalize and id(out) in self._statistics and not is_live((args, kwargs)):
            return out
        result = self._run(func, args, kwargs)
        if isinstance(out, Tensor):
            return self.rewrites.write(out, result)
        return type(result)([self.rewrites.write(*each) for each in zip(out, result, strict=True)])

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
        before = len(self.calls)
        if self._ledger is None or op.is_composed:
            result = op.run(self, func, args, kwargs)
        else:
            result = self._ledger.run(self, op, func, args, kwargs)
        self._latest = result
        if not op.is_composed:
            made = (result,) if isinstance(result, Tensor) else tensors_in(result)
            nodes = [node for tensor in made if (node := tensor.grad_fn) is not None]
            self._live.update(nodes)
            if self._functions:
                for tensor in made:
                    self._functions.remember(tensor, tensor)
            if len(self.calls) > before:
                self.nodes.append((self.calls[-1], nodes))
        if self._tokens and self._tokens.may_follow(result):
            tokens = self._tokens.follow(func, args, kwargs, result)
            return result if tokens is None else self.admit_vectors(tokens, result)
        return result


@cache
def _is_plain(func: Callable[..., Any]) -> bool:
    """Whether a function writes into nothing and shares no memory that autograd does not know of."""
    return not is_in_place(func) and func not in SHARING and func not in SWITCHES


def _fills_mask(args: tuple[Any, ...]) -> bool:
    """Whether an assignment puts one number where a mask of the tensor's shape is true."""
    target, mask, value = args
    is_mask = isinstance(mask, Tensor) and mask.dtype is torch.bool and mask.shape == target.shape
    return is_mask and (isinstance(value, (int, float)) or (isinstance(value, Tensor) and value.dim() == 0))


def _whole_source(func: Callable[..., Any], args: tuple[Any, ...]) -> Tensor | None:
    """The tensor that an assignment puts in the place of all of another one, or None."""
    if func is Tensor.copy_ and isinstance(args[1], Tensor):
        return args[1]
    if func is not Tensor.__setitem__ or not isinstance(args[2], Tensor):
        return None
    index = args[1] if isinstance(args[1], tuple) else (args[1],)
    is_whole = all(each is Ellipsis or (isinstance(each, slice) and each == slice(None)) for each in index)
    return args[2] if is_whole and args[2].dim() <= args[0].dim() else None


def _itself(tensor: Tensor) -> Tensor:
    return tensor


def _switch_off(
    position: int, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], bool]:
    """Return the arguments with ``inplace=False``, and what ``inplace`` was."""
    if len(args) > position:
        return (*args[:position], False, *args[position + 1 :]), kwargs, bool(args[position])
    return args, {**kwargs, "inplace": False}, bool(kwargs.get("inplace", False))
