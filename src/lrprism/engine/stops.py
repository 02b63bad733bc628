"""Relevance that ops hand to the result of a ``detach``: the account shows it in the row of the detach."""

from __future__ import annotations

import weakref
from typing import Any

from torch import Tensor

from lrprism.ops import Call, Kind, tensors_in


class Stops:
    """Follows constants from the calls that stopped their relevance to the ops that take them in."""

    def __init__(self) -> None:
        """Start without any constant."""
        # by the tensor's id; the weak reference tells if another tensor has the id by now
        self._origins: dict[int, tuple[weakref.ref[Tensor], Call]] = {}
        self._takers: dict[Call, Call] = {}

    def follow(self, call: Call | None, arguments: Any, result: Any, *, is_live: bool) -> None:
        """Follow the constants through one call.

        Args:
            call: The call, where it was recorded.
            arguments: Its arguments.
            result: Its result.
            is_live: Whether an argument carries relevance.
        """
        if is_live and call is not None and call.kind is Kind.STOPPED:
            self._remember(result, call)
            return
        if not self._origins:
            return
        stop = self._only_constant(arguments)
        if stop is None:
            return
        # a view of a detached tensor, or twice it, is detached too; a sum of two constants has no one origin
        if not is_live:
            self._remember(result, stop)
        # a sum of a live tensor and the detached one, as in x + (y - x).detach()
        elif call is not None and call.kind is Kind.ROUTING:
            self._takers[call] = stop

    def move(self, relevance: dict[Call, tuple[float, float]]) -> None:
        """Move the relevance that ops handed to constants to the calls that made these constants."""
        for taker, stop in self._takers.items():
            if taker not in relevance or stop not in relevance:
                continue
            relevance_out, relevance_in = relevance[taker]  # at its outputs and at its inputs
            stopped_out, stopped_in = relevance[stop]
            relevance[taker] = (relevance_out, relevance_out)
            relevance[stop] = (stopped_out + relevance_out - relevance_in, stopped_in)

    def _remember(self, result: Any, stop: Call) -> None:
        for tensor in tensors_in(result):
            self._origins[id(tensor)] = (weakref.ref(tensor), stop)

    def _only_constant(self, arguments: Any) -> Call | None:
        """Return the call that made the only constant among some arguments, if it stopped relevance."""
        tensors = tensors_in(arguments)
        constants = [tensor for tensor in tensors if not tensor.requires_grad and tensor.is_floating_point()]
        if len(constants) != 1:
            return None
        reference, stop = self._origins.get(id(constants[0]), (None, None))
        return stop if reference is not None and reference() is constants[0] else None
