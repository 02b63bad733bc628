"""The state that a model keeps: after an explanation it is that of a plain call, and holds no graph."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from lrprism.engine.containers import (
    Container,
    containers_in,
    copy_content,
    is_set_or_array,
    memory_in,
    memory_of,
    replace_tensors,
    restore_content,
    tensors_held,
    values_of,
)
from lrprism.engine.modules import Modules
from lrprism.engine.rewrites import Rewrites
from lrprism.ops.tracing import has_values

_OF_TORCH = frozenset(vars(nn.Module()))
"""The attributes that torch gives every module; what a model keeps for itself has other names."""

_HOOKS = sorted(
    name for name, value in vars(nn.Module()).items() if "hooks" in name and isinstance(value, dict)
)


class KeptState:
    """The state that a model keeps between calls.

    Position tables filled in place, rolling buffers and recurrent states are left as a plain call leaves
    them, without a graph: what came from an earlier call is a constant. The arguments of the caller and the
    parameters stay as they were, and so do the buffers of modules in training mode, among which running
    statistics cannot be told from others: an explanation is no step of training.

    Args:
        modules: The modules of the model.
    """

    def __init__(self, modules: Modules) -> None:
        """Note the buffers that are there."""
        self._modules = modules
        self.buffers = [(module, dict(module._buffers)) for module in modules.all if module._buffers]
        self.arguments: tuple[Sequence[Any], Mapping[str, Any]] = (), {}
        """The arguments of the model; tensors in them are the caller's."""

    def restore_buffers(self) -> None:
        """Restore every buffer of a module in training mode that ``forward`` has assigned anew."""
        for module, buffers in self.buffers:
            if module.training:
                module._buffers.update(buffers)

    def settle(self, rewrites: Rewrites, nodes: Collection[Any]) -> None:
        """Write what ``forward`` wrote where a plain call would have, and detach what the model keeps.

        To be called after the last backward pass: autograd may have saved the tensors as they were.

        Args:
            rewrites: What was written.
            nodes: The nodes of the autograd graph that the forward pass made.
        """
        replace_tensors(self.containers(), lambda tensor: _settle_tensor(tensor, rewrites, nodes))
        pairs = rewrites.unwritten()
        if not pairs:
            return
        protected = self._memory_to_protect()
        for tensor, value in pairs:
            if not tensor.requires_grad and memory_of(tensor) not in protected:
                # a tensor of inference mode can be written to nowhere else
                with torch.inference_mode(tensor.is_inference()), torch.no_grad():
                    tensor.copy_(value)

    def containers(self) -> Iterator[Container]:
        """Yield whatever may hold a tensor between calls: attributes, buffers, lists and objects in them."""
        for module in self._modules.keeping:
            yield vars(module)
            yield from containers_in([value for key, value in vars(module).items() if key not in _OF_TORCH])
            yield module._buffers
        # a cache that the caller passes in is filled by forward, and outlives the call
        args, kwargs = self.arguments
        objects = [value for value in (*args, *kwargs.values()) if not isinstance(value, Tensor)]
        if objects:
            yield from containers_in(objects)

    def stored_tensors(self) -> Iterator[Tensor]:
        """Yield the tensors that the model keeps, parameters included."""
        return tensors_held([*self.containers(), *self._parameter_dicts()])

    def remember(self, *, fully: bool = False) -> Callable[[], None]:
        """Return a function that restores what everything holds now.

        Args:
            fully: Whether to restore hooks too, of which a model may install some at its first call, the
                content of sets and NumPy arrays, and the memory of each tensor, which ``set_`` changes.
        """
        containers: list[Any] = [*self.containers(), *(module._buffers for module, _ in self.buffers)]
        tensors: list[tuple[Tensor, Tensor]] = []
        if fully:
            tensors = [(tensor, tensor.detach()) for tensor in tensors_held(containers)]
            containers += [
                value for container in containers for value in values_of(container) if is_set_or_array(value)
            ]
            containers += [getattr(module, name) for module in self._modules.all for name in _HOOKS]
        contents = [(container, copy_content(container)) for container in containers]

        def restore() -> None:
            for container, content in contents:
                restore_content(container, content)
            for tensor, alias in tensors:
                # the memory of a program that is being written is none
                if memory_of(tensor) != memory_of(alias) and has_values(alias):
                    tensor.data = alias

        return restore

    def _parameter_dicts(self) -> list[Container]:
        return [module._parameters for module in self._modules.all]

    @cached_property
    def parameters(self) -> set[int | None]:
        """The memory of the parameters."""
        return memory_in(self._parameter_dicts())

    def _memory_to_protect(self) -> set[int | None]:
        """Return the memory that an explanation must not write to."""
        args, kwargs = self.arguments
        in_training = [buffers for module, buffers in self.buffers if module.training]
        arguments = containers_in([list(args), dict(kwargs)])
        return {None, *memory_in([*self._parameter_dicts(), *in_training, *arguments])}


def _settle_tensor(tensor: Tensor, rewrites: Rewrites, nodes: Collection[Any]) -> Tensor:
    """Return the present value of a tensor without a graph; the tensor itself where it holds that value.

    A tensor with a graph of the user's own, such as a prototype, keeps it.
    """
    is_live = tensor.requires_grad and tensor.grad_fn in nodes
    now = rewrites.read(tensor) if rewrites else tensor
    if not is_live and now.shape == tensor.shape:
        return tensor  # `settle` writes the value into its memory
    return now.detach()
