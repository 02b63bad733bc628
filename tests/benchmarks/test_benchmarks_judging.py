"""Right and wrong, by hand; and references whose account closes."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import torch
from torch import Tensor

import expected_warnings
from benchmarks.contestants import Ready, loop, ours
from benchmarks.judging import Reference, ends, judge, reference
from benchmarks.subjects import MLP, Loaded, Sample, Subject, hyper3dnetlite

MAP = torch.tensor([[3.0, -1.0], [1.0, 1.0]], dtype=torch.float64)  # sums to 4
REFERENCE = Reference(MAP, explained=5.0, unaccounted=1e-9)


@pytest.mark.parametrize(
    ("change", "off", "difference", "right"),
    [
        (0.0, 0.0, 0.0, True),
        (0.04, 0.008, 0.04 / 3, True),  # 0.04 of 5 explained; 0.04 of the largest entry, 3
        (0.06, 0.012, 0.02, False),
        (-0.06, 0.012, 0.02, False),
    ],
)
def test_a_sum_off_by_more_than_a_hundredth_of_what_is_explained_is_wrong(
    change: float, off: float, difference: float, *, right: bool
) -> None:
    relevance = MAP.clone()
    relevance[0, 1] += change
    verdict = judge(relevance, REFERENCE)
    assert verdict.off == pytest.approx(off)
    assert verdict.difference == pytest.approx(difference)
    assert verdict.right is right


def test_another_map_of_the_right_sum_is_right_and_shows_its_difference() -> None:
    verdict = judge(MAP.flip(0), REFERENCE)
    assert verdict.right
    assert verdict.difference == pytest.approx(2 / 3)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_map_with_anything_but_numbers_is_wrong(bad: float) -> None:
    relevance = MAP.clone()
    relevance[1, 1] = bad
    assert not judge(relevance, REFERENCE).right


def test_relevance_of_an_embedded_token_is_the_sum_over_its_vector() -> None:
    embedded = torch.stack([MAP / 4, 3 * MAP / 4], -1)
    assert judge(embedded, REFERENCE).difference == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(("unaccounted", "closed"), [(1e-7, True), (-1e-7, True), (2e-6, False)])
def test_an_account_closes_to_a_millionth(unaccounted: float, *, closed: bool) -> None:
    assert Reference(MAP, 5.0, unaccounted).closed is closed


@pytest.mark.parametrize(("batch", "expected"), [(1, [0]), (2, [0, 1]), (64, [0, 63])])
def test_the_first_and_the_last_sample_are_compared(batch: int, expected: list[int]) -> None:
    x = torch.zeros(batch, 3)
    assert ends(Sample(x, x, torch.zeros(batch).long())) == expected


@expected_warnings.NO_CONVOLUTION
def test_a_reference_is_in_float64_and_closes() -> None:
    loaded = MLP.load()
    result = reference(loaded, "EpsilonGamma", loaded.sample(0))
    assert result.relevance.dtype is torch.float64
    assert result.closed
    logits = loaded.model(loaded.sample(0).x)
    assert result.explained == pytest.approx(float(logits.max()), rel=1e-5)
    assert float(result.relevance.sum()) == pytest.approx(result.explained, rel=1e-3)  # there are no biases


def _small(batch: int) -> Subject:
    return Subject("", "", lambda: hyper3dnetlite(3, 3), (batch, 1, 3, 25, 25), ("Hyper3DNetTutorial",))


def _map(enter: Callable[[Loaded], AbstractContextManager[Ready]], loaded: Loaded, sample: Sample) -> Tensor:
    with enter(loaded) as ready:
        return ready(sample)()


def test_the_tutorial_s_loop_and_ours_are_right() -> None:
    loaded = _small(2).load()
    sample = loaded.sample(0)
    expected = reference(loaded, "Hyper3DNetTutorial", sample)
    for enter in (loop, lambda loaded_network: ours("Hyper3DNetTutorial", loaded_network)):
        assert judge(_map(enter, loaded, sample), expected).difference < 1e-4


def test_every_round_has_a_sample_of_its_own_and_always_the_same_one() -> None:
    loaded = MLP.load()
    first, again, other = (loaded.sample(number).x for number in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())
