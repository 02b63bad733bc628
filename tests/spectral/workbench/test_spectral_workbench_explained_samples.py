from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lrprism.errors import DataError
from lrprism.spectral.workbench import ExplanationSettings
from lrprism.spectral.workbench.explained_samples import check_fit, choose_samples
from lrprism.spectral.workbench.part_samples import open_own_samples
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork


@pytest.fixture(scope="module")
def network(trained: Path) -> TrainedNetwork:
    return TrainedNetwork.load(trained)


@pytest.fixture(scope="module")
def samples(network: TrainedNetwork) -> Samples:
    return open_own_samples(network)


def test_samples_of_the_training_data_are_those_of_its_test_part(
    network: TrainedNetwork, samples: Samples, trained: Path
) -> None:
    table = pd.read_csv(trained / "split.csv")
    tested = table.loc[table["part"] == "test", "sample"].tolist()
    numbers, part = choose_samples(samples, network, ExplanationSettings(per_class=None))
    assert numbers.tolist() == tested
    assert (part.name, part.samples) == ("test", len(tested))
    limited, part = choose_samples(samples, network, ExplanationSettings(per_class=1))
    assert np.bincount(samples.labels_of(limited)).tolist() == [1, 1, 1]
    assert part.samples == len(tested)


def test_samples_without_a_class_are_all_explained(network: TrainedNetwork, samples: Samples) -> None:
    other = replace(samples, hash="other", labels=np.full(len(samples.numbers), -1))
    numbers, part = choose_samples(other, network, ExplanationSettings(per_class=1))
    assert (part.name, len(numbers)) == ("all", part.samples)


def test_patches_of_another_sensor_are_refused(network: TrainedNetwork, samples: Samples) -> None:
    patches = samples.cut(samples.numbers[:1])
    check_fit(patches, network, samples)
    with pytest.raises(
        DataError, match=r"should give patches of 6 bands and 5 pixels, .* Found 5 bands and 5 p"
    ):
        check_fit(patches.isel(band=slice(5)), network, samples)
