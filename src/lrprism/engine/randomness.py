"""The state of the random numbers: as it was, after an explanation."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


@contextmanager
def same_randomness(inputs: Sequence[Tensor]) -> Iterator[None]:
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
def noticing(drawn: set[str], *, gives_back: bool = True) -> Iterator[None]:
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
