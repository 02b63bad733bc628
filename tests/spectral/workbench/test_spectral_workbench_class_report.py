import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lrprism.spectral.bands.statistics import DOUBT, RESOLUTION, sample_spectra
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import ExplanationSettings, explain_into
from lrprism.spectral.workbench.against_others import OtherClasses
from lrprism.spectral.workbench.class_report import (
    measure_floor,
    report_into,
    shuffle_weights,
)
from lrprism.spectral.workbench.composites import find_composite
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part
from lrprism.spectral.workbench.patch_explainer import PatchExplainer
from lrprism.spectral.workbench.references import find_reference
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from tests.small_runs import SILENT


@pytest.fixture(scope="module")
def explained(spectra_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    settings = ExplanationSettings(devices=Devices("cpu"), figures="none", per_class=None)
    explain_into(folder, spectra_run, settings, SILENT)
    return folder


def build_explainer(trained: TrainedNetwork) -> PatchExplainer:
    return PatchExplainer(
        trained.model,
        find_composite("epsilon"),
        open_own_samples(trained),
        trained.task,
        "predicted",
        find_reference("mean", trained.record),
        "mean",
    )


def test_the_report_names_the_bands_that_carry_the_classes(explained: Path) -> None:
    record = json.loads((explained / "run.json").read_text())["explanation"]
    classes = pd.read_csv(explained / "classes.csv", keep_default_na=False)
    stretches = pd.read_csv(explained / "stretches.csv")
    assert classes["reasons"].tolist() == ["", "", ""]
    assert (classes["shown"] >= classes["right"]).all()
    for number, rows in stretches.groupby("class"):
        # pairs of the bands 4 c and 4 c + 1 carry class c: pair 2 c
        carrier = pd.read_csv(explained / "bands.csv").query(
            f"`class` == {number} and band == {2 * int(str(number))}"
        )
        assert abs(rows["peak_nm"].iloc[0] - carrier["wavelength_nm"].iloc[0]) < 30
    assert {"recall", "recall_without_training_mean", "recall_alone_interpolation"} <= set(stretches)
    text = (explained / "explanation.txt").read_text()
    assert all(line in text for line in record["report"])
    assert any("without these bands recall" in line for line in record["report"])


def test_random_weights_give_far_less_than_a_trained_network(spectra_run: Path, explained: Path) -> None:
    trained = TrainedNetwork.load(spectra_run, None)
    explainer, numbers = build_explainer(trained), read_part(trained, "test")
    spectra = sample_spectra(explainer.explain(numbers)[0])
    others = OtherClasses.draw(spectra, numbers, 64)
    floor = measure_floor(explainer, numbers, others, trained.resolution)
    stretches = pd.read_csv(explained / "stretches.csv")
    assert 0 < floor < 0.2 * stretches["relevance"].max()


def test_an_untrained_network_is_not_read(spectra_run: Path, tmp_path: Path) -> None:
    trained = TrainedNetwork.load(spectra_run, None)
    doubt = "the network predicts no better than chance"
    explainer, numbers = build_explainer(trained), read_part(trained, "test")
    dataset, _ = explainer.explain(numbers)
    spectra = sample_spectra(dataset.assign_attrs({RESOLUTION: trained.resolution, DOUBT: doubt}))
    lines, _ = report_into(tmp_path, spectra, explainer, numbers, trained)
    assert len(lines) == 4
    assert all("nothing is named. The network predicts no better than chance" in line for line in lines[1:])
    assert pd.read_csv(tmp_path / "stretches.csv").empty


def test_the_floor_leaves_the_network_as_it_was(spectra_run: Path) -> None:
    trained = TrainedNetwork.load(spectra_run, None)
    before = {name: value.clone() for name, value in trained.model.state_dict().items()}
    state = torch.get_rng_state()
    measure_floor(build_explainer(trained), np.array(read_part(trained, "test")[:8]), None, 0.0)
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(value, before[name]) for name, value in trained.model.state_dict().items())


def test_the_weights_of_a_program_are_shuffled_in_a_copy() -> None:
    program = torch.fx.symbolic_trace(torch.nn.Sequential(torch.nn.Linear(50, 3)))
    before = program.get_parameter("0.weight").detach().clone()
    shuffled = shuffle_weights(program)
    assert torch.equal(program.get_parameter("0.weight"), before)
    after = shuffled.get_parameter("0.weight")
    assert not torch.equal(after, before)
    assert torch.equal(after.flatten().sort().values, before.flatten().sort().values)
    assert shuffled(torch.rand(2, 50)).shape == (2, 3)
