"""The torch-function mode under which a model runs while it is explained."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.engine.answers import (
    ANSWERED,
    ASSIGN_DATA,
    HOOKING,
    QUESTIONS,
    SHARING,
    answer_query,
    register_listener,
    running_transform,
    unwrap_functorch,
)
from lrprism.engine.comparison import Comparison
from lrprism.engine.containers import memory_of
from lrprism.engine.distributions import SOURCES
from lrprism.engine.in_place import SWITCHES, is_in_place, twin_of
from lrprism.engine.ledger import Ledger
from lrprism.engine.modules import Modules
from lrprism.engine.noise import Noise
from lrprism.engine.overwriting import fills_mask, find_full_source, switch_off
from lrprism.engine.own_functions import Replay
from lrprism.engine.recorder import RecordingMode
from lrprism.engine.rewrites import Rewrites
from lrprism.engine.tokens import Tokens
from lrprism.ops import (
    OVERWRITE,
    Needs,
    OwnOps,
    Rectifier,
    is_live,
    is_written_once,
    op_of,
    tensors_in,
)


class RelevanceMode(RecordingMode):
    """Sees every torch call of a forward pass and runs it so that relevance finds its way back.

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
        ledger: Ledger | None = None,
        comparison: Comparison | None = None,
    ) -> None:
        """Prepare a pass; no torch call is seen before the mode is entered."""
        super().__init__(modules, tokens, ops, needs, ledger, comparison)
        self.rewrites = Rewrites(self.descent.admit)
        self.unseen: set[str] = set()
        buffers = [tensors for module, tensors in self.state.buffers if module.training]
        self._statistics = {id(tensor) for tensors in buffers for tensor in tensors.values()}
        self.noise = Noise(modules)
        self._random = self.noise.drawn
        self._gone_back: set[str] = set()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one torch call with its rule."""
        del types
        # inside torch.func (vmap, grad): its tensors are wrappers that no op of ours can take
        if running_transform() is not None:
            if self._may_be_live((args, kwargs)):
                self.unseen.add("torch.func")
            return func(*args, **(kwargs or {}))
        kwargs = kwargs or {}
        # the model asks about itself, as for requires_grad or is_leaf: it hears what a plain call hears
        if func in ANSWERED:
            answer = answer_query(func, args, kwargs, sys._getframe(1), self._gone_back)
            if answer is not NotImplemented:
                return answer
        present = tuple([self.present(value) for value in args])
        present_kwargs = {key: self.present(value) for key, value in kwargs.items()} if kwargs else kwargs
        # a question about values or shapes makes no tensor
        if func in QUESTIONS:
            return func(*present, **present_kwargs)
        # forward registers a hook on a tensor
        if func in HOOKING:
            return register_listener(func, args[0] if args[0].is_leaf else present[0], *args[1:], **kwargs)
        # dropout and other noise written by hand in train mode
        if self._random or func in SOURCES:
            result = self._without_noise(func, args, present, present_kwargs)
            if result is not NotImplemented:
                return result
        if torch.is_grad_enabled() and not torch.is_inference_mode_enabled():
            return self._dispatch(func, args, kwargs, present, present_kwargs)
        # under no_grad(), or in the forward of a user's autograd.Function
        with torch.inference_mode(False), torch.enable_grad():
            return self._stand_in(self._dispatch(func, args, kwargs, present, present_kwargs))

    @torch.inference_mode(False)
    def _without_noise(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        present: tuple[Any, ...],
        present_kwargs: dict[str, Any],
    ) -> Any:
        """Return the result of a call on random numbers of train mode; NotImplemented for any other."""
        # a module in evaluation mode draws too: no noise of train mode, but part of what it computes
        if func in SOURCES and not self.modules.running().training:
            with self.noise.drawing(func, present, present_kwargs):
                return self._dispatch(func, args, present_kwargs, present, present_kwargs)
        # the draw itself, or a call on what was drawn before
        if func in SOURCES:
            result = self.noise.draw(func, present, present_kwargs)
        else:
            twin = twin_of(func) if is_in_place(func) else func
            result = self.noise.follow(self.watching, twin or func, present, present_kwargs)
        if result is not NotImplemented and args and is_in_place(func):
            # noise written into a part of a tensor: its mean over the rest is not known
            if args[0]._base is not None and result._base is None:
                self.noise.note_partial_write(func.__name__, result)
            return self.rewrites.write(args[0], result)
        return result

    def _stand_in(self, result: Any) -> Any:
        """Keep the graph of a result that a Function of the user may return, which cuts it off."""
        for tensor in tensors_in(result):
            if tensor.requires_grad:
                value = tensor.clone()
                self.descent.admit([value])
                self.rewrites.replace(tensor, value)
                if self._ledger is not None:
                    self._ledger.stand_in(tensor, value)
        return result

    def _dispatch(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        present: tuple[Any, ...],
        present_kwargs: dict[str, Any],
    ) -> Any:
        """Run one call on the present values of its arguments."""
        # nearly every call
        if _is_plain(func) and "out" not in kwargs:
            return self.run(func, present, present_kwargs)
        # a.add_(b), a[i] = b: the tensor stays as it is, and is read as the result from now on
        if is_in_place(func):
            if self._is_spare(present[0], twin_of(func)):
                return self.run(func, present, present_kwargs, op_of(twin_of(func)))
            target = self.rewrites.origin(args[0])
            if target is not args[0]:
                present = (self.present(target), *present[1:])
            return self.rewrites.write(target, self._out_of_place(func, present, present_kwargs))
        # views that autograd does not follow, such as a.data or a.detach()
        if func in SHARING:
            if func == ASSIGN_DATA:  # a.data = b
                return self.rewrites.replace(args[0], present[1])
            alias: Tensor = self.run(func, present, present_kwargs)
            self.rewrites.share(alias, args[0] if args else kwargs["input"])
            return alias
        # torch.add(a, b, out=c)
        if kwargs.get("out") is not None:
            return self._into(kwargs["out"], func, present, present_kwargs)
        # F.relu(a, inplace=True)
        if func in SWITCHES:
            if present and self._is_spare(present[0], func):
                return self.run(func, present, present_kwargs)
            present, present_kwargs, in_place = switch_off(SWITCHES[func], present, present_kwargs)
            result = self.run(func, present, present_kwargs)
            return self.rewrites.write(args[0] if args else kwargs["input"], result) if in_place else result
        return self.run(func, present, present_kwargs)

    def _is_spare(self, tensor: Any, func: Callable[..., Any]) -> bool:
        """Return True if a ReLU may overwrite ``tensor``: a fresh result that no other op has read."""
        return (
            tensor is self._latest
            and self._ledger is None
            and self._comparison is None
            and isinstance(op_of(func), Rectifier)
            and is_written_once(tensor)
        )

    def _may_be_live(self, values: Any) -> bool:
        """Return True if arguments in ``torch.func`` may descend from the inputs; masks often do not."""
        written = {memory_of(tensor) for tensor, _ in self.rewrites.unwritten()}
        tensors = map(unwrap_functorch, tensors_in(values))
        return any(x.requires_grad or x.is_inference() or memory_of(x) in written for x in tensors)

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
            return type(value)([self.present(part) for part in value])
        return value

    def _name_function(self, value: Tensor) -> None:
        """Let the op that the user has named stand in the place of the Function that returned a tensor."""
        assert self._functions is not None  # as asked
        applied = self._functions.new_result(value, self.descent.holds)
        if applied is not None:
            self.named.add(applied.function)
            # it may be a second Function that looks at the tensor, without gradients
            with self.modules.within(applied.place), torch.inference_mode(False), torch.enable_grad():
                again = Replay(applied.function, value, value.output_nr, tuple(applied.is_live))
                result = self.run(again, tuple(applied.inputs), {}, applied.op)
            self.rewrites.replace(value, result)
        now = self.rewrites.read(value)
        if now.grad_fn is not None and self.descent.holds(now.grad_fn):
            self._functions.remember(value, now)

    def _out_of_place(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Tensor:
        """Compute the tensor that ``func`` would write into its first argument."""
        twin = twin_of(func)
        if func is Tensor.__setitem__ and fills_mask(args):  # a[a < 0] = 0
            twin = Tensor.masked_fill
        source = find_full_source(func, args)
        if source is not None:  # a.copy_(b) or a[:] = b: nothing of a is left
            with self.watching():
                return source.to(args[0]).expand_as(args[0]).clone()
        if twin is not None:
            value: Tensor = self.run(twin, args, kwargs)
            return value if value is not args[0] else value.clone()
        overwritten: Tensor = self.run(func, args, kwargs, OVERWRITE)
        return overwritten

    def _into(self, out: Any, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return new tensors in the place of ``out``; the power iteration of spectral norm is left out."""
        kwargs = {key: value for key, value in kwargs.items() if key != "out"}
        if func is F.normalize and id(out) in self._statistics and not is_live((args, kwargs)):
            return out
        result = self.run(func, args, kwargs)
        if isinstance(out, Tensor):
            return self.rewrites.write(out, result)
        return type(result)([self.rewrites.write(*pair) for pair in zip(out, result, strict=True)])


@cache
def _is_plain(func: Callable[..., Any]) -> bool:
    """Return True if a function writes to no tensor and shares no memory that autograd does not know of."""
    return not is_in_place(func) and func not in SHARING and func not in SWITCHES
