"""Which module a call happens in, and what each module returned."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

if TYPE_CHECKING:
    from types import TracebackType

    from torch import nn
    from torch.utils.hooks import RemovableHandle


def _ignore(path: str, output: Any) -> None:
    """Nobody asks what a module returned."""


class ModuleStack:
    """The modules of one model that are running in this thread, innermost last.

    While entered, it listens to module calls through torch's process-wide hooks; nothing is attached to the
    model, and calls of other threads and of other models are ignored.

    Args:
        paths: The path of each module of the model, by its id.
        model_type: The class of the model.
        on_return: Called with the path and the output of each module that returns.
    """

    def __init__(
        self, paths: Mapping[int, str], model_type: type, on_return: Callable[[str, Any], None]
    ) -> None:
        """Get ready; nothing is listened to before it is entered."""
        self._paths = paths
        self._running: list[tuple[str, type]] = [("", model_type)]
        self._thread = threading.get_ident()
        self._on_return = on_return
        self._handles: list[RemovableHandle] = []

    @property
    def innermost(self) -> tuple[str, type]:
        """Path and class of the innermost module that is running."""
        return self._running[-1]

    def __enter__(self) -> ModuleStack:
        """Start listening."""
        self._handles = [
            register_module_forward_pre_hook(self._begin),
            register_module_forward_hook(self._end, always_call=True),
        ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, also after an exception."""
        for handle in self._handles:
            handle.remove()
        self._on_return = _ignore  # whose owner holds this object: no cycle may keep what a pass has saved

    def _path(self, module: nn.Module) -> str | None:
        return self._paths.get(id(module)) if threading.get_ident() == self._thread else None

    def _begin(self, module: nn.Module, args: Any) -> None:
        del args
        path = self._path(module)
        if path is not None:
            self._running.append((path, type(module)))

    def _end(self, module: nn.Module, args: Any, output: Any) -> None:
        del args
        path = self._path(module)
        if path is not None:
            self._running.pop()
            if output is not None:  # None after an exception
                self._on_return(path, output)
