import logging
import math
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, TensorDataset

from lrprism.errors import DataError, InputError, ModelError
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
    assert result.best.macro_f1 > 0.9
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
    assert fit(Hyper3DNetLite(2, 2, 3), data, data, config, progress=False).best.accuracy == 1


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


@pytest.mark.parametrize("best_by", ["macro_f1", "loss"])
def test_the_model_ends_with_the_weights_of_the_best_epoch(best_by: str) -> None:
    model, validation = small_model(), blobs(60, 3, 1)
    config = TrainingConfig(epochs=4, learning_rate=0.3, devices=CPU, best_by=best_by)  # type: ignore[arg-type]
    result = fit(model, blobs(60, 3, 0), validation, config, progress=False)
    logits = predict(model, validation)
    assert evaluate(logits, validation.tensors[1]).macro_f1 == pytest.approx(result.best.macro_f1)
    loss = nn.functional.cross_entropy(logits, validation.tensors[1])
    assert loss.item() == pytest.approx(result.best.validation_loss, rel=1e-5)
    if best_by == "loss":
        assert result.best.validation_loss == min(record.validation_loss for record in result.history)
    else:
        assert result.best.macro_f1 == max(record.macro_f1 for record in result.history)
    assert not model.training


@pytest.mark.parametrize(("classes", "outputs"), [(3, 3), (2, 1)])
def test_half_precision_trains_and_leaves_weights_and_validation_in_full(classes: int, outputs: int) -> None:
    model, validation, seen = small_model(outputs), blobs(60, classes, 1), set()
    model[0].register_forward_hook(lambda module, _, output: seen.add((module.training, output.dtype)))
    config = TrainingConfig(epochs=8, batch_size=16, learning_rate=0.1, devices=CPU, precision="bf16-mixed")
    result = fit(model, blobs(120, classes, 0), validation, config, progress=False)
    assert seen == {(True, torch.bfloat16), (False, torch.float32)}
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert all(math.isfinite(record.training_loss) for record in result.history)
    assert result.best.macro_f1 > 0.9
    metrics = evaluate(predict(model, validation), validation.tensors[1])
    assert metrics.macro_f1 == pytest.approx(result.best.macro_f1, abs=1e-7)


def test_patience_stops_early() -> None:
    config = TrainingConfig(epochs=30, learning_rate=1e-12, patience=2, devices=CPU)
    result = fit(small_model(), blobs(12, 3, 0), blobs(12, 3, 1), config, progress=False)
    assert len(result.history) == 3


def test_one_step_is_enough() -> None:
    result = fit(
        nn.Linear(2, 3),
        blobs(3, 3, 0),
        blobs(3, 3, 1),
        TrainingConfig(epochs=1, devices=CPU),
        progress=False,
    )
    assert len(result.history) == 1


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


def test_adadelta_takes_the_steps_of_torch_s() -> None:
    train, model, twin = blobs(8, 3, 0), nn.Linear(2, 3), nn.Linear(2, 3)
    twin.load_state_dict(model.state_dict())
    config = TrainingConfig(
        epochs=1, batch_size=8, optimizer="adadelta", learning_rate=1.0, weight_decay=0, devices=CPU,
        class_weights=False, centre_gradients=False,
    )  # fmt: skip
    fit(model, train, train, config, progress=False)
    optimizer = torch.optim.Adadelta(twin.parameters(), lr=1.0)
    nn.functional.cross_entropy(twin(train.tensors[0]), train.tensors[1]).backward()
    optimizer.step()
    for one, other in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_any_dataset_of_pairs_will_do() -> None:
    config = TrainingConfig(epochs=2, devices=CPU)
    train, validation = blobs(30, 3, 0), blobs(15, 3, 1)
    expected = fit(small_model(), train, validation, config, progress=False)
    found = fit(small_model(), Rows(train), Rows(validation), config, progress=False)
    assert found.best.validation_loss == expected.best.validation_loss


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


class Interrupted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        if self.training:
            raise KeyboardInterrupt
        output: Tensor = self.linear(inputs)
        return output


def test_ctrl_c_arrives_as_keyboard_interrupt_and_works_again_afterwards() -> None:
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fit(Interrupted(), blobs(6, 3, 0), blobs(6, 3, 1), TrainingConfig(epochs=1, devices=CPU))
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    train = blobs(12, 3, 0)
    train.tensors[0][3] = float("nan")
    config = TrainingConfig(epochs=1, devices=CPU)
    with pytest.raises(
        ModelError, match=r"loss should be finite\. Found nan in epoch 1, batch [12]\. Check the data"
    ):
        fit(small_model(), train, blobs(12, 3, 1), config, progress=False)


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


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"epochs": 0}, r"epochs should be a whole number of at least 1\. Found 0\. Raise it\."),
        ({"batch_size": 1.5}, r"batch_size should be a whole number of at least 1\. Found 1\.5"),
        ({"seed": -1}, r"seed should be a whole number of at least 0\. Found -1"),
        ({"patience": 0}, r"patience should be a whole number of at least 1\. Found 0"),
        (
            {"learning_rate": 0},
            r"learning_rate should be a finite number, above 0\. Found 0\. Try its default",
        ),
        ({"learning_rate": float("nan")}, r"learning_rate should be a finite number, above 0\. Found nan"),
        ({"weight_decay": -1}, r"weight_decay should be a finite number, 0 or more\. Found -1"),
        (
            {"best_by": "luck"},
            r"best_by should be 'macro_f1' or 'loss'\. Found 'luck'\. Choose one of them\.",
        ),
        (
            {"precision": "64-true"},
            r"precision should be '32-true', 'bf16-mixed' or '16-mixed'\. Found '64-true'\. Choose",
        ),
        ({"optimizer": "sgd"}, r"optimizer should be 'adamw' or 'adadelta'\. Found 'sgd'\. Choose one of"),
    ],
)
def test_settings_out_of_range_are_refused(setting: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TrainingConfig(**setting)  # type: ignore[arg-type]
