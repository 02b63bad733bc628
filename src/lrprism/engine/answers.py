"""Torch functions that are answered while a model is explained, instead of being run as ops."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.utils.hooks import BackwardHook

from lrprism.errors import ModelError

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

HOOKING = frozenset({Tensor.register_hook, Tensor.register_post_accumulate_grad_hook, Tensor.retain_grad})
"""Requests to hear of the gradient of a tensor; see :func:`register_listener`."""

_GRADIENTS = {
    torch.autograd.grad: "torch.autograd.grad",
    torch.autograd.backward: "torch.autograd.backward",
    Tensor.backward: "Tensor.backward",
}
"""Functions that take a gradient, and what they are called."""

_READ_GRADIENT = Tensor.grad.__get__  # type: ignore[union-attr]

ANSWERED = _STANDING | _REQUESTS | _GRADIENTS.keys() | {_GRAD_SWITCH, _READ_GRADIENT}
"""What :func:`answer_query` answers."""

running_transform = torch._C._functorch.peek_interpreter_stack
"""The transformation of torch.func, such as ``vmap``, that is running; what it calls cannot be followed."""

_is_wrapped = torch._C._functorch.is_functorch_wrapped_tensor
_unwrap = torch._C._functorch.get_unwrapped

top_hooks = torch._C._autograd._top_saved_tensors_default_hooks
"""The hooks that take hold of what autograd saves, as gradient checkpointing does."""


def answer_query(
    func: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    asks: FrameType,
    gone_back: set[str],
) -> Any:
    """Answer one of :data:`ANSWERED`; NotImplemented where it is to be run.

    A module with backward hooks hears that nothing needs a gradient: they are for gradients, not relevance.

    Args:
        func: The function.
        args: Its arguments.
        kwargs: Its keyword arguments.
        asks: The frame that called it.
        gone_back: Gets the name of a way back that keeps the graph: it may be gone, if nobody looks at what
            it found.
    """
    if func in _GRADIENTS:
        if func is torch.autograd.grad or not (kwargs.get("retain_graph") or (args[2:] and args[2])):
            refuse_gradient(_GRADIENTS[func], asks)
        gone_back.add(_GRADIENTS[func])
        return NotImplemented
    if func == _READ_GRADIENT:  # torch makes such a getter anew at every call
        if gone_back:
            refuse_gradient(f"{min(gone_back)} and a look at .grad", asks)
        return NotImplemented
    if func in _STANDING:
        for_hooks = asks.f_code is BackwardHook._apply_on_tensors.__code__
        return not for_hooks and func(*args)
    return args[0] if func in _REQUESTS else None


def register_listener(func: Callable[..., Any], tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
    """Let a hook that ``forward`` puts on a tensor hear what comes by; what it returns changes nothing.

    It hears the modified gradient. A parameter, at which none arrives, gets the hook as in a plain call.
    """
    if func is not Tensor.register_hook or tensor.is_leaf:
        return func(tensor, *args, **kwargs)
    hook = kwargs["hook"] if kwargs else args[0]

    def hear(g: Tensor) -> None:
        hook(g)

    return func(tensor, hear)


def unwrap_functorch(tensor: Tensor) -> Tensor:
    """Return the tensor that a transformation of ``torch.func`` shows a part of."""
    while _is_wrapped(tensor):
        tensor = _unwrap(tensor)
    return tensor


def refuse_gradient(name: str, asks: FrameType) -> NoReturn:
    """Refuse a model that takes a gradient in forward: by the rules it would be another number.

    Args:
        name: What the function is called that takes it.
        asks: The frame that asks for it.

    Raises:
        ModelError: Always.
    """
    raise ModelError(
        "forward should take no gradient while it is explained. "
        f"Found {name} at {_place(asks)}: relevance goes back through the same graph, so that "
        "the gradient, and with it the output, would be wrong. Explain the part of the model in front of it, "
        "such as the energy of a network that returns forces; or leave out, while it is explained, a "
        "backward() that trains."
    )


def check_surroundings() -> None:
    """Check that an explanation does not run where torch takes derivatives of what it calls.

    Raises:
        ModelError: If it does.
    """
    if running_transform() is not None:
        raise ModelError(
            "an explanation should not run inside a transformation of torch.func, such as grad, jvp or vmap: "
            "relevance has no derivative, and a transformation hides the numbers. Found one that is running. "
            "Explain a batch outside of it; a model may call torch.func inside forward."
        )
    if forward_ad._current_level >= 0:
        raise ModelError(
            "an explanation should not run under torch.autograd.forward_ad.dual_level(): relevance has no "
            "tangent. Found that level open. Explain outside of the with block, and a dual tensor by "
            "forward_ad.unpack_dual(inputs).primal."
        )


def explain_forward_mode(error: Exception) -> str | None:
    """Say that forward takes a derivative in forward mode, if it failed at that; else return None."""
    if "jvp function for custom autograd.Function" not in str(error):
        return None
    return (
        "forward should take no derivative in forward mode while it is explained. Found "
        "torch.autograd.forward_ad, whose tangents do not pass the rules. Explain the part of the model in "
        "front of it, or take torch.func.jvp, whose inside gets the plain gradient."
    )


def _place(frame: FrameType | None) -> str:
    """File and line of the first frame outside torch."""
    while frame is not None and frame.f_globals.get("__name__", "").startswith("torch."):
        frame = frame.f_back
    return "an unknown place" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
