"""The treatment of relevance by an op: one small class per way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from types import FunctionType
from typing import Any, Protocol, final

import torch
from torch import Tensor

from lrprism.ops.call import Call, Needs
from lrprism.ops.counterpart import Counterpart
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import detach_tensors, is_live
from lrprism.ops.tape import Tape
from lrprism.rules import AbstractRule

Arguments = tuple[Any, ...]
Keywords = Mapping[str, Any]


class Recorder(Protocol):
    """Keeps the calls of one forward pass."""

    needs: Needs
    """What the way back may ask for."""

    calls: list[Call]
    """The calls so far, in the order of execution."""

    tapes: dict[Call, Tape]
    """The tapes of those among them that follow a rule."""

    counterpart: Counterpart | None
    """The call on the reference that the running one is compared with; None where there is no reference."""

    compared: dict[int, tuple[Tensor, Tensor]]
    """Masks, by their id, and the live tensor that each compares with a constant."""

    def record(self, kind: Kind, name: str) -> Call:
        """Record a call of an op that has only one way."""

    def start_tape(
        self,
        kind: Kind,
        name: str,
        accepts: tuple[type[AbstractRule], ...],
        replaces: Call | None = None,
        within: Call | None = None,
    ) -> Tape:
        """Record a call of an op that follows a rule, and start its tape.

        Args:
            kind: What the op does to relevance.
            name: The op's name.
            accepts: The types of rule that it can follow.
            replaces: The call whose place this one takes.
            within: The call in whose module this one counts; by default the innermost that is running.
        """

    def mark_input(self, call: Call, a: Tensor, a_r: Tensor | None = None) -> Tensor:
        """Return the tensor at which the account reads what a call hands to its input ``a``.

        To be asked where this input is that of an earlier call, which the op does not get itself.

        Args:
            call: The call.
            a: Its input.
            a_r: The same input in the run on the reference, where there is one.
        """

    def reference_of(self, compared: Tensor) -> Tensor:
        """Return what stood in the place of a tensor of :attr:`compared` on the reference."""

    def admit(self, tensors: Sequence[Tensor]) -> None:
        """Take tensors for live ones: relevance is carried back to them."""

    def watching(self) -> AbstractContextManager[Any]:
        """See the torch calls made inside an op."""

    def is_parameter(self, tensor: Tensor) -> bool:
        """Say whether a constant is a parameter of the model, or a part of one."""

    def admit_vectors(self, tokens: Tensor, vectors: Tensor) -> Tensor:
        """Take the vectors of token ids for an input, where relevance is read, if the tokens are one."""


def in_full_precision(a: Tensor) -> Tensor:
    """Return ``a`` as float32 where autocast would compute in it."""
    return a.float() if torch.is_autocast_enabled(a.device.type) else a


def in_autocast_precision(a: Tensor) -> Tensor:
    """Return a float32 ``a`` in autocast's type; to be asked only where autocast is on."""
    return a.to(torch.get_autocast_dtype(a.device.type)) if a.dtype is torch.float32 else a


@dataclass(frozen=True, eq=False)
class AbstractOp(ABC):
    """One entry of the dispatch table. A kind of op without settings of its own is a dataclass as it is.

    Args:
        kind: What the op does to relevance.
        name: The op's name in plans and tables.
    """

    kind: Kind
    name: str

    @property
    def is_composed(self) -> bool:
        """True if the op runs other ops, which are recorded in its place."""
        return False

    @abstractmethod
    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return what ``func(*args, **kwargs)`` returns, with relevance taken care of."""


@final
@dataclass(frozen=True, eq=False)
class NativeOp(AbstractOp):
    """An op that runs as it is: its own gradient is the rule.

    Args:
        kind: What the op does to relevance.
        name: The op's name.
        constants: Positions (or names) of operands that must be constant for this to hold, as the slope of a
            leaky ReLU.
    """

    constants: tuple[int | str, ...] = ()

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the op as it is."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        fixed = [kwargs.get(key) if isinstance(key, str) else args[key : key + 1] for key in self.constants]
        recorder.record(Kind.UNKNOWN if fixed and is_live(fixed) else self.kind, self.name)
        return func(*args, **kwargs)


@final
@dataclass(frozen=True, eq=False)
class IdentityOp(AbstractOp):
    """An op that is switched off while explaining: it returns its first argument.

    Args:
        kind: What the op does to relevance.
        name: The op's name.
        has_mask: Whether it also returns a mask of what it keeps.
    """

    has_mask: bool = False

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return the input."""
        del func
        value = args[0] if args else kwargs["input"]
        if is_live(value):
            recorder.record(self.kind, self.name)
        return (value, torch.ones_like(value, dtype=torch.bool)) if self.has_mask else value


@final
class StoppedOp(AbstractOp):
    """An op whose result counts as a constant, such as ``detach`` or the inverse of a norm."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return the detached result."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        recorder.record(self.kind, self.name)
        with torch.no_grad():
            return func(*detach_tensors(args), **detach_tensors(kwargs))


@final
@dataclass(frozen=True, eq=False)
class ComposedOp(AbstractOp):
    """An op that is written out in other torch calls, each with its own rule.

    Args:
        parts: What runs in the place of the torch function; by default its own Python code.
    """

    parts: Callable[..., Any] | None = None

    @property
    def is_composed(self) -> bool:
        """True for every composed op."""
        return True

    def open(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return what runs in the place of a torch function."""
        return self.parts or _inside(func)

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the parts, each of which is seen."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        with recorder.watching():
            return self.open(func)(*args, **kwargs)


@cache
def _inside(func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a copy of a Python function of torch that does not hand itself over as a whole."""
    assert isinstance(func, FunctionType)
    names = {name: _never for name in func.__globals__ if name.startswith("has_torch_function")}
    opened = FunctionType(
        func.__code__, func.__globals__ | names, func.__name__, func.__defaults__, func.__closure__
    )
    opened.__kwdefaults__ = func.__kwdefaults__
    return opened


def _never(*_: Any) -> bool:
    return False


@final
class UnknownOp(AbstractOp):
    """Any torch function outside the table: the plain gradient is used, and said."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the function as it is; note it where relevance passes."""
        result = func(*args, **kwargs)
        if is_live(result) and is_live((args, kwargs)):
            recorder.record(self.kind, getattr(func, "__name__", str(func)))
        return result


UNKNOWN = UnknownOp(Kind.UNKNOWN, "")
"""Stands for every builtin torch function outside the dispatch table."""

INSIDE = ComposedOp(Kind.ROUTING, "")
"""Stands for every torch function outside the dispatch table that is written in Python."""


@final
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
