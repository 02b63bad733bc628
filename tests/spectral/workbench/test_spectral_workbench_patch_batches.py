import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from lrprism.spectral.workbench import patch_batches
from lrprism.spectral.workbench.patch_batches import CutPatches, PatchBatches, build_dataset
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.sources import Samples, network_inputs, open_samples


@pytest.fixture(scope="module")
def samples() -> Samples:
    return open_samples("indian-pines", Preparation(window=3, bands=(0, 20, 100)))


def test_batches_can_be_gone_through_again(samples: Samples) -> None:
    numbers = samples.numbers[5:12]
    batches = PatchBatches(samples, numbers, size=3)
    assert [len(batch) for batch in batches] == [3, 3, 1]
    assert torch.equal(torch.cat(list(batches)), network_inputs(samples.cut(numbers)))


def test_pairs_cut_later_are_those_cut_at_once(samples: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = samples.numbers[np.array([900, 3, 77, 4000])]
    at_once = build_dataset(samples, numbers)
    assert isinstance(at_once, TensorDataset)
    monkeypatch.setattr(patch_batches, "_MOST_IN_MEMORY", 300)
    later = build_dataset(samples, numbers)
    assert isinstance(later, CutPatches)
    assert len(later) == 4
    for ours, theirs in zip(DataLoader(later, 3), DataLoader(at_once, 3), strict=True):
        assert torch.equal(ours[0], theirs[0])
        assert torch.equal(ours[1], theirs[1])
    assert torch.equal(later.targets, at_once.tensors[1])
    assert torch.equal(later[2][0], at_once[2][0])
