"""An explanation inside the forward pass of a model that is explained itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from lrprism.engine.containers import containers_in, tensors_held
from lrprism.engine.function_modes import WatchingMode, read_stack, replace_stack
from lrprism.engine.mode import RelevanceMode
from lrprism.errors import InputError


@contextmanager
def suspend_outer_passes(*arguments: Any) -> Iterator[None]:
    """Switch off the modes of the passes around this one, to which its result is a constant.

    Args:
        arguments: The inputs and arguments of this explanation.

    Raises:
        InputError: If one of them holds a tensor that a pass around this one has written to.
    """
    stack = read_stack()
    # the usual case: no explanation runs around this one
    if not any(isinstance(mode, WatchingMode) for mode in stack):
        yield
        return
    replace_stack([mode for mode in stack if not isinstance(mode, WatchingMode)])
    try:
        for mode in stack:
            if isinstance(mode, RelevanceMode) and mode.rewrites:
                _check_memory(mode, arguments)
        yield
    finally:
        replace_stack(stack)


def _check_memory(mode: RelevanceMode, arguments: Any) -> None:
    """Check that tensors hold what forward wrote to them: while it is explained, their memory does not.

    Raises:
        InputError: If one does not.
    """
    for tensor in tensors_held(containers_in(list(arguments))):
        now = mode.rewrites.read(tensor)
        if now is not tensor and not torch.equal(now, tensor):
            raise InputError(
                "an explanation inside forward should get no tensor that forward has written to in place. "
                f"Found one of shape {tuple(tensor.shape)}: while the model around it is explained, its "
                "memory is as it was. Give it as a copy, x.clone()."
            )
