"""The torch-function mode under which a model runs while it is explained."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from lrprism.engine.in_place import SWITCHES, TWINS, Rewrites
from lrprism.engine.modules import ModuleStack
from lrprism.ops import OVERWRITE, TABLE, UNKNOWN, AbstractOp, Call, Kind, Sinks

if TYPE_CHECKING:
    from types import TracebackType

    from torch import nn

    from lrprism.engine.audit import Ledger

_GRAD_SWITCH = torch._C._set_grad_enabled
"""Without effect while explaining: ``torch.no_grad`` inside a model means no training, not no relevance."""

_QUESTIONS = frozenset({
    Tensor.dim, Tensor.size, Tensor.numel, Tensor.stride, Tensor.is_floating_point, Tensor.is_contiguous,
    Tensor.__len__,
    *(getattr(Tensor, name).__get__ for name in ("shape", "ndim", "dtype", "device", "is_cuda", "layout")),
})  # fmt: skip
"""Functions that only ask about a tensor."""


class RelevanceMode(TorchFunctionMode):
    """Sees every torch call of a forward pass and prepares the way back of relevance.

    Args:
        model: The model that will run.
        on_return: Called with the path and the output of each of its modules that returns.
        ledger: Where an audited pass is written down, or None.
    """

    def __init__(
        self, model: nn.Module, on_return: Callable[[str, Any], None], ledger: Ledger | None = None
    ) -> None:
        """Get ready; nothing is listened to before the mode is entered."""
        super().__init__()
        self.calls: list[Call] = []
        self.rewrites = Rewrites()
        self._modules = ModuleStack(model, self._returned)
        self._on_return = on_return
        self._ledger = ledger

    def _returned(self, path: str, output: Any) -> None:
        """Pass on what a module returned, after in-place ops; no call of the model is recorded."""
        with torch._C.DisableTorchFunction():
            self._on_return(path, self.rewrites.read_all(output))

    def __enter__(self) -> RelevanceMode:
        """Start to see torch calls and module calls of this thread."""
        self._modules.__enter__()
        super().__enter__()  # type: ignore[no-untyped-call]  # torch gives it no types
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, also after an exception."""
        super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]  # as above
        self._modules.__exit__(kind, error, trace)

    def record(self, kind: Kind, name: str) -> Call:
        """Note one call of an op."""
        module, module_type = self._modules.innermost
        sinks = Sinks() if self._ledger is not None else None
        call = Call(len(self.calls), kind, name, module, module_type, sinks=sinks)
        self.calls.append(call)
        return call

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one torch call with its rule."""
        del types
        if func is _GRAD_SWITCH:
            return None
        kwargs = kwargs or {}
        present = tuple([self._present(value) for value in args])
        present_kwargs = {key: self._present(value) for key, value in kwargs.items()} if kwargs else kwargs
        if func in _QUESTIONS:
            return func(*present, **present_kwargs)
        if func in TWINS:
            return self.rewrites.write(args[0], self._out_of_place(func, present, present_kwargs))
        if func in SWITCHES:
            present, present_kwargs, in_place = _switch_off(SWITCHES[func], present, present_kwargs)
            result = self._run(func, present, present_kwargs)
            return self.rewrites.write(args[0] if args else kwargs["input"], result) if in_place else result
        return self._run(func, present, present_kwargs)

    def _present(self, value: Any) -> Any:
        """Read what in-place ops have written, and detach parameters: they carry no relevance."""
        if isinstance(value, Tensor):
            if self.rewrites:
                value = self.rewrites.read(value)
            return value.detach() if value.requires_grad and value.is_leaf else value
        if type(value) is tuple or type(value) is list:
            return type(value)([self._present(each) for each in value])
        return value

    def _out_of_place(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Tensor:
        """Return what ``func`` would write into its first argument."""
        twin = TWINS[func]
        if twin is not None:
            value: Tensor = self._run(twin, args, kwargs)
            return value if value is not args[0] else value.clone()
        written: Tensor = self._run(func, args, kwargs, OVERWRITE)
        return written

    def _run(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        op: AbstractOp | None = None,
    ) -> Any:
        op = op or TABLE.get(func, UNKNOWN)
        if self._ledger is None:
            return op.run(self, func, args, kwargs)
        return self._ledger.run(self, op, func, args, kwargs)


def _switch_off(
    position: int, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], bool]:
    """Return the arguments with ``inplace=False``, and what ``inplace`` was."""
    if len(args) > position:
        return (*args[:position], False, *args[position + 1 :]), kwargs, bool(args[position])
    return args, {**kwargs, "inplace": False}, bool(kwargs.get("inplace", False))
