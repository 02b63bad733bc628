import pickle
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from lrprism.errors import DataError, ResultsError
from lrprism.spectral.training import Devices, TrainingConfig, TrainingResult, fit
from processes import environment
from small_trainings import assert_same, blobs, history, outcome, small_model, square_model, squares

SCRIPT = Path(__file__).parent / "kill_training.py"
CONFIG = TrainingConfig(
    epochs=5, batch_size=16, learning_rate=0.01, devices=Devices("cpu"), augment=True, initialize=True
)
STEPS = 10
"""Of an epoch: 150 squares, 16 to a step."""


class Stopped(Exception):
    pass


def stop_after(model: nn.Module, steps: int) -> nn.Module:
    """Make a network fail after so many steps."""
    left = steps

    def count(*_: Any) -> None:
        nonlocal left
        left -= model.training
        if left < 0:
            raise Stopped

    model.register_forward_pre_hook(count)
    return model


def stop_training(path: Path, epochs: int, config: TrainingConfig = CONFIG) -> Path:
    """Train until the network fails after so many epochs; return the checkpoint."""
    with pytest.raises(Stopped):
        outcome(config, path, stop_after(square_model(), STEPS * epochs + 2))
    return path


@cache
def read_stopped(epochs: int) -> bytes:
    with TemporaryDirectory() as folder:
        return stop_training(Path(folder) / "training.ckpt", epochs).read_bytes()


def begun(path: Path, epochs: int) -> Path:
    """A checkpoint of a training that failed after so many epochs, trained once and copied."""
    path.write_bytes(read_stopped(epochs))
    return path


@cache
def whole(config: TrainingConfig = CONFIG) -> dict[str, Any]:
    """The outcome of a training that nothing stopped and that saved nothing."""
    return outcome(config, None)


def test_killed_at_any_moment_it_goes_on_and_ends_equal(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    moments = pytestconfig.getoption("--kills")
    ran = subprocess.run(
        [sys.executable, SCRIPT, tmp_path, str(moments)],
        capture_output=True, text=True, timeout=600,
        env=environment(),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    kills, resumed, finished = (int(word) for word in ran.stdout.split()[-3:])
    assert kills >= moments
    assert resumed > 0
    uninterrupted = torch.load(tmp_path / "whole" / "outcome.pt")
    for number in range(finished):
        run = tmp_path / f"run-{number}"
        assert_same(torch.load(run / "outcome.pt"), uninterrupted)
        assert sorted(path.name for path in run.iterdir()) == ["outcome.pt", "training.ckpt"]


@pytest.mark.parametrize("epochs", [1, 2, 4])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"optimizer": "adadelta", "learning_rate": 1.0, "class_weights": False},
        {"precision": "bf16-mixed", "best_by": "loss"},
        {"augment": False, "patience": 4},
    ],
)
def test_stopped_after_some_epochs_it_goes_on_and_ends_equal(
    epochs: int, settings: dict[str, Any], tmp_path: Path
) -> None:
    config = replace(CONFIG, **settings)
    path = stop_training(tmp_path / "new" / "training.ckpt", epochs, config)
    assert len(torch.load(path)["history"]) == epochs
    assert_same(outcome(config, path), whole(config))
    assert [file.name for file in path.parent.iterdir()] == ["training.ckpt"]


def test_saving_changes_nothing_and_the_random_state_before_does_not_matter(tmp_path: Path) -> None:
    uninterrupted = whole()
    path = stop_training(tmp_path / "training.ckpt", 2)
    torch.rand(7)
    assert_same(outcome(CONFIG, path), uninterrupted)
    assert_same(outcome(CONFIG, tmp_path / "other.ckpt"), uninterrupted)


def test_a_finished_training_is_read_and_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "training.ckpt"
    first = fit(square_model(), squares(150, 0), squares(65, 1), CONFIG, checkpoint=path, progress=False)
    written = path.read_bytes()
    model = stop_after(square_model(), 0)
    second = fit(model, squares(150, 0), squares(65, 1), CONFIG, checkpoint=path, progress=False)
    assert second == first
    assert path.read_bytes() == written
    assert not model.training
    assert_same({"weights": model.state_dict(), **history(second)}, whole())


PATIENT = TrainingConfig(epochs=30, learning_rate=1e-12, patience=3, devices=Devices("cpu"))
"""Nothing is learned: the first epoch is the best, the fourth the last."""


def test_a_training_that_stopped_early_stays_stopped(tmp_path: Path) -> None:
    def results() -> TrainingResult:
        return fit(small_model(), blobs(12, 3, 0), blobs(12, 3, 1), PATIENT, checkpoint=path, progress=False)

    path = tmp_path / "training.ckpt"
    first, written = results(), path.read_bytes()
    assert len(first.history) == 4
    assert results() == first
    assert path.read_bytes() == written


def test_patience_is_carried_over(tmp_path: Path) -> None:
    model, path = small_model(), tmp_path / "training.ckpt"
    stop_after(model, steps=2 * 2 + 1)  # 12 points, 8 to a step
    with pytest.raises(Stopped):
        fit(model, blobs(12, 3, 0), blobs(12, 3, 1), PATIENT, checkpoint=path, progress=False)
    found = fit(small_model(), blobs(12, 3, 0), blobs(12, 3, 1), PATIENT, checkpoint=path, progress=False)
    assert len(found.history) == 4


