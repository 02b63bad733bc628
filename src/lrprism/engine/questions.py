"""Torch functions that are answered while a model is explained, instead of being run as ops."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.utils.hooks import BackwardHook

QUESTIONS = frozenset({
    Tensor.dim, Tensor.size, Tensor.numel, Tensor.stride, Tensor.is_floating_point, Tensor.is_contiguous,
    Tensor.__len__,
    *(getattr(Tensor, name).__get__ for name in ("shape", "ndim", "dtype", "device", "is_cuda", "layout")),
})  # fmt: skip
"""Functions that only ask about a tensor."""

ASSIGN_DATA = Tensor.data.__set__  # type: ignore[attr-defined]
"""Assignment to ``.data``, as in a weight constraint."""

SHARING = frozenset(
    {
        ASSIGN_DATA,
        torch.detach,
        Tensor.detach,
        Tensor.data.__get__,  # type: ignore[attr-defined]
    }
)
"""Functions after which two tensors have one memory, unknown to autograd."""

_GRAD_SWITCH = torch._C._set_grad_enabled
"""Without effect while explaining: ``torch.no_grad`` inside a model means no training, not no relevance."""

_REQUESTS = frozenset({Tensor.requires_grad_, Tensor.requires_grad.__set__})  # type: ignore[attr-defined]
"""A model that asks for gradients of a tensor: without effect while explaining."""

_STANDING = frozenset(getattr(Tensor, name).__get__ for name in ("requires_grad", "is_leaf", "grad_fn"))
"""Questions about a tensor's standing in autograd: the answer is about the tensor as the model has it."""

ANSWERED = _STANDING | _REQUESTS | {_GRAD_SWITCH}
"""What :func:`answer` answers."""

running_transform = torch._C._functorch.peek_interpreter_stack
"""The transformation of torch.func, such as ``vmap``, that is running; what it calls cannot be followed."""

top_hooks = torch._C._autograd._top_saved_tensors_default_hooks
"""The hooks that take hold of what autograd saves, as gradient checkpointing does."""


def answer(func: Callable[..., Any], args: tuple[Any, ...], asks: FrameType) -> Any:
    """Answer one of :data:`ANSWERED`.

    A module with backward hooks hears that nothing needs a gradient: they are for gradients, not relevance.

    Args:
        func: The function.
        args: Its arguments.
        asks: The frame that called it.
    """
    if func in _STANDING:
        for_hooks = asks.f_code is BackwardHook._apply_on_tensors.__code__
        return not for_hooks and func(*args)
    return args[0] if func in _REQUESTS else None
