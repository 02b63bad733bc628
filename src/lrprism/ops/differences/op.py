"""The base of ops on differences."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lrprism.ops.counterpart import Counterpart
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder


@dataclass(frozen=True, eq=False)
class AbstractDifference(AbstractOp):
    """An op that runs as it is on the reference, and beside its counterpart on what is explained."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the function; where there is a counterpart, so that relevance follows the difference."""
        if recorder.counterpart is None or not is_live((args, kwargs)):
            return func(*args, **kwargs)
        return self.compare(recorder, recorder.counterpart, func, args, kwargs)

    @abstractmethod
    def compare(
        self,
        recorder: Recorder,
        counterpart: Counterpart,
        func: Callable[..., Any],
        args: Arguments,
        kwargs: Keywords,
    ) -> Any:
        """Return what ``func(*args, **kwargs)`` returns; its backward pass follows the difference."""
