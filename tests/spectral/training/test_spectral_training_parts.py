import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from lrprism.errors import DataError, InputError, ModelError
from lrprism.spectral.training import Classification, TrainingConfig, fit
from lrprism.spectral.training.parts import TrainingParts
from small_trainings import blobs, small_model


def test_data_that_do_not_fit_are_refused() -> None:
    good, empty = blobs(6, 3, 0), TensorDataset(torch.zeros(0, 2), torch.zeros(0, dtype=torch.int64))
    with pytest.raises(
        DataError, match=r"The training part should hold at least 1 sample\. Found none\. Check"
    ):
        fit(small_model(), empty, good)
    with pytest.raises(DataError, match=r"The validation part should hold at least 1 sample"):
        fit(small_model(), good, empty)
    with pytest.raises(DataError, match=r"Labels should lie in 0\.\.1, .* Found 2 others, 2 among them"):
        fit(small_model(2), good, good)
    with pytest.raises(ModelError, match=r"should have shape \(N, classes\)\. Found \(1, 2, 2\)"):
        fit(Cubed(), good, good)


class Cubed(nn.Linear):
    def __init__(self) -> None:
        super().__init__(2, 4)

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs).reshape(-1, 2, 2)


def test_augmentation_needs_square_patches() -> None:
    message = r"square patches, \(\.\.\., y, x\)\. Found shape \(2,\)\. Set augment=False\."
    with pytest.raises(InputError, match=message):
        fit(small_model(), blobs(6, 3, 0), blobs(6, 3, 1), TrainingConfig(augment=True))


def test_inputs_are_drawn_from_the_training_part_by_seed() -> None:
    train, validation = blobs(30, 3, 0), blobs(12, 3, 1)
    parts = TrainingParts.check(small_model(), train, validation, TrainingConfig(), Classification())
    drawn = parts.draw_inputs(seed=1, count=5)
    assert torch.equal(drawn, parts.draw_inputs(seed=1, count=5))
    assert not torch.equal(drawn, parts.draw_inputs(seed=2, count=5))
    assert all(any(torch.equal(patch, other) for other in train.tensors[0]) for patch in drawn)
    assert len(parts.draw_inputs(seed=1)) == 30


def test_targets_are_read_from_any_dataset_of_pairs() -> None:
    train = blobs(30, 3, 0)
    pairs = [train[number] for number in range(30)]
    parts = TrainingParts.check(small_model(), pairs, train, TrainingConfig(), Classification())
    assert torch.equal(parts.train_targets, parts.validation_targets)
    assert parts.outputs == 3
