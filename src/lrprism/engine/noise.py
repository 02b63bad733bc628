"""Random numbers of training mode: switched off, as dropout is, by putting their mean in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor

from lrprism.engine.containers import memory_in, memory_of
from lrprism.engine.distributions import (
    WITHOUT_MEAN,
    Distribution,
    MaskNoise,
    MeanNoise,
    UniformNoise,
    distribution_of,
)
from lrprism.engine.modules import Modules
from lrprism.engine.noise_calls import ABOVE, BELOW, CONVERSIONS, CONVERTING, NEGATIONS, TRUNCATING, NoiseCall
from lrprism.engine.randomness import Seeds
from lrprism.ops import is_live, tensors_in

Watching = Callable[[], AbstractContextManager[Any]]
"""Opens the context in which torch calls are seen."""


class Noise:
    """Follows random numbers from where they are drawn to where they meet the signal.

    They stay as drawn, also on a model that keeps them, and their mean stands in their place only where
    they meet the signal: of ``h * (rand_like(h) > p)`` that is ``h * (1 - p)``. A use whose mean is not
    known, such as a random order, takes them as drawn and is named in ``unknown``. Numbers of a generator
    that ``forward`` has seeded are the same in every call: they are no noise.
    """

    def __init__(self, modules: Modules) -> None:
        """Start with nothing drawn."""
        self._modules = modules
        self._seeds = Seeds()
        self.drawn: dict[int, tuple[Tensor, Distribution]] = {}
        """The numbers that are followed, by the tensor's id; tensors are held, so that ids stay unique."""
        self.unknown: set[str] = set()
        """Functions on whose random numbers the output may depend."""

    def begin(self) -> None:
        """Note where the generators stand before the model runs."""
        self._seeds.begin(self._modules.keeping)

    @contextmanager
    def drawing(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> Iterator[None]:
        """Name a source from which a model in evaluation mode draws, unless ``forward`` has seeded it."""
        with self._seeds.drawing(tensors_in(tuple(args)), kwargs) as is_seeded:
            yield
        if not is_seeded:
            self.unknown.add(func.__name__.strip("_"))

    def draw(self, func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Return what a source gives while explaining."""
        is_in_place = func.__name__.endswith("_")
        arguments = (args[0].detach().clone(), *args[1:]) if is_in_place else args
        with self._seeds.drawing(tensors_in(tuple(args)), kwargs) as is_seeded:
            drawn = func(*arguments, **kwargs)
        if is_seeded:
            return drawn
        if func in WITHOUT_MEAN:
            self.unknown.add(func.__name__.strip("_"))
            return drawn
        return self._remember(drawn, distribution_of(func, args, kwargs, drawn, is_in_place=is_in_place))

    def name_stored(self, tensors: Iterable[Tensor]) -> None:
        """Report random numbers among the tensors that the model keeps: the next call may reuse them."""
        memory = {memory_of(tensor) for tensor, _ in self.drawn.values()}
        if any(memory_of(tensor) in memory for tensor in tensors):
            self.unknown.add("numbers that the model keeps")

    def note_partial_write(self, name: str, written: Tensor) -> None:
        """Name a function that has written random numbers to a part of a tensor, which is not followed."""
        if id(written) in self.drawn:
            self.unknown.add(name.strip("_"))

    def follow(
        self, watching: Watching, func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> Any:
        """Return what a call gives on random numbers, or NotImplemented where it gets none.

        Args:
            watching: The mode's context in which torch calls are seen.
            func: The torch function that was called, out-of-place.
            args: Its arguments.
            kwargs: Its keyword arguments.
        """
        random = [tensor for tensor in tensors_in((tuple(args), kwargs)) if id(tensor) in self.drawn]
        if not random:
            return NotImplemented
        name = getattr(func, "__name__", "").strip("_")
        is_first = bool(args) and args[0] is random[0]
        # zeros_like, new_empty and view_as ask for no more than a shape or a type
        if name.startswith("new_") or name.endswith("_like") or (name.endswith("_as") and not is_first):
            return NotImplemented
        call = NoiseCall(func, name, args, kwargs, random, [self.drawn[id(tensor)][1] for tensor in random])
        result = self._stay_random(call) if len(random) == 1 else NotImplemented
        if result is NotImplemented and call.has_known_mean():
            result = self._take_mean(call, watching)
        if result is NotImplemented:
            self.unknown.add(name)
        return result

    def _stay_random(self, call: NoiseCall) -> Any:
        """Return random numbers that were shifted, compared, converted or rounded, or the likely branch."""
        func, name, args, kwargs, (random,), (distribution,) = call
        # if torch.rand(()) > p: the branch that is taken more often
        if func is Tensor.__bool__ or (name == "item" and random.dtype is torch.bool):
            return (
                bool(distribution.probability > 0.5)
                if isinstance(distribution, MaskNoise)
                else NotImplemented
            )
        is_first = args[0] is random
        if isinstance(distribution, MaskNoise):
            if is_first and name in NEGATIONS and random.dtype is torch.bool:
                return self._remember(func(*args, **kwargs), MaskNoise(1 - distribution.probability))
            if is_first and name in CONVERTING and func in CONVERSIONS:
                return self._remember(func(*args, **kwargs), distribution)
        if not isinstance(distribution, UniformNoise):
            return NotImplemented
        if is_first and (name == "floor" or name in TRUNCATING):
            return self._round_down(call, distribution)
        if len(args) != 2 or kwargs:
            return NotImplemented
        other = args[1] if is_first else args[0]
        # rand > p is a mask; a threshold that carries relevance would get none through it
        if name in ABOVE | BELOW and not (isinstance(other, Tensor) and other.requires_grad):
            share = distribution.share_above(other)
            return self._remember(func(*args), MaskNoise(share if (name in ABOVE) is is_first else 1 - share))
        if not isinstance(other, (int, float)):
            return NotImplemented
        moved = distribution.combine(name, other, is_first=is_first)
        return NotImplemented if moved is None else self._remember(func(*args), moved)

    def _round_down(self, call: NoiseCall, distribution: UniformNoise) -> Any:
        """Return uniform numbers rounded down, as in the random depth of many transformers."""
        # trunc is floor above zero only, and int(...) gives no tensor to follow
        if call.name != "floor" and (distribution.low < 0 or call.func is Tensor.__int__):
            return NotImplemented
        result, random = call.func(*call.args, **call.kwargs), call.random[0]
        mean = torch.full(result.shape, distribution.mean_of_floor, dtype=random.dtype, device=random.device)
        return self._remember(result, MeanNoise(mean))

    def _take_mean(self, call: NoiseCall, watching: Watching) -> Any:
        """Return the mean of a call that the signal takes part in; of any other call its random result."""
        if not call.is_moving() and is_live((tuple(call.args), call.kwargs)):
            # a projection keeps distances although its mean is zero; a kept tensor may be drawn only once
            if call.is_projection() or any(map(self._is_kept, call.random)):
                return NotImplemented
            with watching():
                return call.on_mean()
        result = call.func(*call.args, **call.kwargs)
        if call.stays(UniformNoise):
            return self._remember(result, call.distributions[0])
        kind: Any = MaskNoise if call.stays(MaskNoise) else MeanNoise
        mean = call.on_mean()
        if isinstance(result, Tensor):
            return self._remember(result, kind(mean))
        return type(result)([self._remember(*pair) for pair in zip(result, map(kind, mean), strict=True)])

    def _is_kept(self, tensor: Tensor) -> bool:
        """Return True if the module that runs keeps a tensor: the next call may find it there."""
        module = self._modules.running()
        return memory_of(tensor) in memory_in([vars(module), module._buffers, module._parameters])

    def _remember(self, result: Any, distribution: Distribution) -> Any:
        for tensor in tensors_in(result):
            self.drawn[id(tensor)] = (tensor, distribution)
        return result
