"""The steps in Python give what the commands give."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import lrprism as lp
from lrprism.spectral import ExplanationSettings, explain, train
from lrprism.spectral.notebook import Results
from lrprism.spectral.training import Devices
from small_runs import settings_for

FEW = ExplanationSettings(rule="epsilon", reference="zero", per_class=2, heatmaps=0, devices=Devices("cpu"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, patch_file: Path) -> Results:
    """A training by the step."""
    return train(settings_for(patch_file), tmp_path_factory.mktemp("steps") / "run", quiet=True)


def test_a_training_is_that_of_the_workbench(run: Results, trained: Path) -> None:
    weights = [(folder / "model.safetensors").read_bytes() for folder in (run.folder, trained)]
    assert weights[0] == weights[1]
    assert run.record["training"]["network"]["classes"] == 3


def test_an_explanation_is_that_of_the_network(
    run: Results, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = explain(run, tmp_path / "results", FEW, quiet=True)
    relevance = results.relevance()
    # the engine by hand, on the patches that lie beside the relevance
    patches, classes = (torch.from_numpy(relevance[name].values) for name in ("patch", "target"))
    explanation = lp.LRP(run.network(), lp.presets.Epsilon()).explain(patches, classes)
    assert torch.allclose(explanation.relevance, torch.from_numpy(relevance["relevance"].values), atol=1e-4)
    assert results.record["explanation"]["settings"]["rule"] == "epsilon"
    assert {"bands", "classes", "samples", "conservation"} <= set(results.tables)
    assert len(results.words) > 2
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert capsys.readouterr().err == ""
    with pytest.raises(lp.ResultsError, match="overwrite"):
        explain(run, tmp_path / "results", FEW, quiet=True)


def test_the_network_of_a_run_is_explained_by_the_engine(run: Results) -> None:
    x = np.random.default_rng(0).uniform(0.1, 0.3, (2, 6, 5, 5)).astype(np.float32)
    explanation = lp.LRP(run.network()).explain(torch.from_numpy(x))
    assert explanation.relevance.shape == x.shape
    assert explanation.output.shape == (2, 3)


@pytest.mark.parametrize(
    "devices",
    [Devices("cpu", "2"), Devices("cpu", "auto"), Devices("cpu", strategy="ddp"), Devices("gpu", "0,1")],
    ids=str,
)
def test_several_processes_are_refused(patch_file: Path, tmp_path: Path, devices: Devices) -> None:
    expected = r"a step in Python should run in one process\. Found Devices\(.* `lrprism train`"
    with pytest.raises(lp.InputError, match=expected):
        explain(patch_file.parent, tmp_path / "out", replace(FEW, devices=devices))
    settings = settings_for(patch_file)
    with pytest.raises(lp.InputError, match=expected):
        train(replace(settings, training=replace(settings.training, devices=devices)), tmp_path / "out")
    assert not any(tmp_path.iterdir())


def test_a_folder_without_a_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(lp.DataError, match=r"A run folder should hold a run\.json"):
        explain(tmp_path / "none", tmp_path / "out")
    assert not any(tmp_path.iterdir())
