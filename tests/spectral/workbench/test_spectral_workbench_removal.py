import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lrprism.errors import InputError, ModelError
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part
from lrprism.spectral.workbench.removal import AT_LEAST, WINDOWS, Removal
from lrprism.spectral.workbench.trained_network import TrainedNetwork


def prepare(run: Path, most: int = 60) -> Removal:
    trained = TrainedNetwork.load(run)
    return Removal.prepare(trained, open_own_samples(trained), read_part(trained, "test"), most=most, seed=0)


def test_samples_are_right_and_imputers_know_the_training_mean(spectra_run: Path) -> None:
    removal = prepare(spectra_run)
    assert (removal.model(removal.x).argmax(1) == removal.target).all()
    assert len(removal.x) <= 60
    # 24 bands: a window of one is the nearest to twenty windows
    assert removal.regions.count == 24 > WINDOWS
    run = json.loads((spectra_run / "run.json").read_text())["training"]
    everything = torch.ones_like(removal.x, dtype=torch.bool)
    mean = torch.tensor(run["mean_spectrum"])[:, None, None].expand_as(removal.x[0])
    for imputer in removal.imputers:
        filled = imputer.impute(removal.x, everything, rows=torch.arange(len(removal.x)))
        torch.testing.assert_close(filled[0], mean)


def test_few_samples_and_classes_without_any_are_said(spectra_run: Path) -> None:
    trained = TrainedNetwork.load(spectra_run)
    samples = open_own_samples(trained)
    numbers = read_part(trained, "test")
    two_classes = numbers[samples.labels_of(numbers) != 1][:30]
    removal = Removal.prepare(trained, samples, two_classes, most=60, seed=0)
    missing, few = removal.notes
    assert missing.endswith("of which nothing is said: class 1")
    assert few == f"{len(removal.x)} samples where at least {AT_LEAST} are asked for: intervals are wide"


def test_a_network_at_chance_level_is_refused(spectra_run: Path) -> None:
    trained = TrainedNetwork.load(spectra_run)
    with torch.no_grad():
        for parameter in trained.model.network.parameters():
            parameter.zero_()
    with pytest.raises(ModelError, match="better than chance: its explanations are not worth reading"):
        Removal.prepare(trained, open_own_samples(trained), read_part(trained, "test"), most=60, seed=0)


def test_one_band_leaves_nothing_to_remove(spectra_run: Path) -> None:
    trained = TrainedNetwork.load(spectra_run)
    network = {**trained.record["network"], "bands": 1}
    single = replace(trained, record={**trained.record, "network": network})
    with pytest.raises(InputError, match=r"bands should be 2 or more.*Found 1, which every map"):
        Removal.prepare(single, open_own_samples(trained), read_part(trained, "test"), most=60, seed=0)
