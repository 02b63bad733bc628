"""The modules of a model: the one in which a call happens, and the outputs of those asked for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from torch import nn
from torch._C._autograd import _get_sequence_nr
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.nn.parameter import is_lazy

from lrprism.errors import ModelError

if TYPE_CHECKING:
    from types import FrameType

_CALL = nn.Module._wrapped_call_impl.__code__
"""The code in which every module call runs, also where ``nn.Module.__call__`` itself was wrapped."""


@cache
def _is_of_torch(kind: Any) -> bool:
    # a lazy module turns into another class at its first call
    return kind.__module__.startswith("torch.nn.") and LazyModuleMixin not in kind.__mro__


def _may_keep(module: nn.Module) -> bool:
    """Return False for a module that torch ships, unless a hook of the user's runs after it."""
    kind: Any = type(module)
    return not _is_of_torch(kind) or bool(module._forward_hooks)


def _has_no_weights(module: nn.Module) -> bool:
    return any(map(is_lazy, (*module.parameters(recurse=False), *module.buffers(recurse=False))))


class Modules:
    """The modules of one model, known by their dotted paths.

    Args:
        model: The model.
    """

    def __init__(self, model: nn.Module) -> None:
        """Give every module its path: the first, if it has several.

        Raises:
            ModelError: If one of them has no weights yet.
        """
        self._paths: dict[int, str] = {}
        self.all: list[nn.Module] = []
        for path, module in model.named_modules():
            self._paths[id(module)] = path
            self.all.append(module)
        self.keeping = [module for module in self.all if _may_keep(module)]
        """The modules that may keep something on themselves while they run, and those without weights yet."""
        lazy = [
            f"{type(module).__name__} in {self._paths[id(module)] or '(model)'}"
            for module in self.keeping
            if isinstance(module, LazyModuleMixin) and _has_no_weights(module)
        ]
        if lazy:
            raise ModelError(
                "the weights of the model should have their shapes, which lazy modules get at their first "
                f"call. Found {', '.join(lazy)} without. Call model(inputs) once, and train it or load its "
                "weights, before it is explained."
            )
        self.model = model
        self._fixed: tuple[str, type] | None = None
        self._type = type(model)

    def innermost(self, leaving: nn.Module | None = None) -> tuple[str, type]:
        """Return path and class of the innermost module of the model that is running in this thread.

        They are read from the frames of the interpreter: hooks would cost a few microseconds per module.

        Args:
            leaving: A module that is about to return, and no longer counts.
        """
        if self._fixed is not None:
            return self._fixed
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code is _CALL:
                module = frame.f_locals["self"]
                path = self._paths.get(id(module))
                if module is leaving:
                    leaving = None
                # a module of no path, such as one made in forward, counts as the one around it
                elif path is not None:
                    return path, type(module)
            frame = frame.f_back
        return "", self._type

    @contextmanager
    def within(self, place: tuple[str, type]) -> Iterator[None]:
        """Attribute the calls inside to one module, in which they were made and are only now looked at.

        Args:
            place: The path and class of the module.
        """
        self._fixed = place
        try:
            yield
        finally:
            self._fixed = None

    @contextmanager
    def logging(self, log: list[tuple[int, tuple[str, type]]]) -> Iterator[None]:
        """Log, by process-wide hooks, the module that makes the nodes of the autograd graph from now on.

        Args:
            log: Gets the number of the next node that autograd will make, and the module that makes it.
        """
        thread = threading.get_ident()

        def enter(module: nn.Module, args: Any) -> None:
            del args
            if id(module) in self._paths and threading.get_ident() == thread:
                log.append((_get_sequence_nr(), self.innermost()))

        def leave(module: nn.Module, args: Any, output: Any) -> None:
            del args, output
            if id(module) in self._paths and threading.get_ident() == thread:
                log.append((_get_sequence_nr(), self.innermost(leaving=module)))

        handles = register_module_forward_pre_hook(enter), register_module_forward_hook(leave)
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def running(self) -> nn.Module:
        """Return the innermost module of the model that is running."""
        return self.model.get_submodule(self.innermost()[0])

    @contextmanager
    def returning(self, wanted: Collection[str], on_return: Callable[[str, Any], None]) -> Iterator[None]:
        """Report the outputs of modules in this thread, through a process-wide hook of torch.

        Nothing is attached to the model; calls of other threads and of other models are ignored.

        Args:
            wanted: The paths of the modules to report; without any there is no hook.
            on_return: Called with the path and the output of every such module that returns.
        """
        if not wanted:
            yield
            return
        thread = threading.get_ident()

        def report(module: nn.Module, args: Any, output: Any) -> None:
            del args
            path = self._paths.get(id(module))
            if path is not None and path in wanted and threading.get_ident() == thread:
                on_return(path, output)

        handle = register_module_forward_hook(report)
        try:
            yield
        finally:
            handle.remove()
