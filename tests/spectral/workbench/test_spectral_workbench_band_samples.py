from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.workbench.band_samples import gather_band_samples
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part
from lrprism.spectral.workbench.trained_network import TrainedNetwork


def test_only_the_training_part_is_read(trained: Path) -> None:
    run = TrainedNetwork.load(trained)
    samples = open_own_samples(run)
    known = gather_band_samples(run, samples, 0, explains=False)
    train = read_part(run, "train")
    spectra = samples.cut(train)["patch"].values.mean((2, 3), dtype=np.float64)
    # in the order of the draw, each once
    order = np.lexsort(spectra.T), np.lexsort(known.spectra.T)
    np.testing.assert_allclose(known.spectra[order[1]], spectra[order[0]], rtol=1e-12)
    assert known.labels[order[1]].tolist() == samples.labels_of(train)[order[0]].tolist()
    assert known.relevance is None


def test_relevance_is_that_of_the_default_rule_class_by_class(spectra_run: Path) -> None:
    run = TrainedNetwork.load(spectra_run)
    samples = open_own_samples(run)
    known = gather_band_samples(run, samples, 0, explains=True)
    assert known.relevance is not None
    assert known.relevance.shape == (3, 24)
    # bands 4 c and 4 c + 1 of 48, which are averaged by pairs, carry class c
    assert [int(np.argmax(row)) // 2 for row in known.relevance] == [0, 1, 2]


def test_an_unknown_training_part_is_refused(trained: Path, tmp_path: Path) -> None:
    run = TrainedNetwork.load(trained)
    (tmp_path / "split.csv").write_text("sample,label,part\n0,0,test\n")
    adopted = TrainedNetwork(run.model, run.record, tmp_path)
    with pytest.raises(InputError, match=r"Found a network whose training part is not known\. Train one"):
        gather_band_samples(adopted, open_own_samples(run), 0, explains=False)
