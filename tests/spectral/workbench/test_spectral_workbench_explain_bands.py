from pathlib import Path

import numpy as np
import pytest
import torch

from lrprism.errors import DataError
from lrprism.spectral.workbench.explain_bands import WAY, explain_bands, pair_samples
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part, read_tensors
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import train_on_pixels


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of single spectra, whose class raises bands 0 and 1, or 4 and 5, or 8 and 9."""
    return train_on_pixels(tmp_path_factory.mktemp("bands"), samples=60)


def test_relevance_is_what_a_logit_has_beyond_that_of_the_partner(run: Path) -> None:
    trained = TrainedNetwork.load(run)
    samples, numbers = open_own_samples(trained), read_part(trained, "test")
    pairs = pair_samples(samples, numbers)
    relevance, predicted = explain_bands(trained.model, trained, samples, pairs)
    labels = samples.labels_of(numbers)
    partners = pairs.partners[np.argsort(pairs.numbers)]
    assert (samples.labels_of(partners) != labels).all()
    with torch.no_grad():
        own, other = (trained.model(read_tensors(samples, each)[0]).numpy() for each in (numbers, partners))
    rows = np.arange(len(numbers))
    np.testing.assert_allclose(relevance.sum(1), (own - other)[rows, labels], rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(predicted, own.argmax(1))
    assert WAY == "epsilon against samples of other classes"


def test_samples_of_one_class_have_no_partner(run: Path) -> None:
    trained = TrainedNetwork.load(run)
    samples, numbers = open_own_samples(trained), read_part(trained, "test")
    alone = numbers[samples.labels_of(numbers) == 1]
    with pytest.raises(DataError, match=r"Found test samples of one class alone"):
        pair_samples(samples, alone)
