"""How far a long explanation has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import final

from lrprism.errors import InputError

Progress = bool | Callable[[int, int], None]
"""True writes a line to stderr; a callable is called with the samples that are done and all of them."""


def make_report(progress: Progress, rounds: int) -> Callable[[int, int], None]:
    """Return what is called after each batch with the number of samples done in it, and all samples.

    Args:
        progress: What the user asked for.
        rounds: How often all samples are explained: once for each reference.

    Raises:
        InputError: If ``progress`` is neither a bool nor a callable.
    """
    if not isinstance(progress, bool) and not callable(progress):
        raise InputError(
            f"progress should be True, False or a function of two numbers. Found {progress!r}. "
            "Try progress=lambda done, count: print(done, count)."
        )
    if progress is False:
        return lambda _done, _count: None
    return _Counter(_Line() if progress is True else progress, rounds).add


@final
class _Counter:
    """Adds up samples over batches and references."""

    def __init__(self, say: Callable[[int, int], None], rounds: int) -> None:
        self._say, self._rounds, self._done = say, rounds, 0

    def add(self, done: int, count: int) -> None:
        self._done += done
        self._say(self._done, count * self._rounds)


@final
class _Line:
    """Writes one line to stderr over and over, and ends it with the last sample."""

    def __init__(self) -> None:
        self._start, self._width = time.monotonic(), 0

    def __call__(self, done: int, count: int) -> None:
        passed = time.monotonic() - self._start
        remaining = f", about {passed / done * (count - done):.0f} s left" if 0 < done < count else ""
        text = f"explained {done} of {count} samples in {passed:.0f} s{remaining}"
        # blanks over what a longer line left
        end = "\n" if done >= count else ""
        print(f"\r{text.ljust(self._width)}", end=end, file=sys.stderr, flush=True)
        self._width = len(text)
