"""The state of the random numbers: as it was, after an explanation."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


@contextmanager
def restore_randomness(inputs: Sequence[Tensor]) -> Iterator[None]:
    """Give back the state of torch's random numbers, on the CPU and where the inputs lie."""
    devices = {x.device for x in inputs if x.is_cuda}
    before = torch.get_rng_state(), [(device, torch.cuda.get_rng_state(device)) for device in devices]
    try:
        yield
    finally:
        torch.set_rng_state(before[0])
        for device, state in before[1]:
            torch.cuda.set_rng_state(state, device)


@contextmanager
def notice_draws(drawn: set[str], *, gives_back: bool = True) -> Iterator[None]:
    """Notice draws from the generators of Python and NumPy, which no torch call shows.

    To be asked only where it matters: it takes some 0.1 ms.

    Args:
        drawn: Where the names of those that were drawn from are put.
        gives_back: Whether they shall stand afterwards where they stood before.
    """
    numpy = sys.modules.get("numpy")
    state, of_numpy = random.getstate(), () if numpy is None else numpy.random.get_state()
    try:
        yield
    finally:
        if random.getstate() != state:
            drawn.add("Python's random")
            if gives_back:
                random.setstate(state)
        if numpy is not None and not all(map(numpy.array_equal, numpy.random.get_state(), of_numpy)):
            drawn.add("numpy.random")
            if gives_back:
                numpy.random.set_state(of_numpy)


class Seeds:
    """Tells the draws from a generator that ``forward`` has seeded, which are the same in every call."""

    def __init__(self) -> None:
        """Start with no generator known."""
        self._before: dict[int, Tensor] = {}
        self._after: dict[int, tuple[torch.Generator, Tensor]] = {}

    def begin(self, modules: Iterable[nn.Module]) -> None:
        """Note how torch's own generators stand, and those that are attributes of modules."""
        held = [each for of in modules for each in vars(of).values() if isinstance(each, torch.Generator)]
        has_cuda = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]  # torch gives it no types
        own = [
            torch.default_generator,
            *(torch.cuda.default_generators if has_cuda else ()),
        ]
        self._before = {id(each): each.get_state() for each in (*own, *held)}

    @contextmanager
    def drawing(self, given: Sequence[Tensor], kwargs: Mapping[str, Any]) -> Iterator[bool]:
        """Tell whether the draw that is made inside comes from a seed of ``forward``.

        A generator that stands where its seed has put it was seeded in forward, unless it stood there before;
        and one that stands where the last such draw has left it.

        Args:
            given: The tensors that the drawing function gets.
            kwargs: Its keyword arguments.
        """
        generator = kwargs.get("generator") or _default_generator(given, kwargs)
        if generator is None:
            yield False
            return
        now, before = generator.get_state(), self._before.pop(id(generator), None)
        if id(generator) in self._after and torch.equal(now, self._after[id(generator)][1]):
            is_seeded = True
        else:
            fresh = torch.Generator(generator.device).manual_seed(generator.initial_seed())
            is_new = before is None or not torch.equal(now, before)
            is_seeded = is_new and torch.equal(now, fresh.get_state())
        yield is_seeded
        if is_seeded:
            self._after[id(generator)] = generator, generator.get_state()


def _default_generator(given: Sequence[Tensor], kwargs: Mapping[str, Any]) -> torch.Generator | None:
    """The generator that a function draws from which is given none; None for a device without a known one."""
    at: Any = kwargs.get("device")
    device = torch.device(at) if at is not None else given[0].device if given else torch.get_default_device()
    if device.type == "cpu":
        return torch.default_generator
    if device.type != "cuda":
        return None
    return torch.cuda.default_generators[
        torch.cuda.current_device() if device.index is None else device.index
    ]
