"""The base of ops on differences."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from lrprism.ops.counterpart import Counterpart
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder


class Pair(NamedTuple):
    """A call that is explained, and its counterpart on the reference.

    Args:
        counterpart: The call on the reference.
        func: The torch function of both.
        args: The arguments of the explained call.
        kwargs: Its keyword arguments.
    """

    counterpart: Counterpart
    func: Callable[..., Any]
    args: Arguments
    kwargs: Keywords


@dataclass(frozen=True, eq=False)
class AbstractDifference(AbstractOp):
    """An op that runs as it is on the reference, and beside its counterpart on what is explained."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the function; where there is a counterpart, so that relevance follows the difference."""
        if recorder.counterpart is None or not is_live((args, kwargs)):
            return func(*args, **kwargs)
        return self.compare(recorder, Pair(recorder.counterpart, func, args, kwargs))

    @abstractmethod
    def compare(self, recorder: Recorder, pair: Pair) -> Any:
        """Return what the function returns; its backward pass follows the difference."""
