"""A plain forward pass beside the explained one: is what is explained what the model returns?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lrprism.engine.answers import ASSIGN_DATA
from lrprism.engine.containers import Container, containers_in, memory_in, replace_tensors
from lrprism.engine.distributions import SOURCES
from lrprism.engine.function_modes import WatchingMode
from lrprism.engine.in_place import SWITCHES, is_in_place
from lrprism.engine.randomness import notice_draws, restore_randomness
from lrprism.engine.state import KeptState
from lrprism.errors import ModelError
from lrprism.ops import INSIDE, ComposedOp, Kind, RecurrentOp, detach_tensors, op_of, tensors_in

_TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3}
"""How far the outputs may lie apart, over the largest number of the plain one; 0.05 in half precision."""


class _NotComparableError(Exception):
    """A plain call gives another output each time, or changes what stays when it is over."""


class _EvaluationMode(WatchingMode):
    """Runs a model as it is, in evaluation: dropout is off and batch norm uses its running statistics.

    It writes to nothing but what is made while it runs: a buffer, or a tensor that is a global, stays.

    Args:
        model: The model.
        arguments: Containers with the tensors of the arguments, which are copies.
    """

    def __init__(self, model: nn.Module, arguments: Iterable[Container]) -> None:
        """Note what may be changed."""
        super().__init__()
        self._made = memory_in(arguments)
        norms = (module for module in model.modules() if isinstance(module, _BatchNorm))
        self._counters = {id(norm.num_batches_tracked) for norm in norms}

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one torch call.

        Raises:
            _NotComparableError: If it draws random numbers, or writes to what is not made here.
        """
        del types
        kwargs = kwargs or {}
        if func in SOURCES or func is Tensor.backward:
            raise _NotComparableError
        written = _written(func, args, kwargs)
        if id(written) in self._counters:
            return written  # a batch norm in training mode counts its batches
        if not memory_in([[written]]) <= self._made:
            raise _NotComparableError
        result = self._run(func, args, kwargs)
        if isinstance(result, (Tensor, tuple, list)):
            self._made |= memory_in([tensors_in(result)]) - memory_in([tensors_in((args, kwargs))])
            self._made.discard(None)
        return result

    def _run(self, func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
        """Run one torch call in evaluation."""
        op = op_of(func)
        if op.kind in _CHANGED or op.name in _NORMS:  # of what is not live nothing is recorded
            return op.run(self, func, detach_tensors(args), detach_tensors(kwargs))  # type: ignore[arg-type]
        if isinstance(op, RecurrentOp):
            return func(*_without_dropout(args), **kwargs)
        if isinstance(op, ComposedOp) and (op is INSIDE or op.name == "rrelu"):
            with self.watching():
                return op.open(func)(*args, **kwargs)
        return func(*args, **kwargs)

    def admit_vectors(self, tokens: Tensor, vectors: Tensor) -> Tensor:
        """Return looked up vectors as they are."""
        del tokens
        return vectors


_CHANGED = frozenset({Kind.IDENTITY, Kind.ATTENTION, Kind.EMBEDDING})
"""Ops that draw random numbers in training mode, or write to their table."""

_NORMS = frozenset({"batch_norm", "instance_norm", "fused_moving_avg_obs_fake_quant"})
"""Ops that note what they see, in buffers that are no part of the arguments."""

_OVERWRITING = frozenset({ASSIGN_DATA, Tensor.resize_, Tensor.numpy, Tensor.__array__, Tensor.__dlpack__})
"""Functions that change the memory of a tensor, or after which somebody else can."""


def _written(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The tensor, or the tuple of them, that a call writes to or lets somebody else write to, or None."""
    place = SWITCHES.get(func)
    is_switched_on = place is not None and (kwargs.get("inplace") or True in args[place : place + 1])
    if is_switched_on or is_in_place(func) or func in _OVERWRITING:
        return args[0] if args else kwargs["input"]
    return kwargs.get("out")


def _without_dropout(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of a recurrent network, in which the share that drops out and the mode are neighbours."""
    place = next((number for number, value in enumerate(args) if type(value) is float), len(args))
    return (*args[: place + 1], False, *args[place + 2 :]) if args[place:] else args


class PlainCall:
    """What a plain call in evaluation mode returns, from where the model stands when this is made.

    Nothing of the model changes: a call that writes to what the model keeps is not made to its end. What
    cannot be found, such as a counter in another module, moves on.

    Args:
        model: The model.
        arguments: Its positional arguments and its keyword arguments.
        choose: Returns the tensor to explain from what the model returns.
        state: What the model keeps.
    """

    def __init__(
        self,
        model: nn.Module,
        arguments: tuple[Any, Any],
        choose: Callable[[Any], Tensor],
        state: KeptState,
    ) -> None:
        """Make the call."""
        self._model, self._arguments, self._choose, self._state = model, arguments, choose, state
        state.arguments = arguments
        self._give_back = state.remember(fully=True)
        self._output = self._call()

    def _call(self) -> Tensor | None:
        """Return the output of a plain call, or None where it cannot be known."""
        args, kwargs = list(self._arguments[0]), dict(self._arguments[1])
        containers = list(containers_in([args, kwargs]))
        replace_tensors(containers, lambda each: each.detach().clone())
        try:
            with (
                torch.no_grad(),
                restore_randomness([]),
                notice_draws(set()),
                _EvaluationMode(self._model, containers),
            ):
                return self._choose(self._model(*args, **kwargs))
        except (
            Exception
        ):  # a model may need gradients to run at all; its own errors come up when it is explained
            return None
        finally:
            self._give_back()

    def compare(self, explained: Tensor) -> str | None:
        """Compare the output to explain with the one that the model returns.

        Returns:
            Why they differ, if plain calls differ among themselves; None if all is well.

        Raises:
            ModelError: If the output to explain is another one, and plain calls agree.
        """
        plain = self._output
        if plain is None or outputs_agree(explained, plain):
            return None
        stand = self._state.remember(fully=True)
        self._give_back()
        again = self._call()
        stand()
        if again is None or not outputs_agree(again, plain):
            return f"{_shown(plain)} and {'an error' if again is None else _shown(again)}"
        raise ModelError(
            "the output that is explained should be the one that a plain call returns. Found "
            f"{_shown(explained)} instead of {_shown(plain)}. Look in forward for what happens by way of "
            "numpy, TorchScript, C++ or another thread, for writes that no torch call shows, and for "
            "branches that ask for gradients."
        )


def outputs_agree(one: Tensor, plain: Tensor) -> bool:
    """Return True if an output is that of a plain call, but for rounding."""
    if one.shape != plain.shape:
        return False
    if not plain.numel():
        return True
    one, other = (torch.nan_to_num(each.detach().double(), 0, 0, 0) for each in (one, plain))
    limit = _TOLERANCE.get(plain.dtype, 0.05) * float(other.abs().amax())
    return float((one - other).abs().amax()) <= limit


def _shown(tensor: Tensor) -> str:
    numbers = ", ".join(f"{number:.6g}" for number in tensor.detach().flatten()[:3].tolist())
    return f"[{numbers}{', ...' if tensor.numel() > 3 else ''}] of shape {tuple(tensor.shape)}"
