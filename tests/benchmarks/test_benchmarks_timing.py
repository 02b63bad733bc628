"""Turns, rounds and medians, with contestants that only write down when they ran."""

from collections.abc import Callable

import pytest
import torch

from benchmarks.timing import Rounds, clock_of, cuda_clock, rotate, summary, take_turns, wall_clock

SECONDS = {"gradient": 1.0, "quick": 2.0, "slow": 30.0}


class Track:
    """Contestants that need no time, and a clock that says how long they took."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, int]] = []

    def turn(self, name: str) -> Callable[[int], Callable[[], None]]:
        return lambda number: lambda: self.ran.append((name, number))

    def clock(self, run: Callable[[], object]) -> float:
        run()
        name, number = self.ran[-1]
        return SECONDS[name] * number  # the machine becomes slower from round to round


def race(rounds: int) -> tuple[dict[str, list[float]], list[tuple[str, int]]]:
    track = Track()
    turns = {name: track.turn(name) for name in SECONDS}
    times = take_turns(turns, Rounds(0.0, rounds, rounds), track.clock, slow=20.0)
    return times, track.ran


def test_everyone_takes_a_turn_in_every_round_and_each_begins_with_another() -> None:
    _, ran = race(3)
    assert ran == [
        *[(name, 1) for name in ("gradient", "quick", "slow")],
        *[(name, 2) for name in ("quick", "slow", "gradient")],
        *[(name, 3) for name in ("slow", "gradient", "quick")],
    ]


def test_who_is_slow_stops_after_three_rounds() -> None:
    times, _ = race(5)
    assert [len(seconds) for seconds in times.values()] == [5, 5, 3]


def test_a_machine_that_slows_down_changes_no_ratio() -> None:
    times, _ = race(5)
    quick, slow = (summary(times[name], times["gradient"]) for name in ("quick", "slow"))
    assert (quick.ratio, quick.low, quick.high, quick.rounds) == (2.0, 2.0, 2.0, 5)
    assert (slow.ratio, slow.rounds) == (30.0, 3)
    assert quick.seconds == 6.0  # the median of 2, 4, 6, 8, 10


def test_a_ratio_is_that_of_the_median_round() -> None:
    times = summary([2.0, 9.0, 3.0, 4.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0])
    assert (times.low, times.ratio, times.high) == (2.0, 3.0, 4.0)


def test_one_round_has_no_spread() -> None:
    times = summary([3.0], [2.0])
    assert (times.low, times.ratio, times.high, times.rounds) == (1.5, 1.5, 1.5, 1)


@pytest.mark.parametrize(
    ("done", "elapsed", "expected"), [(4, 99.0, True), (5, 99.0, False), (5, 1.0, True), (9, 1.0, False)]
)
def test_rounds_end_by_time_but_not_before_the_least_number(
    done: int, elapsed: float, *, expected: bool
) -> None:
    assert Rounds(seconds=10.0, least=5, most=9).go_on(done, elapsed) is expected


def test_turning_goes_round() -> None:
    assert rotate(["a", "b", "c"], 4) == ["b", "c", "a"]


def test_the_wall_clock_runs_what_it_measures() -> None:
    ran: list[int] = []
    assert wall_clock(lambda: ran.append(1)) >= 0
    assert ran == [1]


def test_a_gpu_is_measured_by_its_own_clock() -> None:
    assert (clock_of("cpu"), clock_of("cuda:0")) == (wall_clock, cuda_clock)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_clock_of_a_gpu_waits_for_it() -> None:
    a = torch.rand(2048, 2048, device="cuda")
    once, often = (cuda_clock(lambda n=n: [a @ a for _ in range(n)]) for n in (1, 100))
    assert 0 < once < often
