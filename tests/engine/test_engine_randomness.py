"""Generators stand after an explanation where they stood, and draws from a seed of forward are recognised."""

import random
from contextlib import suppress

import numpy
import pytest
import torch
from torch import nn

from lrprism.engine.randomness import Seeds, notice_draws, restore_randomness


def test_the_generator_of_torch_is_restored_also_after_an_error() -> None:
    before = torch.get_rng_state()
    with suppress(ZeroDivisionError), restore_randomness([torch.ones(1)]):
        torch.rand(3)
        assert not torch.equal(torch.get_rng_state(), before)
        raise ZeroDivisionError
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("gives_back", [True, False])
def test_draws_of_python_and_numpy_are_noticed(*, gives_back: bool) -> None:
    drawn: set[str] = set()
    states = random.getstate(), numpy.random.get_state()[1].tolist(), numpy.random.get_state()[2]
    with notice_draws(drawn, gives_back=gives_back):
        random.random()
        numpy.random.rand()
    assert drawn == {"Python's random", "numpy.random"}
    after = random.getstate(), numpy.random.get_state()[1].tolist(), numpy.random.get_state()[2]
    assert (after == states) is gives_back


def test_without_a_draw_nothing_is_noticed() -> None:
    drawn: set[str] = set()
    with notice_draws(drawn):
        torch.rand(3)
    assert drawn == set()


def is_seeded(seeds: Seeds, generator: torch.Generator | None = None) -> bool:
    """Draw a number, and return what is said of it."""
    with seeds.drawing([], {"generator": generator}) as answer:
        torch.rand(1, generator=generator)
    return answer


def test_a_generator_made_in_forward_is_seeded_from_its_first_draw_on() -> None:
    seeds = Seeds()
    seeds.begin([])
    generator = torch.Generator().manual_seed(5)
    assert is_seeded(seeds, generator)
    assert is_seeded(seeds, generator)
    torch.rand(1, generator=generator)  # a draw that nobody has seen
    assert not is_seeded(seeds, generator)
    generator.manual_seed(6)
    assert is_seeded(seeds, generator)


def test_a_generator_that_was_seeded_before_is_not() -> None:
    model = nn.Module()
    model.generator = torch.Generator().manual_seed(5)
    seeds = Seeds()
    seeds.begin([model])
    assert not is_seeded(seeds, model.generator)


def test_the_default_generator_is_seeded_by_manual_seed() -> None:
    with restore_randomness([]):
        torch.rand(1)
        seeds = Seeds()
        seeds.begin([])
        assert not is_seeded(seeds)
        torch.manual_seed(0)
        assert is_seeded(seeds)
        assert is_seeded(seeds)


def test_of_a_device_without_a_known_generator_nothing_is_known() -> None:
    with Seeds().drawing([torch.ones(1, device="meta")], {}) as answer:
        assert not answer
