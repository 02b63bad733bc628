"""Seconds of contestants that take turns.

All take their turn in every round, and each round begins with another one, so that a machine whose speed
drifts slows them alike. A ratio is formed within a round; the medians over the rounds are reported.
"""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

SLOW = 3.0  # seconds of a single run; a contestant that needs more is stopped after LEAST_SLOW rounds
LEAST_SLOW = 3

Clock = Callable[[Callable[[], object]], float]


def wall_clock(run: Callable[[], object]) -> float:
    """Return the seconds of a call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def cuda_clock(run: Callable[[], object]) -> float:
    """Return the seconds of a call between two CUDA events."""
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    torch.cuda.synchronize()
    start.record()
    run()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1000


def clock_of(device: str) -> Clock:
    """Return the clock for a device."""
    return cuda_clock if device.startswith("cuda") else wall_clock


@dataclass(frozen=True)
class Rounds:
    """The number of rounds to run.

    Args:
        seconds: After this time no further round begins,
        least: but not before so many rounds,
        most: and never more than so many.
    """

    seconds: float = 20.0
    least: int = 3
    most: int = 101

    def go_on(self, done: int, elapsed: float) -> bool:
        """Return True if another round begins."""
        return done < self.least or (done < self.most and elapsed < self.seconds)


Turn = Callable[[int], Callable[[], object]]
"""Makes the call to be timed, for a round's number. Its own time does not count."""


def take_turns(
    turns: Mapping[str, Turn], rounds: Rounds, clock: Clock = wall_clock, *, slow: float = SLOW
) -> dict[str, list[float]]:
    """Return the seconds of each contestant in each round; each should have run once before.

    Args:
        turns: The contestants.
        rounds: The number of rounds.
        clock: Measures a call.
        slow: A contestant that needs more seconds than this is stopped after :data:`LEAST_SLOW` rounds.
    """
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    start, done = time.perf_counter(), 0
    while rounds.go_on(done, time.perf_counter() - start):
        # a collection within a round would slow one contestant alone
        gc.collect()
        for name in rotate(list(turns), done):
            # slow contestants need fewer rounds: their noise is small
            is_slow = statistics.median(seconds[name] or [0.0]) > slow
            if not (is_slow and done >= LEAST_SLOW):
                seconds[name].append(clock(turns[name](done + 1)))
        done += 1
    return seconds


def rotate(names: Sequence[str], by: int) -> list[str]:
    """Return the names, beginning at another place."""
    begin = by % len(names)
    return [*names[begin:], *names[:begin]]


@dataclass(frozen=True)
class Summary:
    """The time of one contestant over all rounds.

    Args:
        seconds: Median over the rounds.
        ratio: Median of the ratio to the base of the same round.
        low: Lower quartile of that ratio.
        high: Upper quartile of that ratio.
        rounds: The number of rounds.
    """

    seconds: float
    ratio: float
    low: float
    high: float
    rounds: int


def summary(seconds: Sequence[float], base: Sequence[float]) -> Summary:
    """Sum up the rounds of one contestant beside those of the base, which may have run more rounds."""
    ratios = [time / base_time for time, base_time in zip(seconds, base, strict=False)]
    # quantiles need two numbers
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive") if ratios[1:] else ratios * 3
    return Summary(statistics.median(seconds), middle, low, high, len(ratios))
