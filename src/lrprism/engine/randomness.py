"""Generators of random numbers: restored after an explanation, and asked if ``forward`` has seeded them."""

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
    """Restore the state of torch's generators afterwards, on the CPU and on the devices of the inputs."""
    devices = {x.device for x in inputs if x.is_cuda}
    cpu_state = torch.get_rng_state()
    cuda_states = [(device, torch.cuda.get_rng_state(device)) for device in devices]
    try:
        yield
    finally:
        torch.set_rng_state(cpu_state)
        for device, state in cuda_states:
            torch.cuda.set_rng_state(state, device)


@contextmanager
def notice_draws(drawn: set[str], *, gives_back: bool = True) -> Iterator[None]:
    """Notice draws from the generators of Python and NumPy, which no torch call shows.

    It takes some 0.1 ms, so use it only where it matters.

    Args:
        drawn: Gets the names of the generators that were drawn from.
        gives_back: Whether to restore their state afterwards.
    """
    # a model that draws from NumPy has imported it
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
    """Recognises draws from a generator that ``forward`` has seeded, which are the same in every call."""

    def __init__(self) -> None:
        """Start without any generator."""
        self._before: dict[int, Tensor] = {}
        self._after: dict[int, tuple[torch.Generator, Tensor]] = {}

    def begin(self, modules: Iterable[nn.Module]) -> None:
        """Note the state of torch's own generators, and of those that are attributes of modules."""
        attributes = [value for module in modules for value in vars(module).values()]
        generators = [value for value in attributes if isinstance(value, torch.Generator)]
        has_cuda = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]  # torch gives it no types
        generators += [torch.default_generator, *(torch.cuda.default_generators if has_cuda else ())]
        self._before = {id(generator): generator.get_state() for generator in generators}

    @contextmanager
    def drawing(self, tensors: Sequence[Tensor], kwargs: Mapping[str, Any]) -> Iterator[bool]:
        """Yield True if the draw that is made inside comes from a seed of ``forward``.

        A generator in the state right after its seed was seeded in forward, unless it was in that state
        before; so was one in the state after the last such draw.

        Args:
            tensors: The tensors that the drawing function gets.
            kwargs: Its keyword arguments.
        """
        generator = kwargs.get("generator") or _default_generator(tensors, kwargs)
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


def _default_generator(tensors: Sequence[Tensor], kwargs: Mapping[str, Any]) -> torch.Generator | None:
    """Return the generator of a function without one of its own; None for other devices than CPU and CUDA."""
    if kwargs.get("device") is not None:
        device = torch.device(kwargs["device"])
    else:
        device = tensors[0].device if tensors else torch.get_default_device()
    if device.type == "cpu":
        return torch.default_generator
    if device.type != "cuda":
        return None
    index = torch.cuda.current_device() if device.index is None else device.index
    return torch.cuda.default_generators[index]
