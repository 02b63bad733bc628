"""Arguments of a model that share memory, of which ``forward`` writes to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from lrprism.engine.in_place import Rewrites
from lrprism.engine.state import containers_in, tensors_held
from lrprism.errors import InputError


def check_writes(
    rewrites: Rewrites,
    inputs: Sequence[tuple[Tensor, Tensor]],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> None:
    """Check that no argument that was written to shares memory with another one.

    Each is a tensor of its own while it is explained, so that a write to one would not be seen in the other.

    Args:
        rewrites: What was written.
        inputs: Each input as the model got it, and as the caller gave it.
        args: The positional arguments of the model.
        kwargs: Its keyword arguments.

    Raises:
        InputError: If one does.
    """
    written = {id(_root(tensor)) for tensor, _ in rewrites.unwritten()}
    if not written:
        return
    given = [(f"input {number}", *each) for number, each in enumerate(inputs)]
    given += [
        (f"argument {key!r}", tensor, tensor)
        for key, value in (*enumerate(args), *kwargs.items())
        for tensor in tensors_held(containers_in([value]))
    ]
    for name, tensor, source in given:
        if id(_root(tensor)) not in written:
            continue
        for other_name, other, other_source in given:
            is_seen = _root(other) is _root(tensor)  # a write to one is read in the other
            if not is_seen and _overlap(source, other_source):
                raise InputError(
                    "what forward writes to in place should share no memory with another argument. "
                    f"Found {name}, which it writes to, and {other_name} on the same memory: a plain call "
                    "changes both, and an explanation takes them apart. Give one of them as a copy, "
                    "x.clone(), or leave out the in-place operation in forward."
                )


def _root(tensor: Tensor) -> Tensor:
    return tensor if tensor._base is None else tensor._base


def _overlap(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors have a byte of memory in common; slices side by side have none."""
    if a.layout is not torch.strided or b.layout is not torch.strided or a.is_meta or b.is_meta:
        return False
    memory = a.untyped_storage()
    if memory._cdata != b.untyped_storage()._cdata:
        return False
    painted = torch.zeros(memory.nbytes(), dtype=torch.bool, device=a.device)
    _bytes_of(a, painted).fill_(True)
    return bool(_bytes_of(b, painted).any())


def _bytes_of(tensor: Tensor, memory: Tensor) -> Tensor:
    """The part of a memory, one entry per byte, in which a tensor lies."""
    size = tensor.element_size()
    strides = [stride * size for stride in tensor.stride()]
    return memory.as_strided((*tensor.shape, size), (*strides, 1), tensor.storage_offset() * size)
