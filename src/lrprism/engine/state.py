"""What a forward pass leaves behind on the model: what a plain call would have left, and nothing live."""

from __future__ import annotations

import operator
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from lrprism.engine.in_place import Rewrites
    from lrprism.engine.modules import Modules

_OF_TORCH = frozenset(vars(nn.Module()))
"""The attributes that torch gives every module; what a model keeps for itself has other names."""

_HOOKS = sorted(
    name for name, value in vars(nn.Module()).items() if "hooks" in name and isinstance(value, dict)
)

_ATOMS = frozenset({
    type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, torch.Size,
    FunctionType, BuiltinFunctionType, MethodType, ModuleType, type,
})  # fmt: skip
"""Types that hold no tensor; most attributes are of these."""

_DEPTH = 6
"""How many containers deep a tensor is looked for."""

Container = dict[Any, Any] | list[Any] | deque[Any]
"""What holds tensors and can be changed; the attributes of an object are a dict."""


class KeptState:
    """What a model keeps between calls, as a forward pass found it.

    Position tables filled in place, rolling buffers and recurrent states are left as a plain call leaves
    them, without a graph: what came from an earlier call is a constant. The arguments of the caller and the
    parameters stay as they were, and so do the buffers of modules in training mode, of which running
    statistics cannot be told apart: an explanation is no step of training.

    Args:
        modules: The modules of the model.
    """

    def __init__(self, modules: Modules) -> None:
        """Note the buffers that are there."""
        self._modules = modules
        self.buffers = [(module, dict(module._buffers)) for module in modules.all if module._buffers]
        self.arguments: tuple[Sequence[Any], Mapping[str, Any]] = (), {}
        """What the model is called with; tensors in it are the caller's."""

    def restore_buffers(self) -> None:
        """Give modules in training mode every buffer back that ``forward`` has assigned anew."""
        for module, own in self.buffers:
            if module.training:
                module._buffers.update(own)

    def settle(self, rewrites: Rewrites, made: Collection[Any]) -> None:
        """Write what ``forward`` wrote where a plain call would have, and detach what it keeps.

        To be called after the last way back: autograd may have saved the tensors as they were.

        Args:
            rewrites: What was written.
            made: The nodes of the autograd graph that the forward pass made.
        """
        replace_tensors(self.containers(), lambda tensor: _settled(tensor, rewrites, made))
        pairs = rewrites.unwritten()
        if not pairs:
            return
        protected = self._protected()
        for tensor, value in pairs:
            if not tensor.requires_grad and memory_of(tensor) not in protected:
                with torch.inference_mode(tensor.is_inference()), torch.no_grad():
                    tensor.copy_(value)

    def containers(self) -> Iterator[Container]:
        """Yield whatever may hold a tensor between calls: attributes, buffers, lists and objects in them."""
        for module in self._modules.keeping:
            yield vars(module)
            yield from containers_in([value for key, value in vars(module).items() if key not in _OF_TORCH])
            yield module._buffers
        args, kwargs = self.arguments
        objects = [each for each in (*args, *kwargs.values()) if not isinstance(each, Tensor)]
        if objects:
            yield from containers_in(objects)

    def stored_tensors(self) -> Iterator[Tensor]:
        """Yield the tensors that the model keeps, parameters included."""
        for container in (*self.containers(), *self._parameters()):
            for value in _values(container):
                yield from _tensors_of(value)

    def remember(self, *, fully: bool = False) -> Callable[[], None]:
        """Return a function that lets everything hold again what it holds now.

        Args:
            fully: Whether hooks count too, of which a model may install some at its first call, what is in
                sets and in arrays of numpy, and which memory a tensor has, which ``set_`` changes.
        """
        containers: list[Any] = self._with_buffers()
        tensors: list[tuple[Tensor, Tensor]] = []
        if fully:
            tensors = [
                (each, each.detach())
                for of in containers
                for value in _values(of)
                for each in _tensors_of(value)
            ]
            containers += [each for of in containers for each in _values(of) if _is_filled(each)]
            containers += [getattr(module, name) for module in self._modules.all for name in _HOOKS]
        before = [(container, _copied(container)) for container in containers]

        def give_back() -> None:
            for container, content in before:
                _fill(container, content)
            for tensor, alias in tensors:
                if memory_of(tensor) != memory_of(alias):
                    tensor.data = alias

        return give_back

    def _with_buffers(self) -> list[Container]:
        return [*self.containers(), *(module._buffers for module, _ in self.buffers)]

    def _parameters(self) -> list[Container]:
        return [module._parameters for module in self._modules.all]

    @cached_property
    def parameters(self) -> set[int | None]:
        """The memory of the parameters."""
        return memory_in(self._parameters())

    def _protected(self) -> set[int | None]:
        """The memory that an explanation must not write to."""
        args, kwargs = self.arguments
        trained = [held for module, held in self.buffers if module.training]
        return {
            None,
            *memory_in([*self._parameters(), *trained, *containers_in([list(args), dict(kwargs)])]),
        }


