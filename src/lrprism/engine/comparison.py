"""The run on a reference, call by call, and the comparison of another run with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor

from lrprism.errors import ModelError
from lrprism.ops import Counterpart, is_same, map_tensors, tensors_in


class CallsDifferError(ModelError):
    """The model takes other calls on the reference than on the inputs."""


class _Met(NamedTuple):
    """A call on the reference: the function, the module, and the counterpart."""

    func: Callable[..., Any]
    module: str
    counterpart: Counterpart


class Comparison:
    """The calls of a run on a reference, in order.

    Args:
        samples: For how many samples the one of the reference stands, so that the constants of the two runs
            should be alike; None where there are as many on both sides.
    """

    def __init__(self, samples: int | None = None) -> None:
        """Start with no call."""
        self.is_recording = True
        self.failure: CallsDifferError | None = None
        """The first difference between the calls: operators of tensors swallow a TypeError, as models may."""
        self._samples = samples
        self._calls: list[_Met | None] = []
        self._number = 0

    def enter(self) -> int:
        """Take the place of a call, in which others may run."""
        self._calls.append(None)
        return len(self._calls) - 1

    def leave(
        self, place: int, func: Callable[..., Any], module: str, arguments: tuple[Any, Any], result: Any
    ) -> None:
        """Keep a call on the reference that is over."""
        args, kwargs = (
            map_tensors(arguments[0], Tensor.detach),
            map_tensors(dict(arguments[1]), Tensor.detach),
        )
        live = _detach_live(arguments)
        outputs = _detach_live(result)
        detached = result.detach() if isinstance(result, Tensor) else [x.detach() for x in tensors_in(result)]
        counterpart = Counterpart(args, kwargs, detached, live, outputs)
        self._calls[place] = _Met(func, module, counterpart)

    def meet(
        self,
        func: Callable[..., Any],
        module: str,
        arguments: tuple[Any, Any],
        *,
        is_elementwise: bool = False,
    ) -> Counterpart:
        """Return the counterpart of the next call.

        Args:
            func: The torch function.
            module: The path of the module that calls it.
            arguments: Its arguments by position and by name.
            is_elementwise: Whether its numbers are part of a function that each entry follows, as an exponent
                is, and no shapes.

        Raises:
            CallsDifferError: If the model takes another call on the reference.
        """
        if self.failure is not None:
            raise self.failure
        met = self._calls[self._number] if self._number < len(self._calls) else None
        self._number += 1
        if met is None or met.func != func or met.module != module:
            raise self._fail(_describe_other(self._number, func, module, met))
        own, other = tensors_in(arguments), tensors_in((met.counterpart.args, met.counterpart.kwargs))
        if len(own) != len(other) or not all(map(self._fits, own, other)):
            raise self._fail(_describe_shapes(self._number, func, module, own, other))
        if self._samples is not None and not all(
            is_same(a, b) for a, b in zip(own, other, strict=True) if not a.requires_grad
        ):
            raise self._fail(f"call {self._number}, {_name(func)}, depends on the number of samples")
        # a ** len(a): the secant between two functions adds up too
        if (
            is_elementwise
            and self._samples is not None
            and _numbers_in(arguments) != _numbers_in((met.counterpart.args, met.counterpart.kwargs))
        ):
            raise self._fail(f"call {self._number}, {_name(func)}, depends on the number of samples")
        return met.counterpart

    def _fits(self, own: Tensor, other: Tensor) -> bool:
        """Return True if the reference's tensor can stand beside that of each sample."""
        sizes = zip(own.shape, other.shape, strict=True)
        return own.shape == other.shape or (
            own.dim() == other.dim()
            and all(size == 1 and count == self._samples for count, size in sizes if count != size)
        )

    def _fail(self, message: str) -> CallsDifferError:
        self.failure = CallsDifferError(message)
        return self.failure

    def check_end(self) -> None:
        """Check that no call on the reference is left over.

        Raises:
            CallsDifferError: If one is.
        """
        if self.failure is not None:
            raise self.failure
        if self._number < len(self._calls):
            met = self._calls[self._number]
            assert met is not None
            raise CallsDifferError(
                f"{_FOUND} {self._number} calls on the inputs, and then {_name(met.func)} in "
                f"{met.module or '(model)'} on the reference alone. {_WAY_OUT}"
            )


def _numbers_in(arguments: tuple[Any, Any]) -> list[Any]:
    """Return the numbers among arguments by position and by name."""
    args, kwargs = arguments
    values = [*args, *(kwargs[key] for key in sorted(kwargs))]
    return [value for value in values if isinstance(value, (int, float))]


def _detach_live(values: Any) -> list[Tensor]:
    return [tensor.detach() for tensor in tensors_in(values) if tensor.requires_grad]


_FOUND = (
    "the model should take the same calls on the reference as on the inputs, as their differences are "
    "followed from call to call. Found"
)
_WAY_OUT = (
    "Choose a reference that takes the same branches, such as one of the same length, or write the branch as "
    "torch.where."
)


def _describe_other(number: int, func: Callable[..., Any], module: str, met: _Met | None) -> str:
    here = f"{_name(func)} in {module or '(model)'}"
    there = "nothing" if met is None else f"{_name(met.func)} in {met.module or '(model)'}"
    return f"{_FOUND} {here} as call {number} on the inputs and {there} on the reference. {_WAY_OUT}"


def _describe_shapes(
    number: int, func: Callable[..., Any], module: str, own: list[Tensor], other: list[Tensor]
) -> str:
    shapes, others = ([tuple(tensor.shape) for tensor in tensors] for tensors in (own, other))
    return (
        f"{_FOUND} {_name(func)} in {module or '(model)'} as call {number} with tensors of shape {shapes} on "
        f"the inputs and {others} on the reference. {_WAY_OUT}"
    )


def _name(func: Callable[..., Any]) -> str:
    return getattr(func, "__name__", str(func)).strip("_")
