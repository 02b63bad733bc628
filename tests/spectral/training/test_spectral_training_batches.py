from types import SimpleNamespace
from typing import Any

import pytest
import torch

from lrprism.spectral.training import Classification, TrainingConfig
from lrprism.spectral.training.batches import Batches, mix_seed
from lrprism.spectral.training.parts import TrainingParts
from small_trainings import blobs, small_model


def batches(rank: int, processes: int, seed: int = 0) -> Batches:
    config = TrainingConfig(batch_size=4, seed=seed)
    data = Batches(
        TrainingParts.check(small_model(), blobs(21, 3, 0), blobs(9, 3, 1), config, Classification()), config
    )
    trainer: Any = SimpleNamespace(world_size=processes, global_rank=rank)
    data.trainer = trainer
    return data


def order(data: Batches, epoch: int) -> list[float]:
    loader = data.train_dataloader()
    loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
    return torch.cat([inputs[:, 0] for inputs, _ in loader]).tolist()


def test_the_order_follows_from_seed_and_epoch_alone() -> None:
    everything = sorted(blobs(21, 3, 0).tensors[0][:, 0].tolist())
    orders = [order(batches(0, 1, seed), epoch) for seed in range(3) for epoch in range(3)]
    assert all(sorted(each) == everything for each in orders)
    assert len({tuple(each) for each in orders}) == 9
    assert order(batches(0, 1, 2), 1) == orders[7]


def test_the_processes_share_an_epoch_between_them() -> None:
    whole, halves = order(batches(0, 1), 3), [order(batches(rank, 2), 3) for rank in range(2)]
    assert halves == [whole[::2], [*whole[1::2], whole[0]]]


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_every_pth_sample_is_validated(processes: int) -> None:
    values = blobs(9, 3, 1).tensors[0]
    for rank in range(processes):
        data = torch.cat([inputs for inputs, _ in batches(rank, processes).val_dataloader()])
        share = values[rank::processes]
        assert torch.equal(data[: len(share)], share)


def test_going_over_the_batches_leaves_the_random_state_alone() -> None:
    state = torch.random.get_rng_state()
    list(batches(0, 1).train_dataloader())
    list(batches(0, 1).val_dataloader())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_mix_seeds_differ_and_repeat() -> None:
    seeds = [mix_seed(*numbers) for numbers in ((0,), (1,), (0, 1), (1, 0), (0, 1, 0), (0, 0, 1))]
    assert len(set(seeds)) == 6
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert mix_seed(3, 1, 4) == mix_seed(3, 1, 4)
