from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lrprism.errors import InputError, ModelError
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part
from lrprism.spectral.workbench.planted_network import check_trainable, train_planted_network
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT


def with_record(trained: TrainedNetwork, **changes: object) -> TrainedNetwork:
    return replace(trained, record={**trained.record, **changes})


def test_the_same_network_learns_what_was_planted(spectra_run: Path) -> None:
    trained = TrainedNetwork.load(spectra_run)
    planted = train_planted_network(trained, open_own_samples(trained), 0, SILENT)
    shapes = [parameter.shape for parameter in trained.model.parameters()]
    assert [parameter.shape for parameter in planted.model.pipeline.parameters()] == shapes
    # it is trained anew, on the run's own test samples with other classes
    assert not torch.equal(planted.model.pipeline.network.linear.weight, trained.model.network.linear.weight)
    assert planted.right.total == len(read_part(trained, "test"))
    assert planted.right.balanced_accuracy > 0.6
    assert (planted.model(planted.right.x).argmax(1) == planted.right.target).all()
    assert len(planted.truth.wavelengths) == len(planted.record["mean_spectrum"]) == 24
    first, second = planted.describe()
    assert first.startswith("planted: 3 new classes, carried by 3 features of 27 nm at ")
    assert f"balanced accuracy {planted.right.balanced_accuracy:.3f} on 120" in second


def test_settings_are_those_of_the_training(spectra_run: Path) -> None:
    trained = TrainedNetwork.load(spectra_run)
    config = check_trainable(trained)
    assert (config.epochs, config.batch_size, config.learning_rate) == (8, 16, 5e-3)
    assert config.devices.accelerator == "cpu"


def test_a_network_trained_elsewhere_cannot_be_calibrated(spectra_run: Path) -> None:
    trained = with_record(TrainedNetwork.load(spectra_run), settings=None)
    with pytest.raises(InputError, match=r"Found a network taken over by lrprism adopt.*Leave out --cali"):
        check_trainable(trained)


@pytest.mark.parametrize("bands", [1, 2])
def test_too_few_bands_for_a_feature(spectra_run: Path, bands: int) -> None:
    trained = TrainedNetwork.load(spectra_run)
    trained = with_record(trained, network={**trained.record["network"], "bands": bands})
    with pytest.raises(
        InputError, match=rf"bands should be 3 or more.*Found {bands}\. Leave out --calibrate"
    ):
        check_trainable(trained)


def test_a_network_that_learns_nothing_is_refused(spectra_run: Path) -> None:
    trained = TrainedNetwork.load(spectra_run)
    idle = {**trained.record["settings"], "learning_rate": 1e-12, "epochs": 1}
    with pytest.raises(ModelError, match=r"learn planted features better than chance.*up to 2 standard"):
        train_planted_network(with_record(trained, settings=idle), open_own_samples(trained), 0, SILENT)
