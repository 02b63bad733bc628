"""Bounds and choices: the many spellings of ReLU and its kin, each with one map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor

from lrprism.graph import have_one_origin
from lrprism.ops.arguments import read_argument
from lrprism.ops.elementwise import Activation
from lrprism.ops.kinds import Kind
from lrprism.ops.names import build_table
from lrprism.ops.nested import is_live, tensors_in
from lrprism.ops.op import AbstractOp, Arguments, Keywords, NativeOp, Recorder
from lrprism.ops.passing import pass_on
from lrprism.ops.products import Product


@final
class Clamp(AbstractOp):
    """An upper bound, with or without a lower one, is an activation; a lower bound alone is a choice.

    ``clamp(min=0)`` is ReLU: of ``max(a, low)`` the gradient is the rule, as of ``maximum``.
    """

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Bound the entries."""
        # clamp(min=) is ReLU and its kin
        if read_argument(args, kwargs, 2, "max") is None:
            return NativeOp(Kind.ROUTING, self.name).run(recorder, func, args, kwargs)
        return Activation(self.kind, self.name).run(recorder, func, args, kwargs)


@final
class Minimum(AbstractOp):
    """The smaller of two tensors: with a constant an upper bound, as ``clamp(max=)`` is.

    ``min`` may also choose along a dimension.
    """

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Choose the smaller entries."""
        operands = tensors_in((args, dict(kwargs)))
        live = [tensor for tensor in operands if tensor.requires_grad]
        if len(operands) == 2 and len(live) == 1:
            shapes = [tensor.shape for tensor in operands]
            # a bound that broadcasts the signal would multiply its relevance
            if torch.broadcast_shapes(*shapes) == live[0].shape:  # type: ignore[no-untyped-call]
                return Activation(Kind.ACTIVATION, self.name).run(recorder, func, args, kwargs)
        return NativeOp(Kind.ROUTING, self.name).run(recorder, func, args, kwargs)


@final
class Comparison(AbstractOp):
    """A comparison of a live tensor with a constant, remembered: a choice by it may be an activation."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Compare."""
        mask = func(*args, **kwargs)
        live = [tensor for tensor in tensors_in((args, dict(kwargs))) if tensor.requires_grad]
        # the mask is kept with it, so that its id stays its own
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


def _compares(recorder: Recorder, mask: Any, a: Any) -> bool:
    """Return True if ``mask`` compares ``a`` itself, entry by entry, with a constant."""
    _, compared = recorder.compared.get(id(mask), (None, None))
    if compared is None or not isinstance(a, Tensor) or not a.requires_grad or a.shape != compared.shape:
        return False
    return have_one_origin(a, compared)


@final
class Choice(AbstractOp):
    """``where(a > 0, a, f(a))`` is an activation, such as ReLU; any other choice is a move."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Choose; relevance passes an activation unchanged."""
        if len(args) == 3 and not kwargs:
            # torch.where(mask, a, b), but a.where(mask, b)
            mask, first, second = args if func is torch.where else (args[1], args[0], args[2])
            for a, other in ((first, second), (second, first)):
                if _compares(recorder, mask, a) and (not is_live(other) or have_one_origin(other, a)):
                    return _pass_activation(recorder, self.name, func, args, a)
        return NativeOp(self.kind, self.name).run(recorder, func, args, kwargs)


@final
class Filling(AbstractOp):
    """``a.masked_fill(a < 0, number)`` is an activation; any other filling puts constants in places."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Fill; relevance passes an activation unchanged."""
        if len(args) == 3 and not is_live(args[2]) and _compares(recorder, args[1], args[0]):
            return _pass_activation(recorder, self.name, func, args, args[0])
        return NativeOp(self.kind, self.name).run(recorder, func, args, kwargs)


@final
class Masking(AbstractOp):
    """``a * (a > 0)`` is an activation; anything else is a product."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Multiply; relevance passes an activation unchanged."""
        # no comparison so far: the usual product, without a look at its factors
        if recorder.compared and len(args) == 2 and not kwargs:
            for a, mask in (args, args[::-1]):
                if _compares(recorder, mask, a):
                    return _pass_activation(recorder, self.name, func, args, a)
        return Product(self.kind, self.name).run(recorder, func, args, kwargs)


def _pass_activation(
    recorder: Recorder, name: str, func: Callable[..., Any], args: Arguments, a: Tensor
) -> Tensor:
    """Run an activation that is written by hand."""
    with torch.no_grad():
        value = func(*args)
    recorder.record(Kind.ACTIVATION, name)
    return pass_on(a, value, name)


_COMPARISONS = "gt ge lt le greater greater_equal less less_equal __gt__ __ge__ __lt__ __le__"

TABLE: dict[Any, AbstractOp] = {
    **build_table("clamp clip", Clamp, Kind.ACTIVATION),
    **build_table("minimum fmin min", Minimum, Kind.ROUTING),
    **build_table(_COMPARISONS, Comparison, Kind.ROUTING),
    **build_table("to float double half bfloat16 type type_as", Conversion, Kind.ROUTING),
    **build_table("where", Choice, Kind.ROUTING),
    **build_table("masked_fill", Filling, Kind.ROUTING),
    **build_table("mul multiply __mul__ __rmul__", Masking, Kind.PRODUCT),
}