def memory_in(containers: Iterable[Container]) -> set[int | None]:
    """Return the memory of the tensors that containers hold, also in tuples."""
    return set(map(memory_of, tensors_held(containers)))


def tensors_held(containers: Iterable[Container]) -> Iterator[Tensor]:
    """Yield the tensors that containers hold, also in tuples."""
    for of in containers:
        for value in _values(of):
            yield from _tensors_of(value)


def _values(container: Container) -> Iterable[Any]:
    return container.values() if isinstance(container, dict) else container


def _is_filled(value: Any) -> bool:
    """Whether something is a set, or an array of numpy that can be written to."""
    numpy = sys.modules.get("numpy")
    is_array = numpy is not None and type(value) is numpy.ndarray
    return type(value) is set or (is_array and value.flags.writeable)


def _tensors_of(value: Any) -> Iterator[Tensor]:
    """Yield a tensor, or those of a tuple."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _tensors_of(each)


def _fill(container: Any, content: Any) -> None:
    """Let a container hold what a copy of it holds, and touch no more of it than has changed."""
    if isinstance(container, dict):
        for key in container.keys() - content.keys():
            _kind(container).__delitem__(container, key)
        for key, value in content.items():
            if container.get(key, _fill) is not value:
                _put(container, key, value)
    elif isinstance(container, (list, deque)):
        if len(container) != len(content) or any(map(operator.is_not, container, content)):
            container.clear()
            container.extend(content)
    elif isinstance(container, set):
        container.clear()
        container.update(content)
    else:  # an array
        container[...] = content


def _copied(container: Any) -> Any:
    """What a container holds, also of one that lets nobody copy it."""
    if isinstance(container, dict):
        return dict.copy(container)
    return list(container) if isinstance(container, (list, deque)) else container.copy()


def _put(container: Container, key: Any, value: Any) -> None:
    """Set an entry, also of a dict that lets nobody set one, such as a frozen configuration."""
    _kind(container).__setitem__(container, key, value)


def _kind(container: Container) -> Any:
    """The type of Python's own that a container is one of."""
    return next(kind for kind in (OrderedDict, dict, list, deque) if isinstance(container, kind))


def _settled(tensor: Tensor, rewrites: Rewrites, made: Collection[Any]) -> Tensor:
    """The present value of a tensor without a graph; the tensor itself where that is what it holds.

    A tensor with a graph of the user's own, such as a prototype, keeps it.
    """
    is_live = tensor.requires_grad and tensor.grad_fn in made
    now = rewrites.read(tensor) if rewrites else tensor
    if not is_live and now.shape == tensor.shape:
        return tensor  # what was written comes into its memory
    return now.detach()


def memory_of(tensor: Tensor) -> int | None:
    """What tells the memory of a tensor from others; None where it has no single one, as a sparse tensor."""
    return tensor.untyped_storage()._cdata if tensor.layout is torch.strided else None


def containers_in(value: Any) -> Iterator[Container]:
    """Yield the containers in a value, itself included, a few levels deep and each once."""
    seen: dict[int, Any] = {}  # held, so that each id stays its own
    pending = [(value, _DEPTH)]
    while pending:
        value, depth = pending.pop()
        is_leaf = type(value) in _ATOMS or isinstance(value, (Tensor, nn.Module, type))
        if is_leaf or not depth or id(value) in seen:
            continue
        seen[id(value)] = value
        inside: Iterable[Any] = ()
        if isinstance(value, (dict, list, deque)):
            yield value
            inside = value.values() if isinstance(value, dict) else value
        elif isinstance(value, (tuple, Mapping)):
            inside = value.values() if isinstance(value, Mapping) else value
        pending.extend((each, depth - 1) for each in inside)
        if hasattr(value, "__dict__"):
            pending.append((vars(value), depth))


def replace_tensors(containers: Iterable[Container], replace: Callable[[Tensor], Tensor]) -> None:
    """Put other tensors in the place of those that containers hold, two names of one tensor staying one.

    Args:
        containers: What is changed.
        replace: Returns what should stand in the place of a tensor; the tensor itself to leave it.
    """
    known: dict[int, tuple[Tensor, Tensor]] = {}
    for container in containers:
        pairs = list(container.items() if isinstance(container, dict) else enumerate(container))
        for key, value in pairs:
            if isinstance(value, (Tensor, tuple)):
                new = _replaced(value, replace, known)
                if new is not value:
                    _put(container, key, new)


def _replaced(
    value: Any, replace: Callable[[Tensor], Tensor], known: dict[int, tuple[Tensor, Tensor]]
) -> Any:
    """What should stand in the place of a tensor, of a tuple with tensors, or of anything else."""
    if isinstance(value, Tensor):
        if id(value) not in known:
            known[id(value)] = (value, replace(value))
        return known[id(value)][1]
    if not isinstance(value, tuple):
        return value
    parts = [_replaced(each, replace, known) for each in value]
    if all(new is old for new, old in zip(parts, value, strict=True)):
        return value
    return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
