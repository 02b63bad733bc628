"""What the bench makes of maps, by hand."""

import pytest
import torch

from evidence.bench import recover, share_inside
from evidence.candidates import CANDIDATES, CHOSEN, DEFAULT, Map, build_presets, is_ours
from evidence.cells import NETWORKS
from evidence.networks import BUILD
from evidence.pooling import Pooling
from evidence.training import SCHEDULES, Pair, train
from lrprism.composites import presets


def test_recovery_of_two_samples() -> None:
    # mean |R| = (2, 1, 3, 0): of the pairs (0 or 2) x (1 or 3) all four are in order
    relevance = torch.tensor([[1.0, -2.0, 3.0, 0.0], [-3.0, 0.0, 3.0, 0.0]])
    mask = torch.tensor([True, False, True, False])
    # mean of the positive part (.5, 0, 3, 0): all of it on the mask
    assert recover(relevance, mask) == {"auc": 1.0, "ap": 1.0, "p_at_k": 1.0, "mass": 1.0}
    assert recover(relevance, ~mask)["auc"] == 0.0


def test_patches_are_summed_by_magnitude() -> None:
    # band 0 has +1 and -1, which do not cancel: |R| is 2 there and 1 in band 1
    relevance = torch.tensor([[[[1.0, -1.0]], [[1.0, 0.0]]]])
    assert recover(relevance, torch.tensor([True, False]))["auc"] == 1.0


def test_share_inside_the_leaf() -> None:
    # positive relevance 2 in a pixel of the leaf, 1 in one that is half leaf, 1 outside; -5 does not count
    relevance = torch.tensor([[[[2.0, 1.0, 1.0]], [[-5.0, 0.0, 0.0]]]])
    leaf = torch.tensor([[[1.0, 0.5, 0.0]]])
    assert share_inside(relevance, leaf) == pytest.approx(2.5 / 4)


def test_pooling_keeps_the_sum_of_patches() -> None:
    matrix = torch.tensor([[0.5, 0.0], [0.5, 1.0]])
    pooling = Pooling(30.0, 3.0, matrix)
    relevance = torch.tensor([[[[2.0]], [[1.0]]]])
    assert pooling.pool(relevance).flatten().tolist() == [1.0, 2.0]
    assert pooling.reaches == (2, 3, 4)


def test_maps_are_named_in_words() -> None:
    assert str(Map("Epsilon", "none")) == "Epsilon"
    assert str(Map("EpsilonGamma, γ 1", "mean", pooled=True)) == "EpsilonGamma, γ 1, reference mean, pooled"


def test_the_chosen_maps_are_candidates() -> None:
    assert {*CHOSEN.values(), DEFAULT} <= set(CANDIDATES)
    assert set(CHOSEN) == set(NETWORKS) == set(BUILD) == set(SCHEDULES)


def test_every_preset_takes_part() -> None:
    built = build_presets(torch.tensor([[0.0, 1.0]]))
    assert {type(preset).__name__ for preset in built.values()} == set(presets.__all__)
    assert all(map(is_ours, built))
    assert not is_ours("Integrated Gradients, reference mean")


def test_training_is_repeatable() -> None:
    generator = torch.Generator().manual_seed(0)
    pair = Pair(torch.randn(40, 20, generator=generator), torch.arange(40) % 2)
    first, second = (train("mlp", pair, pair, 3).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
