"""In-place writes that are kept apart from the memory they would have changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lrprism.engine.containers import containers_in, tensors_held
from lrprism.errors import InputError


@dataclass(eq=False)
class _Cell:
    """The present value of a tensor that was written to, shared by every tensor that stands for it."""

    value: Tensor


class Rewrites:
    """Maps every tensor that an in-place op would have changed to the tensor that took its place.

    Args:
        admit: Called with the tensors that are made here, which descend from the inputs.
    """

    def __init__(self, admit: Callable[[list[Tensor]], None]) -> None:
        """Start with nothing rewritten."""
        self._admit = admit
        # All three by the tensor's id; the tensor itself is held, so that no other object gets its id.
        self._cells: dict[int, tuple[Tensor, _Cell]] = {}
        self._reshaped: dict[int, tuple[Tensor, Tensor]] = {}
        self._origins: dict[int, tuple[Tensor, Tensor]] = {}

    def __bool__(self) -> bool:
        """Return True if anything was rewritten."""
        return bool(self._cells or self._reshaped)

    def share(self, alias: Tensor, tensor: Tensor) -> None:
        """Remember that ``alias``, which ``detach()`` or ``.data`` returned, has the memory of ``tensor``."""
        if alias is not tensor:
            self._origins[id(alias)] = (alias, self.origin(tensor))

    def origin(self, tensor: Tensor) -> Tensor:
        """Return the tensor whose memory an alias has; any other tensor as it is."""
        entry = self._origins.get(id(tensor))
        return tensor if entry is None else entry[1]

    def read(self, tensor: Tensor) -> Tensor:
        """Return the present value of ``tensor``."""
        origin = self.origin(tensor)
        if origin is not tensor and id(origin) in self._cells:
            return self._read_memory(origin).detach()
        return self._read_memory(self._reshape(tensor))

    def _reshape(self, tensor: Tensor) -> Tensor:
        """Return the view that an op such as ``unsqueeze_`` has put in the tensor's place."""
        while id(tensor) in self._reshaped:
            tensor = self._reshaped[id(tensor)][1]
        return tensor

    def _read_memory(self, tensor: Tensor) -> Tensor:
        """Return the present value of ``tensor`` in the shape that it was made with."""
        entry = self._cells.get(id(tensor))
        if entry is not None:
            return entry[1].value
        # a view that nothing was written to: its base may have been
        base = tensor._base
        if base is None or id(base) not in self._cells:
            return tensor
        value = self._cells[id(base)][1].value
        if value is base:
            return tensor
        view, _ = _view_value(tensor, base, value)
        self._admit([view])
        return view

    def write(self, tensor: Tensor, value: Tensor) -> Tensor:
        """Let ``value`` stand for ``tensor`` and every view of its memory; return the new tensor."""
        tensor = self._reshape(tensor)
        if value is tensor:
            return value
        base = None if tensor._base is None else self.origin(tensor._base)
        # unsqueeze_ and its like: another view of the same memory, in which nothing changes
        if value._base is not None and value._base is (tensor if base is None else base):
            self._reshaped[id(tensor)] = (tensor, value)
            return value
        if base is None:
            self.replace(tensor, value)
            return value
        # a reshaped tensor is written to: its base gets the same numbers
        if _covers(tensor, base) and value.shape == tensor.shape:
            self.replace(base, value.reshape(base.shape))
            self._admit([self._cells[id(base)][1].value])
            return value
        # a slice is written to: the other entries of its base stay
        copy = self._read_memory(base).clone()
        view, copy = _view_value(tensor, base, copy)
        view.copy_(value)
        self._admit([copy, view])
        self.replace(base, copy)
        return view

    def unwritten(self) -> list[tuple[Tensor, Tensor]]:
        """Return the tensors whose memory lacks what was written to them, and that value."""
        return [(tensor, cell.value) for tensor, cell in self._cells.values() if cell.value is not tensor]

    def replace(self, tensor: Tensor, value: Tensor) -> None:
        """Let ``value`` stand for ``tensor`` alone, whatever memory it shares."""
        entry = self._cells.get(id(tensor))
        cell = entry[1] if entry is not None else _Cell(value)
        cell.value = value
        self._cells[id(tensor)] = (tensor, cell)
        self._cells[id(value)] = (value, cell)


def _view_value(view: Tensor, base: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Return the same view of the present value of its base, and that value, laid out as the base is."""
    result: Tensor | None = view._view_func(value)  # type: ignore[attr-defined]
    # torch replays a view only on the strides and storage of its base, which an op in between may change
    if result is None:
        if value.stride() != base.stride():
            empty = torch.empty_strided(base.shape, base.stride(), dtype=value.dtype, device=value.device)
            value = empty.copy_(value)
        offset = view.storage_offset() - base.storage_offset() + value.storage_offset()
        result = value.as_strided(view.shape, view.stride(), offset)
    return result, value


def _covers(view: Tensor, base: Tensor) -> bool:
    """Return True if a view holds all entries of its base in the same order."""
    return view.numel() == base.numel() and view.is_contiguous() and base.is_contiguous()


def check_writes(
    rewrites: Rewrites,
    inputs: Sequence[tuple[Tensor, Tensor]],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> None:
    """Check that no argument that was written to shares memory with another one.

    An explanation gives each argument memory of its own, so a write to one would not be seen in the other.

    Args:
        rewrites: What was written.
        inputs: Each input as the model got it, and as the caller passed it.
        args: The positional arguments of the model.
        kwargs: Its keyword arguments.

    Raises:
        InputError: If one does.
    """
    written = {id(_root_of(tensor)) for tensor, _ in rewrites.unwritten()}
    if not written:
        return
    arguments = [(f"input {number}", *pair) for number, pair in enumerate(inputs)]
    arguments += [
        (f"argument {key!r}", tensor, tensor)
        for key, value in (*enumerate(args), *kwargs.items())
        for tensor in tensors_held(containers_in([value]))
    ]
    for name, tensor, source in arguments:
        if id(_root_of(tensor)) not in written:
            continue
        for other_name, other, other_source in arguments:
            # views of one tensor are told apart by no copy: a write to one is read in the other
            is_seen = _root_of(other) is _root_of(tensor)
            if not is_seen and _overlap(source, other_source):
                raise InputError(
                    "what forward writes to in place should share no memory with another argument. "
                    f"Found {name}, which it writes to, and {other_name} on the same memory: a plain call "
                    "changes both, and an explanation takes them apart. Give one of them as a copy, "
                    "x.clone(), or leave out the in-place operation in forward."
                )


def _root_of(tensor: Tensor) -> Tensor:
    return tensor if tensor._base is None else tensor._base


def _overlap(a: Tensor, b: Tensor) -> bool:
    """Return True if two tensors have a byte of memory in common; slices side by side have none."""
    if a.layout is not torch.strided or b.layout is not torch.strided or a.is_meta or b.is_meta:
        return False
    memory = a.untyped_storage()
    if memory._cdata != b.untyped_storage()._cdata:
        return False
    # strides may interleave, as in x[::2] and x[1::2]: mark the bytes of one, and look at those of the other
    is_used = torch.zeros(memory.nbytes(), dtype=torch.bool, device=a.device)
    _bytes_of(a, is_used).fill_(True)
    return bool(_bytes_of(b, is_used).any())


def _bytes_of(tensor: Tensor, memory: Tensor) -> Tensor:
    """Return a view of a memory, one entry per byte, that covers the bytes of a tensor."""
    size = tensor.element_size()
    strides = [stride * size for stride in tensor.stride()]
    return memory.as_strided((*tensor.shape, size), (*strides, 1), tensor.storage_offset() * size)