def test_seconds_count_the_training_and_not_the_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("lrprism.spectral.training.module.monotonic", lambda: now)
    path = stop_training(tmp_path / "training.ckpt", 2)
    saved = torch.load(path)
    saved["history"][-1]["seconds"] = 40.0
    torch.save(saved, path)
    now = 9000.0
    found = fit(square_model(), squares(150, 0), squares(65, 1), CONFIG, checkpoint=path, progress=False)
    assert [record.seconds for record in found.history] == [0, 40, 40, 40, 40]


def test_the_lines_go_on_with_the_next_epoch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = begun(tmp_path / "training.ckpt", 3)
    fit(square_model(), squares(150, 0), squares(65, 1), CONFIG, checkpoint=path)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(", loss")[0] for line in lines] == [
        "training Sequential, epoch 4 of 5",
        "training Sequential, epoch 5 of 5",
    ]


class Trap:
    """Leaves a trace where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._trace,)


def test_a_foreign_object_is_refused_and_not_run(tmp_path: Path) -> None:
    path = begun(tmp_path / "training.ckpt", 1)
    message = r"tensors, numbers and texts only\. Found .*training\.ckpt with other objects.* Delete it"
    torch.save({**torch.load(path), "trap": Trap(tmp_path / "trace")}, path)
    with pytest.raises(DataError, match=message):
        outcome(CONFIG, path)
    path.write_bytes(pickle.dumps(Trap(tmp_path / "trace"), protocol=2))
    with pytest.raises(DataError, match=r"should be a whole file\. Found .*: File is not a zip file\."):
        outcome(CONFIG, path)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_half_a_file_is_refused(share: float, tmp_path: Path) -> None:
    path = begun(tmp_path / "training.ckpt", 1)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"should be a whole file\. Found .*training\.ckpt: .*\. Delete it"):
        outcome(CONFIG, path)


def test_a_flipped_bit_in_a_weight_is_refused(tmp_path: Path) -> None:
    path = begun(tmp_path / "training.ckpt", 1)
    content, weight = bytearray(path.read_bytes()), torch.load(path)["best"][1]["5.weight"].numpy().tobytes()
    content[content.index(weight)] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"should be a whole file\. Found .*: \w+/data/\d+\. Delete it"):
        outcome(CONFIG, path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"should be a whole file\. Found .*: .*Is a directory"):
        outcome(CONFIG, tmp_path)


@pytest.mark.parametrize("content", [torch.zeros(3), {"weight": torch.zeros(3)}])
def test_another_kind_of_file_is_refused(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "weights.pt")
    with pytest.raises(DataError, match=r"one that fit wrote\. Found another file at .*weights\.pt\. Give"):
        outcome(CONFIG, tmp_path / "weights.pt")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 6}, r"this training, with epochs 6\. Found 5 in .*training\.ckpt\. Train with what"),
        ({"learning_rate": 0.1}, r"with learning_rate 0\.1\. Found 0\.01 in"),
        ({"precision": "bf16-mixed"}, r"with precision bf16-mixed\. Found 32-true in"),
    ],
)
def test_other_settings_do_not_go_on(settings: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = begun(tmp_path / "training.ckpt", 1)
    written = path.read_bytes()
    with pytest.raises(DataError, match=message):
        outcome(replace(CONFIG, **settings), path)
    assert path.read_bytes() == written


def test_another_network_does_not_go_on(tmp_path: Path) -> None:
    path = begun(tmp_path / "training.ckpt", 1)
    other = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(3, 3))
    before = {name: value.clone() for name, value in other.state_dict().items()}
    message = r"with tensor 0\.weight torch\.float32 \(3, 2, 3, 3\)\. Found torch\.float32 \(4, 2, 3, 3\) in"
    with pytest.raises(DataError, match=message):
        outcome(CONFIG, path, other)
    assert all(torch.equal(value, before[name]) for name, value in other.state_dict().items())
    shorter = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Flatten(), nn.LazyLinear(3))
    shorter(torch.zeros(1, 2, 3, 3))
    with pytest.raises(DataError, match=r"with tensor 2\.weight torch\.float32 \(3, 4\)\. Found None in"):
        outcome(CONFIG, path, shorter)


def test_other_data_do_not_go_on(tmp_path: Path) -> None:
    config = TrainingConfig(epochs=2, devices=Devices("cpu"))
    path, train, validation = tmp_path / "training.ckpt", blobs(30, 3, 0), blobs(12, 3, 1)
    fit(small_model(), train, validation, config, checkpoint=path, progress=False)
    inputs, labels = train.tensors
    with pytest.raises(DataError, match=r"with training targets of SHA-256 \w+\. Found \w+ in"):
        fit(small_model(), TensorDataset(inputs, labels.flip(0)), validation, config, checkpoint=path)
    with pytest.raises(DataError, match=r"with validation samples 9\. Found 12 in"):
        fit(small_model(), train, blobs(9, 3, 1), config, checkpoint=path)


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message = r"should go into a file that can be written\. Found .*training\.ckpt: .*\. Choose another path"
    with pytest.raises(ResultsError, match=message):
        outcome(CONFIG, tmp_path / "file" / "training.ckpt")


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = begun(tmp_path / "training.ckpt", 2)
    written = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(ResultsError, match=r"Found .*training\.ckpt: No space left on device\. Choose"):
            outcome(CONFIG, path)
    assert path.read_bytes() == written
    assert [file.name for file in tmp_path.iterdir()] == ["training.ckpt"]
    assert_same(outcome(CONFIG, path), whole())
