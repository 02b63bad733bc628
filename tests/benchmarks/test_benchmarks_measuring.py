"""Contestants that fail, are wrong or are right, on a small model."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import torch
from torch import Tensor, nn

import expected_warnings
from benchmarks.contestants import GRADIENT, Contestant, Ready, input_gradient, input_gradients, own
from benchmarks.measuring import LENGTH, Setting, measure, reason
from benchmarks.quick import lines
from benchmarks.subjects import MLP, Loaded, Sample, draw
from benchmarks.timing import Rounds

ONCE = Rounds(0.0, 1, 1)


@contextmanager
def _scaled(factor: float, loaded: Loaded) -> Iterator[Ready]:
    """Gradient times input: LRP-0 of a ReLU network without biases, here times a factor."""
    yield lambda sample: lambda: factor * sample.x * input_gradient(loaded.model, sample)


@contextmanager
def _refusing(_: Loaded) -> Iterator[Ready]:
    def run() -> Tensor:
        raise AssertionError("Module of type <class 'torch.nn.modules.linear.Linear'> has no rule\nand more")

    yield lambda _: run


def judge_contestants(*contestants: Contestant, narrow: bool = False) -> list[str]:
    told: list[str] = []
    setting = Setting(rounds=ONCE, narrow=narrow, memory=False, tell=told.append)
    measured = measure(MLP, [GRADIENT, *contestants], setting)
    assert told[0] == MLP.title
    assert measured.unaccounted <= 1e-6
    return [
        entry.failure or ("right" if entry.right else "wrong") + ("" if entry.time else ", not timed")
        for entry in measured.entries
    ]


def test_who_fails_or_is_wrong_is_kept_and_says_so() -> None:
    verdicts = judge_contestants(
        Contestant("a", "Epsilon", partial(_scaled, 1.0)),
        Contestant("b", "Epsilon", partial(_scaled, 1.02)),
        Contestant("c", "Epsilon", partial(_scaled, float("nan"))),
        Contestant("d", "Epsilon", _refusing),
    )
    assert verdicts == ["right", "right", "wrong", "wrong", "Module of type Linear has no rule"]


def test_everyone_but_the_peers_is_right_about_the_mlp() -> None:
    setting = Setting(rounds=ONCE, memory=False, tell=lambda _: None)
    entries = measure(MLP, own(MLP), setting).entries
    for entry in entries:
        assert entry.right, entry
        assert (entry.verdict is None) == (entry.library in {"gradient", "forward"})
    assert {entry.extra for entry in entries} == {"", "first call", "audit", "16 classes"}


def test_autocast_is_told_from_the_reference() -> None:
    setting = Setting(narrow=True, rounds=ONCE, memory=False, tell=lambda _: None)
    ours = measure(MLP, own(MLP)[:3], setting).find("lrprism", "Epsilon")
    assert ours is not None
    assert ours.verdict is not None
    assert ours.verdict.difference > 1e-4  # bfloat16 rounds


def test_several_gradients_are_those_of_each_class() -> None:
    model = draw(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)))
    x = torch.rand(2, 4)
    gradients = input_gradients(3, model, Sample(x, x, torch.zeros(2).long()))
    for number in range(3):
        gradient = input_gradient(model, Sample(x, x, torch.full((2,), number)))
        torch.testing.assert_close(gradients[number], gradient)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("short\nsecond line"), "short"),
        (ValueError("x" * 200), "x" * (LENGTH - 1) + "…"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_a_reason_is_one_short_line(error: Exception, expected: str) -> None:
    assert reason(error) == expected


@expected_warnings.NO_CONVOLUTION
def test_the_short_run_has_one_line_per_preset() -> None:
    printed = lines(MLP, ONCE)
    assert len(printed) == 1 + len(MLP.presets)
    assert printed[0].startswith("MLP of 3 layers, 1 sample: one gradient ")
    assert all(f"  {name} " in line for name, line in zip(MLP.presets, printed[1:], strict=True))
    assert printed[1].endswith("goal 2.00, limit 3.00")
