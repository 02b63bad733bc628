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

SHARING = frozenset({ASSIGN_DATA, torch.detach, Tensor.detach, Tensor.data.__get__})  # type: ignore[attr-defined]
"""Functions after which two tensors have one memory, unknown to autograd."""

# torch.no_grad inside a model means no training, not no relevance: without effect while explaining
_GRAD_SWITCH = torch._C._set_grad_enabled

# nor has the wish for gradients of a tensor
_REQUESTS = frozenset({Tensor.requires_grad_, Tensor.requires_grad.__set__})  # type: ignore[attr-defined]

_STANDING = frozenset(getattr(Tensor, name).__get__ for name in ("requires_grad", "is_leaf", "grad_fn"))
"""Questions about a tensor's standing in autograd: the answer is about the tensor as the model has it."""

HOOKING = frozenset({Tensor.register_hook, Tensor.register_post_accumulate_grad_hook, Tensor.retain_grad})
"""Functions that listen to the gradient of a tensor; see :func:`register_listener`."""

_GRADIENTS = {
    torch.autograd.grad: "torch.autograd.grad",
    torch.autograd.backward: "torch.autograd.backward",
    Tensor.backward: "Tensor.backward",
}
"""Functions that take a gradient, and their names in messages."""

_READ_GRADIENT = Tensor.grad.__get__  # type: ignore[union-attr]

ANSWERED = _STANDING | _REQUESTS | _GRADIENTS.keys() | {_GRAD_SWITCH, _READ_GRADIENT}
"""The functions that :func:`answer_query` answers."""

# what torch has no public names for

running_transform = torch._C._functorch.peek_interpreter_stack
"""Returns the transformation of torch.func that runs, such as ``vmap``: its calls cannot be followed."""

_is_wrapped = torch._C._functorch.is_functorch_wrapped_tensor
_unwrap = torch._C._functorch.get_unwrapped

top_hooks = torch._C._autograd._top_saved_tensors_default_hooks
"""Returns the hooks on tensors that autograd saves, such as those of gradient checkpointing."""


def answer_query(
    func: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    caller: FrameType,
    backward_passes: set[str],
) -> Any:
    """Answer one of :data:`ANSWERED`, or return NotImplemented where it is to be run.

    Args:
        func: The function.
        args: Its arguments.
        kwargs: Its keyword arguments.
        caller: The frame that called it.
        backward_passes: Gets the name of a backward pass that keeps the graph, which is harmless as long as
            nobody reads the gradients that it writes.
    """
    if func in _GRADIENTS:
        # a pass that frees the graph would leave none for relevance
        if func is torch.autograd.grad or not (kwargs.get("retain_graph") or (args[2:] and args[2])):
            refuse_gradient(_GRADIENTS[func], caller)
        backward_passes.add(_GRADIENTS[func])
        return NotImplemented
    # `==`, as torch makes a new getter at every look-up
    if func == _READ_GRADIENT:
        if backward_passes:
            refuse_gradient(f"{min(backward_passes)} and a look at .grad", caller)
        return NotImplemented
    if func in _STANDING:
        # backward hooks of modules are for gradients, not relevance: they hear that nothing needs one
        for_hooks = caller.f_code is BackwardHook._apply_on_tensors.__code__
        return not for_hooks and func(*args)
    return args[0] if func in _REQUESTS else None


def register_listener(func: Callable[..., Any], tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
    """Register a hook that ``forward`` puts on a tensor, and ignore what the hook returns.

    It hears the modified gradient. A parameter, at which none arrives, gets the hook as in a plain call.
    """
    if func is not Tensor.register_hook or tensor.is_leaf:
        return func(tensor, *args, **kwargs)
    hook = kwargs["hook"] if kwargs else args[0]

    def listen(g: Tensor) -> None:
        hook(g)

    return func(tensor, listen)


def unwrap_functorch(tensor: Tensor) -> Tensor:
    """Return the tensor inside the wrappers that transformations of ``torch.func`` put around it."""
    while _is_wrapped(tensor):
        tensor = _unwrap(tensor)
    return tensor


def refuse_gradient(name: str, caller: FrameType) -> NoReturn:
    """Refuse a model that takes a gradient in forward: by the rules it would be another number.

    Args:
        name: The name of the function that takes it.
        caller: The frame that called it.

    Raises:
        ModelError: Always.
    """
    raise ModelError(
        "forward should take no gradient while it is explained. "
        f"Found {name} at {_locate(caller)}: relevance goes back through the same graph, so that "
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
    # outside of every level it is -1
    if forward_ad._current_level >= 0:
        raise ModelError(
            "an explanation should not run under torch.autograd.forward_ad.dual_level(): relevance has no "
            "tangent. Found that level open. Explain outside of the with block, and a dual tensor by "
            "forward_ad.unpack_dual(inputs).primal."
        )


def explain_forward_mode(error: Exception) -> str | None:
    """Return a message for an error that forward mode raised at one of our Functions; None for any other."""
    if "jvp function for custom autograd.Function" not in str(error):
        return None
    return (
        "forward should take no derivative in forward mode while it is explained. Found "
        "torch.autograd.forward_ad, whose tangents do not pass the rules. Explain the part of the model in "
        "front of it, or take torch.func.jvp, whose inside gets the plain gradient."
    )


def _locate(frame: FrameType | None) -> str:
    """Return file and line of the first frame outside torch."""
    while frame is not None and frame.f_globals.get("__name__", "").startswith("torch."):
        frame = frame.f_back
    return "an unknown place" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
