from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from lrprism.evaluation import Interval, bands, measure_curves
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import ExplanationSettings, explain_into
from lrprism.spectral.workbench.candidates import ClassLogits
from lrprism.spectral.workbench.composites import find_composite
from lrprism.spectral.workbench.evaluate import EvaluationSettings, evaluate_into
from lrprism.spectral.workbench.part_samples import open_own_samples
from lrprism.spectral.workbench.patch_explainer import PatchExplainer
from lrprism.spectral.workbench.removal import WIDTH, build_imputers
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from lrprism.spectral.workbench.verdict import Verdict, reach_verdict, say_verdict
from small_runs import SILENT


@pytest.fixture(scope="module")
def explained(spectra_run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp("verdict")
    settings = ExplanationSettings(devices=Devices("cpu"), figures="none", per_class=None)
    record = explain_into(folder, spectra_run, settings, SILENT)
    assert record is not None
    return folder, record


def reach(run: Path, relevance: xr.Dataset, doubt: str | None = None) -> Verdict:
    trained = TrainedNetwork.load(run)
    samples = open_own_samples(trained)
    explainer = PatchExplainer(trained.model, find_composite("epsilon"), samples, trained.task, "predicted")
    return reach_verdict(trained, relevance, explainer, doubt=doubt, seed=0)


def test_the_verdict_comes_first_everywhere(explained: tuple[Path, dict]) -> None:
    folder, record = explained
    lines = (folder / "explanation.txt").read_text().splitlines()
    verdict = record["verdict"]
    assert next(iter(record)) == "verdict"
    assert lines[: len(verdict["lines"])] == verdict["lines"]
    assert lines[0] == "Verdict: these maps can be read."
    assert lines[len(verdict["lines"])].startswith("Explained by ")
    assert verdict["doubt"] is None


def test_the_figures_are_those_of_the_maps_that_were_written(
    spectra_run: Path, explained: tuple[Path, dict]
) -> None:
    folder, record = explained
    relevance, trained = xr.open_zarr(folder / "relevance.zarr").load(), TrainedNetwork.load(spectra_run)
    right = np.flatnonzero(relevance["target"] == relevance["predicted"])
    assert len(right) > 16 == record["verdict"]["samples"]
    few = relevance.isel(sample=right[np.linspace(0, len(right) - 1, 16).round().astype(int)])
    x, maps = (torch.from_numpy(few[name].values) for name in ("patch", "relevance"))
    nm, target = torch.from_numpy(few["wavelength"].values), torch.from_numpy(few["target"].values)
    regions = bands(x, WIDTH)
    for imputer in build_imputers(trained.record, x, nm):
        curves = measure_curves(ClassLogits(trained.model), x, target, maps, regions=regions, imputer=imputer)
        value, low, high = record["verdict"]["srg"][imputer.name]
        assert value == pytest.approx(curves.srg.mean().item(), abs=1e-5)
        assert 0 < low < value < high
    total = relevance["relevance"].sum(("band", "y", "x")).values
    np.testing.assert_allclose(relevance["arrived"], total, rtol=1e-4, atol=1e-4)
    # against the mean nothing is kept by biases
    np.testing.assert_allclose(relevance["arrived"], relevance["explained"], rtol=1e-3, atol=1e-3)
    assert record["verdict"]["arrived"] == pytest.approx(1, abs=1e-3)


def test_a_judgement_of_the_same_samples_gives_the_same_figures(
    spectra_run: Path, explained: tuple[Path, dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relevance = xr.open_zarr(explained[0] / "relevance.zarr").load()
    monkeypatch.setattr("lrprism.spectral.workbench.verdict._MOST", len(relevance["sample"]))
    right = relevance.isel(sample=np.flatnonzero(relevance["label"] == relevance["predicted"]))
    verdict = reach(spectra_run, right)
    settings = EvaluationSettings(rules=("epsilon@mean",), samples=len(relevance["sample"]))
    judgement = evaluate_into(tmp_path, spectra_run, settings, SILENT)
    assert verdict.srg is not None
    assert verdict.samples == len(judgement.findings.samples.target)
    for imputer, (value, _, _) in verdict.srg.items():
        figure = judgement.findings.find("epsilon@mean", "SRG", imputer)
        assert figure is not None
        assert figure.interval.value == pytest.approx(value, abs=1e-4)


def test_the_verdict_says_what_it_does_not_test() -> None:
    lines = say_verdict(1.0, {"a": SURE}, samples=16, width=5).lines
    assert "how much more removing the most relevant bands first costs than the least relevant" in lines[2]
    assert "on 16 of these samples, by removing windows of 5 bands: " in lines[2]
    assert "A map that knows no network was not tried" in lines[3]


def test_maps_that_rank_the_bands_the_wrong_way_round(
    spectra_run: Path, explained: tuple[Path, dict]
) -> None:
    relevance = xr.open_zarr(explained[0] / "relevance.zarr").load()
    relevance["relevance"] = -relevance["relevance"]
    verdict = reach(spectra_run, relevance)
    assert (
        verdict.doubt
        == "removing what they rank high costs no more than at random, as far as 16 samples tell"
    )
    assert verdict.lines[0] == f"Verdict: do not read these maps: {verdict.doubt}."


def test_a_network_at_chance_is_not_measured(spectra_run: Path) -> None:
    assert reach(spectra_run, xr.Dataset(), "it is at chance") == Verdict(
        ["Verdict: do not read these maps: it is at chance."], "it is at chance"
    )


def test_another_class_than_the_predicted_one_has_nothing_to_lose(
    spectra_run: Path, explained: tuple[Path, dict]
) -> None:
    relevance = xr.open_zarr(explained[0] / "relevance.zarr").load()
    other = (relevance["target"] + 1) % 3
    verdict = reach(spectra_run, relevance.assign(predicted=other, label=other))
    assert verdict.lines[0] == (
        "Verdict: read these maps with care: whether they rank the bands as the network does is not "
        "measured, as 0 samples are explained for the class that the network predicts."
    )


SURE, LUCKY, SLIGHT = Interval(0.5, 0.4, 0.6), Interval(0.05, -0.01, 0.1), Interval(0.008, 0.004, 0.013)


@pytest.mark.parametrize(
    ("arrived", "srg", "expected"),
    [
        (1.0, {"a": SURE, "b": SURE}, "these maps can be read."),
        (1.0, {"a": SURE, "b": LUCKY}, "read these maps with care: they rank the bands better than at "
         "random under a alone."),
        (0.49, {"a": SURE, "b": SURE}, "read these maps with care: only 49 % of what is explained arrives at "
         "the bands, so that no amount holds."),
        (-0.2, {"a": SURE, "b": SURE}, "do not read these maps: the relevance of the bands adds up to "
         "nothing of what is explained, or to the opposite."),
        (1.6, {"a": SURE, "b": SURE}, "read these maps with care: 160 % of what is explained arrives at the "
         "bands, more than there is."),
        (1.0, {"a": LUCKY, "b": LUCKY}, "do not read these maps: removing what they rank high costs no more"),
        (1.0, {"a": SURE, "b": SLIGHT}, "read these maps with care: they rank the bands better than at "
         "random under a alone."),
        (1.0, {"a": LUCKY, "b": SLIGHT}, "do not read these maps: removing what they rank high costs hardly "
         "more than at random"),
        (None, {"a": LUCKY, "b": LUCKY}, "do not read these maps: nothing is explained: the output is"),
    ],
)  # fmt: skip
def test_the_figures_are_weighed(arrived: float | None, srg: dict[str, Interval], expected: str) -> None:
    verdict = say_verdict(arrived, srg, samples=32)
    assert verdict.lines[0].startswith(f"Verdict: {expected}")
    assert (verdict.doubt is None) == ("do not read" not in verdict.lines[0])
    assert ("0.500 [0.400, 0.600] filled in by a" in "".join(verdict.lines)) == (srg["a"] is SURE)
    assert "nor that the network is" in verdict.lines[-1]


def test_true_classes_that_contradict_the_network(spectra_run: Path, explained: tuple[Path, dict]) -> None:
    relevance = xr.open_zarr(explained[0] / "relevance.zarr").load()
    count = relevance.sizes["sample"]
    verdict = reach(spectra_run, relevance.assign(label=(relevance["predicted"] + 1) % 3))
    wrong = f"the network gets {count} of these {count} samples wrong"
    assert verdict.doubt == f"{wrong}, more than by guessing among 3 classes"
    assert verdict.lines == [f"Verdict: do not read these maps: {verdict.doubt}."]


def test_classes_that_are_mixed_up_are_named(spectra_run: Path, explained: tuple[Path, dict]) -> None:
    relevance = xr.open_zarr(explained[0] / "relevance.zarr").load()
    label = relevance["predicted"].values.copy()
    # half of the samples of two classes change sides
    for number in (0, 1):
        label[np.flatnonzero(relevance["predicted"].values == number)[::2]] = 1 - number
    verdict = reach(spectra_run, relevance.assign(label=("sample", label)))
    first, second = (str(name) for name in relevance["class_name"].values[:2])
    assert verdict.cares[0] == f"not for {first}, {second}, which the network mixes up"
    assert verdict.lines[0].startswith(f"Verdict: read these maps with care: {verdict.cares[0]}")
