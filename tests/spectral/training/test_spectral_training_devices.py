from typing import Any

import pytest
import torch

from lrprism.errors import InputError
from lrprism.spectral.training import Devices, TrainingConfig, check_devices, resolve_device


def test_devices_of_this_machine() -> None:
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["cuda:99", "cpu:3", "meta", "quantum", ""])
def test_other_devices_are_refused(name: str) -> None:
    with pytest.raises(
        InputError, match=rf"this machine's \(1 cpu, .*\)\. Found '{name}'\. Try --device auto"
    ):
        resolve_device(name)


def test_a_name_in_lightning_s_words() -> None:
    assert Devices.from_name("cpu") == Devices("cpu", "1")
    with pytest.raises(InputError, match=r"Found 'cuda:99'"):
        Devices.from_name("cuda:99")


def test_a_trainer_for_the_devices_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    trainer = Devices("cpu", "2", "ddp").trainer(max_epochs=3)
    assert (trainer.num_devices, trainer.num_nodes, trainer.max_epochs) == (2, 1, 3)
    assert trainer.loggers == []
    assert trainer.progress_bar_callback is None
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "devices",
    [Devices("cpu", "0"), Devices("quantum"), Devices("cpu", strategy="telepathy")],
)
def test_a_trainer_for_other_devices_is_refused(devices: Devices) -> None:
    message = r"accelerator, devices and strategy should be this machine's\. Found Devices\(.*\. Try --acc"
    with pytest.raises(InputError, match=message):
        devices.trainer()


def test_where_a_training_runs() -> None:
    assert check_devices(TrainingConfig(devices=Devices("cpu"))) == torch.device("cpu")
    assert check_devices(TrainingConfig(devices=Devices("cpu", "2", "ddp"))) == torch.device("cpu")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"devices": Devices("cpu"), "precision": "16-mixed"},
            r"precision 16-mixed needs a GPU\. Found the CPU\. Try bf16-mixed or 32-true\.",
        ),
        (
            {"devices": Devices("cpu", "2", "ddp_spawn")},
            r"run as a script, with the strategy ddp\. Found strategy ddp_spawn\. Write a script, or",
        ),
    ],
)
def test_what_cannot_train_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_devices(TrainingConfig(**settings))


def test_several_processes_in_a_notebook_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # what Lightning finds out about the interpreter when it is imported
    monkeypatch.setattr("lightning.pytorch.trainer.connectors.accelerator_connector._IS_INTERACTIVE", True)
    check_devices(TrainingConfig(devices=Devices("cpu")))
    with pytest.raises(InputError, match=r"Found a notebook\. Write a script, or train on 1 device\."):
        check_devices(TrainingConfig(devices=Devices("cpu", "2")))
