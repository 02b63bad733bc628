"""The ops that hand relevance to what a ``detach`` returned: the account shows it in its row."""

from __future__ import annotations

import weakref
from typing import Any

from torch import Tensor

from lrprism.ops import Call, Kind, tensors_in


class Stops:
    """Follows constants from the calls that stopped their relevance to the ops that take them in."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._origins: dict[int, tuple[weakref.ref[Tensor], Call]] = {}
        self._takers: dict[Call, Call] = {}

    def follow(self, call: Call | None, arguments: Any, result: Any, *, is_live: bool) -> None:
        """Look at one call.

        Args:
            call: The call, where it was recorded.
            arguments: What it was given.
            result: What it returned.
            is_live: Whether it was given anything that carries relevance.
        """
        if is_live and call is not None and call.kind is Kind.STOPPED:
            self._remember(result, call)
            return
        if not self._origins:
            return
        stop = self._only_constant(arguments)
        if stop is None:
            return
        # a view of a detached tensor, or twice it, is as detached; a sum with another constant is of two
        # kinds
        if not is_live:
            self._remember(result, stop)
        elif call is not None and call.kind is Kind.ROUTING:
            self._takers[call] = stop

    def move(self, relevance: dict[Call, tuple[float, float]]) -> None:
        """Count what ops handed to constants as handed to the calls that made these.

        Args:
            relevance: For each call, relevance at its outputs and at its inputs.
        """
        for taker, stop in self._takers.items():
            if taker not in relevance or stop not in relevance:
                continue
            relevance_out, relevance_in = relevance[taker]
            stopped_out, stopped_in = relevance[stop]
            relevance[taker] = (relevance_out, relevance_out)
            relevance[stop] = (stopped_out + relevance_out - relevance_in, stopped_in)

    def _remember(self, result: Any, stop: Call) -> None:
        for tensor in tensors_in(result):
            self._origins[id(tensor)] = (weakref.ref(tensor), stop)

    def _only_constant(self, arguments: Any) -> Call | None:
        """The call that made the only constant among some arguments, if it stopped relevance."""
        constants = [
            each for each in tensors_in(arguments) if not each.requires_grad and each.is_floating_point()
        ]
        if len(constants) != 1:
            return None
        reference, stop = self._origins.get(id(constants[0]), (None, None))
        return stop if reference is not None and reference() is constants[0] else None
