"""An explanation inside the forward pass of a model that is explained itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import _get_current_function_mode_stack, _pop_mode, _push_mode

from lrprism.engine.containers import containers_in, tensors_held
from lrprism.engine.function_modes import WatchingMode
from lrprism.engine.mode import RelevanceMode
from lrprism.errors import InputError


@contextmanager
def suspend_outer_passes(*given: Any) -> Iterator[None]:
    """Switch off the modes of the pass that runs around this one: what is found here is a constant to it.

    Args:
        given: What is explained here.

    Raises:
        InputError: If it holds a tensor that the pass around it has written to.
    """
    stack = _get_current_function_mode_stack()  # type: ignore[no-untyped-call]  # torch gives it no types
    if not any(isinstance(mode, WatchingMode) for mode in stack):
        yield
        return
    others = [mode for mode in stack if not isinstance(mode, WatchingMode)]
    _replace(len(stack), others)
    try:
        for mode in stack:
            if isinstance(mode, RelevanceMode) and mode.rewrites:
                _check_memory(mode, given)
        yield
    finally:
        _replace(len(others), stack)


def _replace(count: int, modes: list[Any]) -> None:
    """Put modes in the place of those that are on."""
    for _ in range(count):
        _pop_mode()  # type: ignore[no-untyped-call]  # as above
    for mode in modes:
        _push_mode(mode)  # type: ignore[no-untyped-call]  # as above


def _check_memory(mode: RelevanceMode, given: Any) -> None:
    """Check that tensors hold what forward wrote to them: while it is explained, their memory does not.

    Raises:
        InputError: If one does not.
    """
    for tensor in tensors_held(containers_in(list(given))):
        now = mode.rewrites.read(tensor)
        if now is not tensor and not torch.equal(now, tensor):
            raise InputError(
                "an explanation inside forward should get no tensor that forward has written to in place. "
                f"Found one of shape {tuple(tensor.shape)}: while the model around it is explained, its "
                "memory is as it was. Give it as a copy, x.clone()."
            )
