"""Bounds and choices: the many spellings of ReLU and its kin, each with one map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor

from lrprism.graph import have_one_origin
from lrprism.ops.kinds import Kind
from lrprism.ops.names import functions_named
from lrprism.ops.nested import is_live, tensors_in
from lrprism.ops.op import AbstractOp, Arguments, Keywords, NativeOp, Recorder
from lrprism.ops.products import Product
from lrprism.ops.scaled import Activation, pass_on


@final
class Clamp(AbstractOp):
    """An upper bound, with or without a lower one, is an activation; a lower bound alone is a choice.

    ``clamp(min=0)`` is ReLU: of ``max(a, low)`` the gradient is the rule, as of ``maximum``.
    """

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Bound the entries."""
        high = args[2] if len(args) > 2 else kwargs.get("max")
        if high is None:
            return NativeOp(Kind.ROUTING, self.name).run(recorder, func, args, kwargs)
        return Activation(self.kind, self.name).run(recorder, func, args, kwargs)


@final
class Minimum(AbstractOp):
    """The smaller of two tensors; with a constant it is an upper bound, as ``clamp(max=)`` is."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Choose the smaller entries."""
        operands = tensors_in((args, dict(kwargs)))
        live = [each for each in operands if each.requires_grad]
        if len(operands) == 2 and len(live) == 1:
            shape = torch.broadcast_shapes(*(each.shape for each in operands))  # type: ignore[no-untyped-call]
            if shape == live[0].shape:
                return Activation(Kind.ACTIVATION, self.name).run(recorder, func, args, kwargs)
        return NativeOp(Kind.ROUTING, self.name).run(recorder, func, args, kwargs)


@final
class Comparison(AbstractOp):
    """A comparison of a live tensor with a constant, remembered: a choice by it may be an activation."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Compare."""
        mask = func(*args, **kwargs)
        live = [each for each in tensors_in((args, dict(kwargs))) if each.requires_grad]
        if len(live) == 1 and isinstance(mask, Tensor):
            recorder.compared[id(mask)] = mask, live[0]
        return mask


@final
class Conversion(AbstractOp):
    """A change of type; that of a remembered comparison is one too: ``(a > 0).float()``."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Convert."""
        result = NativeOp(self.kind, self.name).run(recorder, func, args, kwargs)
        if recorder.compared and args and id(args[0]) in recorder.compared:
            recorder.compared[id(result)] = result, recorder.compared[id(args[0])][1]
        return result


@final
class Smallest(AbstractOp):
    """``min``: of two tensors as :class:`Minimum`, else a choice along a dimension."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Choose the smallest entries."""
        has_two = len(args) > 1 and isinstance(args[1], Tensor)
        op = Minimum(self.kind, self.name) if has_two else NativeOp(self.kind, self.name)
        return op.run(recorder, func, args, kwargs)


def _compared(recorder: Recorder, mask: Any, a: Any) -> bool:
    """Whether ``mask`` compares ``a`` itself, entry by entry, with a constant."""
    _, compared = recorder.compared.get(id(mask), (None, None))
    if compared is None or not isinstance(a, Tensor) or not a.requires_grad or a.shape != compared.shape:
        return False
    return have_one_origin(a, compared)


def _is_function_of(value: Any, a: Tensor) -> bool:
    """Whether a value is a number, a constant, or an elementwise function of ``a``."""
    return not is_live(value) or have_one_origin(value, a)


@final
class Choice(AbstractOp):
    """``where(a > 0, a, f(a))`` is an activation, such as ReLU; any other choice is a move."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Choose; relevance passes an activation unchanged."""
        if len(args) == 3 and not kwargs:
            mask, one, other = args if func is torch.where else (args[1], args[0], args[2])
            for a, rest in ((one, other), (other, one)):
                if _compared(recorder, mask, a) and _is_function_of(rest, a):
                    return _pass_on(recorder, self.name, func, args, a)
        return NativeOp(self.kind, self.name).run(recorder, func, args, kwargs)


@final
class Filling(AbstractOp):
    """``a.masked_fill(a < 0, number)`` is an activation; any other filling puts constants in places."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Fill; relevance passes an activation unchanged."""
        if len(args) == 3 and not is_live(args[2]) and _compared(recorder, args[1], args[0]):
            return _pass_on(recorder, self.name, func, args, args[0])
        return NativeOp(self.kind, self.name).run(recorder, func, args, kwargs)


@final
class Masking(AbstractOp):
    """``a * (a > 0)`` is an activation; anything else is a product."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Multiply; relevance passes an activation unchanged."""
        if recorder.compared and len(args) == 2 and not kwargs:
            for a, mask in (args, args[::-1]):
                if _compared(recorder, mask, a):
                    return _pass_on(recorder, self.name, func, args, a)
        return Product(self.kind, self.name).run(recorder, func, args, kwargs)


def _pass_on(recorder: Recorder, name: str, func: Callable[..., Any], args: Arguments, a: Tensor) -> Tensor:
    """Run an activation that is written by hand."""
    with torch.no_grad():
        value = func(*args)
    recorder.record(Kind.ACTIVATION, name)
    return pass_on(a, value, name)


_COMPARISONS = "gt ge lt le greater greater_equal less less_equal __gt__ __ge__ __lt__ __le__"


def _named(names: str, op: Callable[[str], AbstractOp]) -> dict[Any, AbstractOp]:
    return {each: op(name.strip("_")) for name in names.split() for each in functions_named(name)}


TABLE: dict[Any, AbstractOp] = {
    **_named("clamp clip", lambda name: Clamp(Kind.ACTIVATION, name)),
    **_named("minimum fmin", lambda name: Minimum(Kind.ROUTING, name)),
    **_named(_COMPARISONS, lambda name: Comparison(Kind.ROUTING, name)),
    **_named("min", lambda name: Smallest(Kind.ROUTING, name)),
    **_named("to float double half bfloat16 type type_as", lambda name: Conversion(Kind.ROUTING, name)),
    **_named("where", lambda name: Choice(Kind.ROUTING, name)),
    **_named("masked_fill", lambda name: Filling(Kind.ROUTING, name)),
    **_named("mul multiply __mul__ __rmul__", lambda name: Masking(Kind.PRODUCT, name)),
}
