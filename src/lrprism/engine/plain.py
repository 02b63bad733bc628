"""A plain forward pass beside the explained one: is what is explained what the model returns?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lrprism._errors import ModelError
from lrprism.engine.in_place import is_in_place
from lrprism.engine.noise import SOURCES
from lrprism.engine.questions import ASSIGN_DATA
from lrprism.engine.randomness import same_randomness
from lrprism.engine.state import KeptState, containers_in, memory_of, replace_tensors
from lrprism.engine.watching import WatchingMode
from lrprism.ops import INSIDE, ComposedOp, Kind, RecurrentOp, op_of

_TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3}
"""How far the outputs may lie apart, over the largest number of the plain one; 0.05 in half precision."""


class _NotComparableError(Exception):
    """A plain call gives another output each time, or changes what the model keeps."""


class _EvaluationMode(WatchingMode):
    """Runs a model as it is, in evaluation: dropout is off and batch norm uses its running statistics.

    Args:
        model: The model.
        kept: The memory of what it keeps, to which nothing may write.
    """

    def __init__(self, model: nn.Module, kept: set[int | None]) -> None:
        """Note what is not to be changed."""
        super().__init__()
        self._kept = kept
        norms = (module for module in model.modules() if isinstance(module, _BatchNorm))
        self._counters = {id(norm.num_batches_tracked) for norm in norms}

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one torch call.

        Raises:
            _NotComparableError: If it draws random numbers, or writes to what the model keeps.
        """
        del types
        kwargs = kwargs or {}
        if func in SOURCES or func is Tensor.backward:
            raise _NotComparableError
        written = args[0] if is_in_place(func) or func == ASSIGN_DATA else kwargs.get("out")
        if id(written) in self._counters:
            return written  # a batch norm in training mode counts its batches
        if isinstance(written, Tensor) and memory_of(written) in self._kept:
            raise _NotComparableError
        op = op_of(func)
        if op.kind in _CHANGED or op.name in _NORMS:  # nothing is live, so that nothing is recorded
            return op.run(self, func, args, kwargs)  # type: ignore[arg-type]
        if isinstance(op, RecurrentOp):
            return func(*_without_dropout(args), **kwargs)
        if isinstance(op, ComposedOp) and (op is INSIDE or op.name == "rrelu"):
            with self.watching():
                return op.open(func)(*args, **kwargs)
        return func(*args, **kwargs)

    def embedded(self, tokens: Tensor, vectors: Tensor) -> Tensor:
        """Return looked up vectors as they are."""
        del tokens
        return vectors


_CHANGED = frozenset({Kind.IDENTITY, Kind.ATTENTION, Kind.EMBEDDING})
"""Ops that draw random numbers in training mode, or write to their table."""

_NORMS = frozenset({"batch_norm", "instance_norm"})


def _without_dropout(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of a recurrent network, in which the share that drops out and the mode are neighbours."""
    place = next((number for number, value in enumerate(args) if type(value) is float), len(args))
    return (*args[: place + 1], False, *args[place + 2 :]) if args[place:] else args


def plain_output(
    model: nn.Module, arguments: tuple[Any, Any], choose: Callable[[Any], Tensor], state: KeptState
) -> Tensor | None:
    """Return what a plain call in evaluation mode returns, or None where that cannot be known.

    Nothing of the model changes: a call that writes to what the model keeps is not made to its end.

    Args:
        model: The model.
        arguments: Its positional arguments and its keyword arguments.
        choose: Returns the tensor to explain from what the model returns.
        state: What the model keeps.
    """
    kept = state.kept_memory()
    state.arguments = arguments
    give_back = state.remember(with_hooks=True)
    args, kwargs = list(arguments[0]), dict(arguments[1])
    replace_tensors(containers_in([args, kwargs]), lambda each: each.detach().clone())
    try:
        with torch.no_grad(), same_randomness([]), _EvaluationMode(model, kept):
            return choose(model(*args, **kwargs))
    except Exception:  # a model may need gradients to run at all; its own errors come up when it is explained
        return None
    finally:
        give_back()


def check_same_output(explained: Tensor, plain: Tensor) -> None:
    """Check that the output to explain is the one that the model returns.

    Raises:
        ModelError: If it is another.
    """
    if explained.shape == plain.shape:
        one, other = explained.detach().double(), plain.double()
        one, other = (torch.nan_to_num(each, 0, 0, 0) for each in (one, other))
        limit = _TOLERANCE.get(plain.dtype, 0.05) * float(other.abs().amax()) if plain.numel() else 0.0
        if not plain.numel() or float((one - other).abs().amax()) <= limit:
            return
    found = _shown(explained), _shown(plain)
    raise ModelError(
        "the output that is explained should be the one that a plain call returns. Found "
        f"{found[0]} instead of {found[1]}. Look in forward for what happens by way of numpy, TorchScript, "
        "C++ or another thread, for writes that no torch call shows, and for branches that ask for gradients."
    )


def _shown(tensor: Tensor) -> str:
    numbers = ", ".join(f"{number:.6g}" for number in tensor.detach().flatten()[:3].tolist())
    return f"[{numbers}{', ...' if tensor.numel() > 3 else ''}] of shape {tuple(tensor.shape)}"
