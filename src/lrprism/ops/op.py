"""What the engine does when it meets an op: one small class per way of treating relevance."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, final

from torch import Tensor

from lrprism.ops.affine import AbstractAffine, apply_affine
from lrprism.ops.call import Call
from lrprism.ops.kinds import Kind

Arguments = tuple[Any, ...]
Keywords = Mapping[str, Any]


class Recorder(Protocol):
    """Keeps the calls of one forward pass."""

    def record(self, kind: Kind, name: str) -> Call:
        """Note one call of an op."""


def tensors_in(values: Any) -> Iterator[Tensor]:
    """Yield the tensors of nested tuples, lists and dicts."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, (tuple, list)):
        for value in values:
            yield from tensors_in(value)
    elif isinstance(values, Mapping):
        for value in values.values():
            yield from tensors_in(value)


def is_live(values: Any) -> bool:
    """Whether relevance reaches any tensor in ``values``; parameters and buffers are constants."""
    return any(tensor.requires_grad for tensor in tensors_in(values))


@dataclass(frozen=True)
class AbstractOp(ABC):
    """One entry of the dispatch table.

    Args:
        kind: What the op does to relevance.
        name: The op's name in plans and tables.
    """

    kind: Kind
    name: str

    @abstractmethod
    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return what ``func(*args, **kwargs)`` returns, with relevance taken care of."""


@final
@dataclass(frozen=True)
class AffineOp(AbstractOp):
    """An op with weights: its backward pass follows a rule.

    Args:
        kind: ``CONVOLUTION`` or ``LINEAR``.
        name: The op's name.
        bind: Reads the call's arguments into the input and the affine op.
    """

    bind: Callable[..., tuple[Tensor, AbstractAffine]]

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the affine op under its rule; two live operands are no affine op."""
        a, affine = self.bind(*args, **kwargs)
        if is_live((affine.weight, affine.bias)):
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        if not a.requires_grad:
            return func(*args, **kwargs)
        call = recorder.record(self.kind, self.name)
        if a.dim() == affine.batched_dim - 1:
            return apply_affine(affine, a.unsqueeze(0), call).squeeze(0)
        return apply_affine(affine, a, call)


@final
@dataclass(frozen=True)
class NativeOp(AbstractOp):
    """An op whose own gradient already is the LRP-0 rule.

    Args:
        kind: What the op does to relevance.
        name: The op's name.
        constants: Positions (or names) of operands that must be constant for this to hold, as the divisor of
            a division.
        one_live: Whether at most one operand may carry relevance, as in a product.
    """

    constants: tuple[int | str, ...] = ()
    one_live: bool = False

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the op as it is."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        recorder.record(self.kind if self._holds(args, kwargs) else Kind.UNKNOWN, self.name)
        return func(*args, **kwargs)

    def _holds(self, args: Arguments, kwargs: Keywords) -> bool:
        if self.one_live and sum(tensor.requires_grad for tensor in tensors_in((args, kwargs))) > 1:
            return False
        fixed = [kwargs.get(key) if isinstance(key, str) else args[key : key + 1] for key in self.constants]
        return not is_live(fixed)


@final
@dataclass(frozen=True)
class IdentityOp(AbstractOp):
    """An op that is switched off while explaining: it returns its first argument."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return the input."""
        del func
        value = args[0] if args else kwargs["input"]
        if is_live(value):
            recorder.record(self.kind, self.name)
        return value


@final
@dataclass(frozen=True)
class UnknownOp(AbstractOp):
    """Any torch function outside the table: the plain gradient is used, and said."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the function as it is; note it where relevance passes."""
        result = func(*args, **kwargs)
        if is_live(result) and is_live((args, kwargs)):
            recorder.record(self.kind, getattr(func, "__name__", str(func)))
        return result


UNKNOWN = UnknownOp(Kind.UNKNOWN, "")
"""Stands for every torch function outside the dispatch table."""


@final
@dataclass(frozen=True)
class OverwriteOp(AbstractOp):
    """An in-place function without an out-of-place twin, such as a slice's assignment: done on a copy."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return a copy of the first argument with the function's effect."""
        target: Tensor = args[0].clone()
        func(target, *args[1:], **kwargs)
        if is_live((args, kwargs)):
            recorder.record(self.kind, func.__name__.strip("_"))
        return target


OVERWRITE = OverwriteOp(Kind.ROUTING, "")
"""Stands for every in-place function without a twin."""
