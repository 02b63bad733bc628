import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, TensorDataset

from lrprism.spectral.networks import Hyper3DNetLite
from lrprism.spectral.training import Devices, TrainingConfig, evaluate, fit, predict
from small_trainings import blobs, small_model

CPU = Devices("cpu")


@pytest.fixture(autouse=True)
def clean_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every training leaves the working folder empty."""
    monkeypatch.chdir(tmp_path)
    yield
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("classes", "outputs"), [(3, 3), (2, 2), (2, 1)])
def test_separable_classes_are_learned(classes: int, outputs: int) -> None:
    model = small_model(outputs)
    train, validation = blobs(120, classes, 0), blobs(60, classes, 1)
    config = TrainingConfig(epochs=8, batch_size=16, learning_rate=0.1, devices=CPU)
    result = fit(model, train, validation, config, progress=False)
    assert result.best.scores["macro_f1"] > 0.9
    assert result.device == "cpu"
    assert [record.epoch for record in result.history] == list(range(1, 9))
    test = blobs(60, classes, 2)
    assert evaluate(predict(model, test), test.tensors[1]).accuracy > 0.9


def test_hyper3dnetlite_learns_a_bright_band() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(16) % 2
    patches = 8 + 0.3 * torch.rand(16, 1, 2, 3, 3, generator=generator)
    patches[labels == 1, :, 1] += 1
    data = TensorDataset(patches, labels)
    config = TrainingConfig(
        epochs=20, batch_size=8, learning_rate=1e-3, devices=CPU, augment=True, initialize=True
    )
    assert fit(Hyper3DNetLite(2, 2, 3), data, data, config, progress=False).best.scores["accuracy"] == 1


def test_same_seed_same_weights_and_another_seed_others() -> None:
    def weights(seed: int) -> Tensor:
        model = small_model()
        config = TrainingConfig(epochs=2, seed=seed, devices=CPU)
        fit(model, blobs(40, 3, 0), blobs(20, 3, 1), config, progress=False)
        return nn.utils.parameters_to_vector(model.parameters())

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_global_random_state_and_logging_are_left_alone() -> None:
    state, level = torch.random.get_rng_state(), logging.getLogger("lightning.pytorch").level
    fit(
        nn.Linear(2, 3),
        blobs(12, 3, 0),
        blobs(6, 3, 1),
        TrainingConfig(epochs=1, devices=CPU),
        progress=False,
    )
    model_drawn = torch.random.get_rng_state()
    torch.random.set_rng_state(state)
    nn.Linear(2, 3)
    assert torch.equal(torch.random.get_rng_state(), model_drawn)
    assert logging.getLogger("lightning.pytorch").level == level


@pytest.mark.parametrize("best_by", ["score", "loss"])
def test_the_model_ends_with_the_weights_of_the_best_epoch(best_by: str) -> None:
    model, validation = small_model(), blobs(60, 3, 1)
    config = TrainingConfig(epochs=4, learning_rate=0.3, devices=CPU, best_by=best_by)  # type: ignore[arg-type]
    result = fit(model, blobs(60, 3, 0), validation, config, progress=False)
    logits = predict(model, validation)
    assert evaluate(logits, validation.tensors[1]).macro_f1 == pytest.approx(result.best.scores["macro_f1"])
    loss = nn.functional.cross_entropy(logits, validation.tensors[1])
    assert loss.item() == pytest.approx(result.best.validation_loss, rel=1e-5)
    if best_by == "loss":
        assert result.best.validation_loss == min(record.validation_loss for record in result.history)
    else:
        assert result.best.scores["macro_f1"] == max(record.scores["macro_f1"] for record in result.history)
    assert not model.training


@pytest.mark.parametrize(
    "setting",
    [
        {"class_weights": False},
        {"weight_decay": 0.5},
        {"learning_rate": 0.1},
        {"batch_size": 5},
        {"centre_gradients": False},
        {"initialize": True},
        {"precision": "bf16-mixed"},
    ],
)
def test_every_setting_changes_something(setting: dict[str, float]) -> None:
    def weights(**settings: float) -> Tensor:
        model = small_model()
        train = TensorDataset(*blobs(60, 3, 0)[10:50])
        fit(model, train, blobs(20, 3, 1), TrainingConfig(epochs=2, devices=CPU, **settings), progress=False)
        return nn.utils.parameters_to_vector(model.parameters())

    assert not torch.equal(weights(), weights(**setting))


class Rows(Dataset[tuple[Tensor, int]]):
    """A dataset that is no TensorDataset, with plain numbers as labels."""

    def __init__(self, data: TensorDataset) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self._data[index][0], int(self._data[index][1])


def test_any_dataset_of_pairs_will_do() -> None:
    config = TrainingConfig(epochs=2, devices=CPU)
    train, validation = blobs(30, 3, 0), blobs(15, 3, 1)
    expected = fit(small_model(), train, validation, config, progress=False)
    trained = fit(small_model(), Rows(train), Rows(validation), config, progress=False)
    assert trained.best.validation_loss == expected.best.validation_loss


def test_a_line_per_epoch_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    fit(small_model(), blobs(12, 3, 0), blobs(12, 3, 1), TrainingConfig(epochs=2, devices=CPU))
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert captured.out == ""
    assert len(lines) == 2
    assert lines[0].startswith("training Sequential, epoch 1 of 2, loss ")
    assert lines[1].endswith("about 0 s left")


def test_nothing_is_said_without_progress(capsys: pytest.CaptureFixture[str]) -> None:
    config = TrainingConfig(epochs=1, devices=CPU)
    fit(small_model(), blobs(12, 3, 0), blobs(12, 3, 1), config, progress=False)
    assert capsys.readouterr() == ("", "")
