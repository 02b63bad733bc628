"""In-place ops made out-of-place, so that neither the user's tensors nor saved activations change."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

_AUGMENTED = re.compile(r"__i\w+__")
"""Operators such as ``__iadd__``."""

_TRAILING = re.compile(r"[^_](\w*[^_])?_")
"""Names such as ``relu_``: one underscore behind, none in front."""


def _twins() -> dict[Any, Any]:
    """Map each in-place function to its out-of-place twin, or to None where it has none."""
    table: dict[Any, Any] = {}
    for owner in (torch, Tensor, F):
        for name in dir(owner):
            function = getattr(owner, name)
            operator = "__" + name[3:]
            if owner is Tensor and _AUGMENTED.fullmatch(name) and hasattr(Tensor, operator):
                table[function] = getattr(Tensor, operator)
            elif _TRAILING.fullmatch(name) and callable(function):
                table[function] = getattr(owner, name[:-1], None)
    for name in ("requires_grad_", "share_memory_", "retain_grad", "resize_", "set_"):
        table.pop(getattr(Tensor, name, None), None)
    return table | {Tensor.__setitem__: None}


_TWINS = _twins()


@cache
def is_in_place(func: Callable[..., Any]) -> bool:
    """Whether a torch function, or an ``aten`` op of an exported program, writes into its first argument."""
    if isinstance(func, torch._ops.OpOverload):
        name = func.overloadpacket.__name__
        return bool(_TRAILING.fullmatch(name)) and func._schema.is_mutable
    return func in _TWINS


@cache
def twin_of(func: Callable[..., Any]) -> Any:
    """Return the out-of-place twin of an in-place function, or None where it has none."""
    if isinstance(func, torch._ops.OpOverload):
        packet = getattr(torch.ops.aten, func.overloadpacket.__name__[:-1], None)
        return getattr(packet, func._overloadname, None)
    return _TWINS[func]


def _switches() -> dict[Any, int]:
    """Map each function with an ``inplace`` argument to that argument's position."""
    table: dict[Any, int] = {}
    for name in dir(F):
        function = getattr(F, name)
        if callable(function) and hasattr(function, "__code__") and not name.startswith("_"):
            parameters = function.__code__.co_varnames[: function.__code__.co_argcount]
            if "inplace" in parameters:
                table[function] = parameters.index("inplace")
    return table


SWITCHES = _switches()
"""Functions with an ``inplace`` argument, and where it stands."""


@dataclass(eq=False)
class _Cell:
    """The present value of a tensor that was written to, shared by every tensor that stands for it."""

    value: Tensor


class Rewrites:
    """Remembers, for every tensor that an in-place op would have changed, the tensor that took its place."""

    def __init__(self, admit: Callable[[list[Tensor]], None]) -> None:
        """Start with nothing rewritten.

        Args:
            admit: Called with the tensors that are made here.
        """
        self._admit = admit
        # both by the tensor's id; the tensor itself is kept alive so that its id stays its own
        self._cells: dict[int, tuple[Tensor, _Cell]] = {}
        self._reshaped: dict[int, tuple[Tensor, Tensor]] = {}
        self._origins: dict[int, tuple[Tensor, Tensor]] = {}

    def __bool__(self) -> bool:
        """Whether anything was rewritten."""
        return bool(self._cells or self._reshaped)

    def share(self, alias: Tensor, tensor: Tensor) -> None:
        """Remember that ``alias``, which ``detach()`` or ``.data`` returned, has the memory of ``tensor``."""
        if alias is not tensor:
            self._origins[id(alias)] = (alias, self.origin(tensor))

    def origin(self, tensor: Tensor) -> Tensor:
        """The tensor whose memory an alias has; any other tensor as it is."""
        found = self._origins.get(id(tensor))
        return tensor if found is None else found[1]

    def read(self, tensor: Tensor) -> Tensor:
        """Return the present value of ``tensor``."""
        origin = self.origin(tensor)
        if origin is not tensor and id(origin) in self._cells:
            return self._stored(origin).detach()
        return self._stored(self._in_shape(tensor))

    def _in_shape(self, tensor: Tensor) -> Tensor:
        """The view that an op such as ``unsqueeze_`` has put in the tensor's place."""
        while id(tensor) in self._reshaped:
            tensor = self._reshaped[id(tensor)][1]
        return tensor

    def _stored(self, tensor: Tensor) -> Tensor:
        """What the memory of ``tensor`` holds now, in the shape that the tensor was made with."""
        found = self._cells.get(id(tensor))
        if found is not None:
            return found[1].value
        base = tensor._base
        if base is None or id(base) not in self._cells:
            return tensor
        now = self._cells[id(base)][1].value
        if now is base:
            return tensor
        view, _ = _view_on(tensor, base, now)
        self._admit([view])
        return view

    def write(self, tensor: Tensor, value: Tensor) -> Tensor:
        """Let ``value`` stand for ``tensor`` and every view of its memory; return the new tensor."""
        tensor = self._in_shape(tensor)
        if value is tensor:
            return value
        base = None if tensor._base is None else self.origin(tensor._base)
        if value._base is not None and value._base is (tensor if base is None else base):
            self._reshaped[id(tensor)] = (
                tensor,
                value,
            )  # unsqueeze_ and its like: another view of one memory
            return value
        if base is None:
            self.replace(tensor, value)
            return value
        if _covers(tensor, base) and value.shape == tensor.shape:
            self.replace(base, value.reshape(base.shape))
            self._admit([self._cells[id(base)][1].value])
            return value
        whole = self._stored(base).clone()
        view, whole = _view_on(tensor, base, whole)
        view.copy_(value)
        self._admit([whole, view])
        self.replace(base, whole)
        return view

    def unwritten(self) -> list[tuple[Tensor, Tensor]]:
        """The tensors whose memory does not hold what was written to them, and what that is."""
        return [(tensor, cell.value) for tensor, cell in self._cells.values() if cell.value is not tensor]

    def replace(self, tensor: Tensor, value: Tensor) -> None:
        """Let ``value`` stand for ``tensor`` alone, whatever memory it shares."""
        found = self._cells.get(id(tensor))
        cell = found[1] if found is not None else _Cell(value)
        cell.value = value
        self._cells[id(tensor)] = (tensor, cell)
        self._cells[id(value)] = (value, cell)


def _view_on(view: Tensor, base: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Return what a view of a tensor shows of its present value, and that value, laid out in the same way."""
    shown: Tensor | None = view._view_func(value)  # type: ignore[attr-defined]
    if shown is None:  # torch wants the same strides and room, which an op in between may have changed
        if value.stride() != base.stride():
            laid_out = torch.empty_strided(base.shape, base.stride(), dtype=value.dtype, device=value.device)
            value = laid_out.copy_(value)
        offset = view.storage_offset() - base.storage_offset() + value.storage_offset()
        shown = value.as_strided(view.shape, view.stride(), offset)
    return shown, value


def _covers(view: Tensor, base: Tensor) -> bool:
    """Whether a view holds all of its base in the same order, so that a write to it leaves nothing over."""
    return view.numel() == base.numel() and view.is_contiguous() and base.is_contiguous()
