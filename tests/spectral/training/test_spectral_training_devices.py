from typing import Any

import pytest
import torch

from lrprism.errors import InputError
from lrprism.spectral.training import Devices, TrainingConfig, check_devices, resolve_device
from lrprism.spectral.training.devices import is_first_process


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


@pytest.mark.parametrize(
    ("devices", "alone"),
    [
        (Devices("cpu"), "cpu"),
        (Devices("cpu", "auto"), "cpu"),
        (Devices("cpu", "2"), None),
        (Devices("cpu", strategy="ddp"), None),
        (Devices("cpu", nodes=2), None),
        (Devices("cpu", "0"), None),  # refused by Lightning, in its words
        (Devices("quantum"), None),
    ],
)
def test_one_device_is_worked_on_without_lightning(devices: Devices, alone: str | None) -> None:
    assert devices.find_single() == (None if alone is None else torch.device(alone))


@pytest.mark.parametrize(
    ("count", "words", "found"),
    [(2, "1", 0), (2, "1,", 1), (2, "2,", None), (2, "2", None), (2, "auto", None), (2, "0,1", None)],
)
def test_one_gpu_of_several(
    monkeypatch: pytest.MonkeyPatch, count: int, words: str, found: int | None
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    for kind in ("auto", "gpu"):
        assert Devices(kind, words).find_single() == (None if found is None else torch.device("cuda", found))
    assert Devices("cpu").find_single() == torch.device("cpu")


def test_processes_that_were_started_together_are_lightnings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_first_process()
    for rank in ("0", "1"):
        monkeypatch.setenv("LOCAL_RANK", rank)
        assert Devices("cpu").find_single() is None
        assert is_first_process() is (rank == "0")
    monkeypatch.setenv("RANK", "0")  # of all machines, where LOCAL_RANK counts those of one
    assert is_first_process()


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
