"""A plain forward pass beside the explained one, to check that the output is that of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lrprism.engine.answers import ASSIGN_DATA, running_transform
from lrprism.engine.containers import Container, containers_in, memory_in, replace_tensors
from lrprism.engine.distributions import SOURCES
from lrprism.engine.function_modes import WatchingMode
from lrprism.engine.in_place import SWITCHES, is_in_place
from lrprism.engine.randomness import notice_draws, restore_randomness
from lrprism.engine.state import KeptState
from lrprism.errors import LRPrismError, ModelError
from lrprism.ops import INSIDE, ComposedOp, Kind, RecurrentOp, detach_tensors, op_of, tensors_in

_TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3}
"""Largest difference of two outputs, over the largest number of the plain one; 0.05 in half precision."""


class NotComparableError(Exception):
    """A plain call draws random numbers, or writes to memory that would stay changed: the message says so."""


class _EvaluationMode(WatchingMode):
    """Runs a model as it is, in evaluation: dropout is off and batch norm uses its running statistics.

    A call may write only to memory that was made while this mode runs, so that no buffer and no global tensor
    changes.

    Args:
        model: The model.
        arguments: Containers with the tensors of the arguments, which are copies.
    """

    def __init__(self, model: nn.Module, arguments: Iterable[Container]) -> None:
        """Note what may be written to."""
        super().__init__()
        self._writable = memory_in(arguments)
        norms = (module for module in model.modules() if isinstance(module, _BatchNorm))
        self._counters = {id(norm.num_batches_tracked) for norm in norms}

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one torch call.

        Raises:
            NotComparableError: If it draws random numbers, trains, or writes to memory that stays.
        """
        del types
        kwargs = kwargs or {}
        if func in SOURCES:
            raise NotComparableError(f"{func.__name__} draws random numbers")
        if running_transform() is not None:
            raise NotComparableError(f"{func.__name__} runs in torch.func, which hides memory")
        if func is Tensor.backward:
            raise NotComparableError("backward writes to gradients")
        target = _write_target(func, args, kwargs)
        # a batch norm in training mode counts its batches
        if id(target) in self._counters:
            return target
        if not memory_in([[target]]) <= self._writable:
            raise NotComparableError(f"{func.__name__} writes to memory that stays when the call is over")
        result = self._run(func, args, kwargs)
        if isinstance(result, (Tensor, tuple, list)):
            self._writable |= memory_in([tensors_in(result)]) - memory_in([tensors_in((args, kwargs))])
            self._writable.discard(None)
        return result

    def _run(self, func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
        """Run one torch call in evaluation."""
        op = op_of(func)
        # an op records nothing of what is not live
        if op.kind in _CHANGED or op.name in _NORMS:
            return op.run(self, func, detach_tensors(args), detach_tensors(kwargs))  # type: ignore[arg-type]
        if isinstance(op, RecurrentOp):
            return _call_torch(func, _switch_dropout_off(args), kwargs)
        # functions of torch that are written in Python may call dropout or a norm inside
        if isinstance(op, ComposedOp) and (op is INSIDE or op.name == "rrelu"):
            with self.watching():
                return op.open(func)(*args, **kwargs)
        return _call_torch(func, args, kwargs)

    def admit_vectors(self, tokens: Tensor, vectors: Tensor) -> Tensor:
        """Return the vectors of tokens as they are."""
        del tokens
        return vectors


_CHANGED = frozenset({Kind.IDENTITY, Kind.ATTENTION, Kind.EMBEDDING})
"""Ops that draw random numbers in training mode, or write to their table."""

_NORMS = frozenset({"batch_norm", "instance_norm", "fused_moving_avg_obs_fake_quant"})
"""Ops that write statistics to buffers, which are no part of the arguments."""

_OVERWRITING = frozenset({ASSIGN_DATA, Tensor.resize_, Tensor.numpy, Tensor.__array__, Tensor.__dlpack__})
"""Functions that change the memory of a tensor, or hand it to code outside torch."""


def _write_target(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the tensor, or the tuple of them, whose memory a call writes to or exposes; None if none."""
    position = SWITCHES.get(func)
    is_switched_on = position is not None and (kwargs.get("inplace") or True in args[position : position + 1])
    if is_switched_on or is_in_place(func) or func in _OVERWRITING:
        return args[0] if args else kwargs["input"]
    return kwargs.get("out")


def _switch_dropout_off(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments of a recurrent network in evaluation: the mode follows the dropout's share."""
    share = next((position for position, value in enumerate(args) if type(value) is float), None)
    return args if share is None else (*args[: share + 1], False, *args[share + 2 :])


def _call_torch(func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Call a torch function; an error that comes up in this frame is that of a call in the model."""
    return func(*args, **kwargs)


def _is_bug(error: Exception) -> bool:
    """Return True if an error comes up in the engine itself, and neither in the model nor in torch."""
    # the C++ of torch raises RuntimeError, as where a tensor has no memory, and leaves no frame
    if isinstance(error, (LRPrismError, RuntimeError)):
        return False
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return False
    frame = traceback.tb_frame
    is_engine = str(frame.f_globals.get("__name__")).startswith("lrprism.engine.")
    return is_engine and frame.f_code is not _call_torch.__code__


class PlainCall:
    """The output of a plain call in evaluation mode, from the state of the model when this is made.

    Nothing of the model changes: a call that would write to what the model keeps is given up. What cannot be
    seen, such as a counter in another module, moves on.

    Args:
        model: The model.
        arguments: Its positional arguments and its keyword arguments.
        choose: Returns the tensor to explain from what the model returns.
        state: The state that the model keeps.
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
        self.obstacle: Exception | None = None
        """The reason why the latest call has no output to compare with."""
        state.arguments = arguments
        self._restore = state.remember(fully=True)
        self._output = self._call()

    def _call(self) -> Tensor | None:
        """Return the output of a plain call, or None where it cannot be known."""
        args, kwargs = list(self._arguments[0]), dict(self._arguments[1])
        containers = list(containers_in([args, kwargs]))
        replace_tensors(containers, lambda tensor: tensor.detach().clone())
        try:
            mode = _EvaluationMode(self._model, containers)
            with torch.no_grad(), restore_randomness([]), notice_draws(set()), mode:
                return self._choose(self._model(*args, **kwargs))
        except NotComparableError as error:
            self.obstacle = error
        # a model may need gradients to run at all; its own errors come up when it is explained
        except Exception as error:
            if _is_bug(error):
                raise
            self.obstacle = error
        finally:
            self._restore()
        return None

    def compare(self, explained: Tensor) -> str | None:
        """Compare the output to explain with the one that the model returns.

        Returns:
            Both outputs in words, if plain calls differ among themselves; None if all is well.

        Raises:
            ModelError: If the output to explain is another one, and plain calls agree.
        """
        plain = self._output
        if plain is None or outputs_agree(explained, plain):
            return None
        # the model may be no function of its input: call it again from where it stood
        restore_present = self._state.remember(fully=True)
        self._restore()
        again = self._call()
        restore_present()
        if again is None or not outputs_agree(again, plain):
            second = "an error" if again is None else _format_output(again)
            return f"{_format_output(plain)} and {second}"
        raise ModelError(
            "the output that is explained should be the one that a plain call returns. Found "
            f"{_format_output(explained)} instead of {_format_output(plain)}. Look in forward for what "
            "happens by way of numpy, TorchScript, C++ or another thread, for writes that no torch call "
            "shows, and for branches that ask for gradients."
        )


def outputs_agree(output: Tensor, plain: Tensor) -> bool:
    """Return True if an output is that of a plain call, but for rounding."""
    if output.shape != plain.shape:
        return False
    if not plain.numel():
        return True
    # masked logits are -inf in both
    a, b = (torch.nan_to_num(tensor.detach().double(), 0, 0, 0) for tensor in (output, plain))
    limit = _TOLERANCE.get(plain.dtype, 0.05) * float(b.abs().amax())
    return float((a - b).abs().amax()) <= limit


def _format_output(tensor: Tensor) -> str:
    numbers = ", ".join(f"{number:.6g}" for number in tensor.detach().flatten()[:3].tolist())
    return f"[{numbers}{', ...' if tensor.numel() > 3 else ''}] of shape {tuple(tensor.shape)}"
