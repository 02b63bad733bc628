"""Torch functions that are answered while a model is explained, instead of being run as ops."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.utils.hooks import BackwardHook

GRAD_SWITCH = torch._C._set_grad_enabled
"""Without effect while explaining: ``torch.no_grad`` inside a model means no training, not no relevance."""

QUESTIONS = frozenset({
    Tensor.dim, Tensor.size, Tensor.numel, Tensor.stride, Tensor.is_floating_point, Tensor.is_contiguous,
    Tensor.__len__,
    *(getattr(Tensor, name).__get__ for name in ("shape", "ndim", "dtype", "device", "is_cuda", "layout")),
})  # fmt: skip
"""Functions that only ask about a tensor."""


ALIASES = frozenset({torch.detach, Tensor.detach, Tensor.data.__get__})  # type: ignore[attr-defined]
"""Functions whose result has the memory of their argument, unknown to autograd."""

ASSIGN_DATA = Tensor.data.__set__  # type: ignore[attr-defined]
"""Assignment to ``.data``, as in a weight constraint."""

ASKED_FOR = frozenset({Tensor.requires_grad_, Tensor.requires_grad.__set__})  # type: ignore[attr-defined]
"""A model that asks for gradients of a tensor: without effect while explaining."""

STANDING = frozenset(getattr(Tensor, name).__get__ for name in ("requires_grad", "is_leaf", "grad_fn"))
"""Questions about a tensor's standing in autograd: the answer is about the tensor as the model has it."""


running_transform = torch._C._functorch.peek_interpreter_stack
"""The transformation of torch.func, such as ``vmap``, that is running; what it calls cannot be followed."""

top_hooks = torch._C._autograd._top_saved_tensors_default_hooks
"""The hooks that take hold of what autograd saves, as gradient checkpointing does."""


def for_backward_hooks(func: Callable[..., Any], asks: FrameType) -> bool:
    """Whether a module asks because it has backward hooks: they are for gradients, not relevance.

    Args:
        func: The question.
        asks: The frame that asks.
    """
    asks_for_hooks = asks.f_code is BackwardHook._apply_on_tensors.__code__
    return asks_for_hooks and func is Tensor.requires_grad.__get__  # type: ignore[attr-defined]
