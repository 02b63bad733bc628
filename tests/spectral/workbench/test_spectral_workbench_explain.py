import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from safetensors.torch import load_file

import lrprism as lp
from lrprism.spectral import estimate_width, pooled
from lrprism.spectral.networks import Hyper3DNetLite
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import ExplanationSettings, explain_into, train_into
from lrprism.spectral.workbench.composites import COMPOSITES
from small_runs import SILENT, settings_for, write_patches

CPU = Devices("cpu")


def relevance_of(folder: Path) -> xr.Dataset:
    return xr.open_zarr(folder / "relevance.zarr").load()


@pytest.fixture(scope="module")
def explained(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    settings = ExplanationSettings(rule="tutorial", devices=CPU, batch_size=5, per_class=None)
    announced: list[tuple[list[str], bool, bool]] = []

    def announce(record: dict[str, Any]) -> None:
        words = [*record["verdict"]["lines"], *record["words"], *record["report"]]
        is_written = (folder / "explanation.txt").read_text().splitlines() == words
        announced.append((words, is_written, (folder / "figures").exists()))

    record = explain_into(folder, trained, settings, SILENT, announce)
    assert record is not None
    # the words come before the figures are drawn
    words = [*record["verdict"]["lines"], *record["words"], *record["report"]]
    assert announced == [(words, True, False)]
    assert record["figures"]
    return folder


def test_relevance_is_that_of_the_library_on_the_same_patches(explained: Path, trained: Path) -> None:
    dataset = relevance_of(explained)
    weights = load_file(trained / "model.safetensors")
    std = weights["steps.0.std"].numpy()
    model = Hyper3DNetLite(6, 3, 5)
    model.load_state_dict({name[8:]: value for name, value in weights.items() if name.startswith("network.")})
    x = torch.from_numpy(dataset["patch"].values / std[:, None, None]).unsqueeze(1)
    expected = lp.LRP(model, lp.presets.Hyper3DNetTutorial()).explain(x)
    np.testing.assert_allclose(
        dataset["relevance"].values, expected.relevance.squeeze(1), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(dataset["output"].values, expected.output, rtol=1e-4, atol=1e-5)
    assert (dataset["target"].values == expected.output.argmax(1).numpy()).all()


def test_only_the_test_part_of_the_training_data_is_explained(explained: Path, trained: Path) -> None:
    table = pd.read_csv(trained / "split.csv")
    record = json.loads((explained / "run.json").read_text())["explanation"]
    assert record["samples"]["part"] == "test"
    assert record["samples"]["numbers"] == table.loc[table["part"] == "test", "sample"].tolist()


def test_the_files_of_a_run(explained: Path) -> None:
    names = {path.name for path in explained.iterdir()}
    assert names == {
        "relevance.zarr",
        "bands.csv",
        "classes.csv",
        "stretches.csv",
        "zones.csv",
        "areas.csv",
        "conservation.csv",
        "samples.csv",
        "figures",
        "run.json",
        "explanation.txt",
        "explorer.html",
    }
    record = json.loads((explained / "run.json").read_text())
    assert record["training"]["test"]["accuracy"] == 1.0
    assert {"lrprism", "torch", "python"} <= set(record["versions"])
    assert all((explained / name).stat().st_size > 1000 for name in record["explanation"]["figures"])
    assert len(record["explanation"]["figures"]) == 2 * (2 + 3 + 3)


def test_a_class_has_the_code_of_its_label_everywhere(trained: Path, tmp_path: Path) -> None:
    network, folder = tmp_path / "network", tmp_path / "explained"
    shutil.copytree(trained, network)
    run = json.loads((network / "run.json").read_text())
    run["training"]["class_codes"] = [5, 7, 211]
    (network / "run.json").write_text(json.dumps(run))
    folder.mkdir()
    settings = ExplanationSettings(devices=CPU, per_class=1, figures="classes", target="211")
    explain_into(folder, network, settings, SILENT)
    names = ("bands", "classes", "zones", "areas")
    for table in [pd.read_csv(folder / f"{name}.csv") for name in names]:
        assert table["class_code"].tolist() == [(5, 7, 211)[number] for number in table["class"]]
    samples = pd.read_csv(folder / "samples.csv")
    assert samples["label_code"].tolist() == [(5, 7, 211)[label] for label in samples["label"]]
    assert samples["target_code"].unique().tolist() == [211]
    assert (folder / "figures" / "spectrum-211-class-2.png").is_file()


def test_zones_and_areas_account_for_all_relevance(trained: Path, tmp_path: Path) -> None:
    own, folder = tmp_path / "own.csv", tmp_path / "explained"
    own.write_text("name,start_nm,end_nm\nfirst half,400,700\nsecond half,700,1000\n")
    folder.mkdir()
    settings = ExplanationSettings(devices=CPU, figures="none", zones=f"{own},Landsat 5,indices")
    record = explain_into(folder, trained, settings, SILENT)
    assert record is not None
    relevance, areas = relevance_of(folder), pd.read_csv(folder / "areas.csv")
    sums = relevance["relevance"].sum(("band", "y", "x")).groupby(relevance["target"]).mean().values
    zones = pd.read_csv(folder / "zones.csv")
    assert zones["set"].unique().tolist() == [str(own), "Landsat 5", "indices"]
    rows = zones[zones["set"] == str(own)]
    np.testing.assert_allclose(rows.groupby("class")["sum"].sum(), sums, rtol=1e-4)
    np.testing.assert_allclose(areas.groupby("class")["sum"].sum(), sums, rtol=1e-4)
    np.testing.assert_allclose(areas.groupby("class")["pixels_share"].sum(), 1)
    assert not record["report"][-1].startswith("zones.csv is without")


def test_a_set_of_zones_that_is_missing_is_told_and_plants_need_an_ndvi(
    trained: Path, tmp_path: Path
) -> None:
    settings = ExplanationSettings(devices=CPU, figures="none", per_class=1, zones="vegetation,correlation")
    record = explain_into(tmp_path, trained, settings, SILENT)
    assert record is not None
    assert record["report"][-1].startswith(
        "zones.csv is without correlation: bands that vary together should"
    )
    assert record["report"][-1] in (tmp_path / "explanation.txt").read_text()
    # the bands are 100 nm apart: none lies in the red
    with pytest.raises(lp.InputError, match=r"an NDVI should have bands in 650 to 685 .* with 0 and 1 there"):
        explain_into(tmp_path, trained, ExplanationSettings(devices=CPU, plant_ndvi=0.4), SILENT)


def test_the_band_table_sums_what_the_relevance_file_holds(explained: Path) -> None:
    table = pd.read_csv(explained / "bands.csv", dtype={"original_band": str})
    dataset = relevance_of(explained)
    rows = table[table["class"] == 1]
    expected = dataset["relevance"][dataset["target"].values == 1].sum(("y", "x")).mean("sample")
    np.testing.assert_allclose(rows["sum"], expected, rtol=1e-4, atol=1e-6)
    assert rows["original_band"].tolist() == ["0+1", "2+3", "4+5", "6+7", "8+9", "10+11"]
    assert rows["wavelength_nm"].tolist() == pytest.approx([425, 525, 625, 725, 825, 925])


def test_the_width_is_that_of_the_training_samples_unless_one_is_given(
    explained: Path, trained: Path, tmp_path: Path
) -> None:
    resolution = json.loads((trained / "run.json").read_text())["training"]["resolution"]
    table = pd.read_csv(trained / "split.csv")
    with h5py.File(json.loads((trained / "run.json").read_text())["training"]["source"]) as file:
        spectra = file["train_img"][:].mean(axis=(1, 2), dtype=np.float64)
    train = table["part"] == "train"
    pairs = (spectra[:, ::2] + spectra[:, 1::2]) / 2
    expected = estimate_width(pairs[train], np.arange(425, 926, 100.0), table["label"][train])
    assert resolution == {"nm": pytest.approx(expected), "part": "train", "samples": train.sum()}
    assert relevance_of(explained).attrs["resolution_nm"] == resolution["nm"]

    settings = ExplanationSettings(devices=CPU, per_class=1, figures="none", pool=250.0)
    explain_into(tmp_path, trained, settings, SILENT)
    dataset, bands = relevance_of(tmp_path), pd.read_csv(tmp_path / "bands.csv")
    assert json.loads((tmp_path / "run.json").read_text())["explanation"]["resolution_nm"] == 250
    assert set(bands["pooled_nm"]) == {250}
    # bands are 100 nm apart: one neighbour on each side
    summed = pooled(dataset["relevance"].astype(float), nm=250).sum(("y", "x"))
    for target, rows in bands.groupby("class"):
        expected = summed[dataset["target"].values == target].mean("sample")
        np.testing.assert_allclose(rows["pooled_sum"], expected, rtol=1e-5, atol=1e-7)
        assert rows["pooled_sum"].sum() == pytest.approx(rows["sum"].sum(), rel=1e-6)


def test_without_pooling(trained: Path, tmp_path: Path) -> None:
    explain_into(tmp_path, trained, ExplanationSettings(devices=CPU, per_class=1, target="1", pool=0), SILENT)
    assert "pooled_sum" not in pd.read_csv(tmp_path / "bands.csv").columns
    assert not list((tmp_path / "figures").glob("*pooled*"))


def test_the_account_closes(explained: Path) -> None:
    summary = json.loads((explained / "run.json").read_text())["explanation"]["conservation"]
    dataset = relevance_of(explained)
    assert summary["explained"] == pytest.approx(dataset["output"].max("class").mean().item(), rel=1e-5)
    assert summary["at_input"] == pytest.approx(
        dataset["relevance"].sum(("band", "y", "x")).mean().item(), rel=1e-4
    )
    assert abs(summary["unaccounted"]) < 1e-5 * abs(summary["explained"])


@pytest.mark.parametrize(("target", "expected"), [("true", None), ("1", 1), ("CLASS 2", 2)])
def test_targets_in_words(trained: Path, tmp_path: Path, target: str, expected: int | None) -> None:
    settings = ExplanationSettings(devices=CPU, target=target, rule="lrp-0", figures="none", per_class=2)
    explain_into(tmp_path, trained, settings, SILENT)
    dataset = relevance_of(tmp_path)
    wanted = dataset["label"].values if expected is None else np.full(6, expected)
    assert (dataset["target"].values == wanted).all()


def test_two_classes_have_one_logit(tmp_path: Path) -> None:
    data = write_patches(tmp_path / "two.hdf5", samples=12, classes=2)
    (tmp_path / "run").mkdir()
    (tmp_path / "out").mkdir()
    train_into(tmp_path / "run", settings_for(data), SILENT)
    explain_into(tmp_path / "out", tmp_path / "run", ExplanationSettings(devices=CPU, heatmaps=0), SILENT)
    dataset = relevance_of(tmp_path / "out")
    assert dataset["output"].dims == ("sample", "logit")
    assert set(dataset["target"].values) == {0, 1}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ExplanationSettings(rule="magic"),
            f"rule should be one of {', '.join(COMPOSITES)}, auto. Found 'magic'. Take one of them",
        ),
        (
            ExplanationSettings(target="oak"),
            r"predicted, true, one of class 0, class 1, class 2, or its number in the labels \(0, 1, 2\)\. F",
        ),
        (ExplanationSettings(target="3"), r"target should be predicted, .*Found '3'\."),
        (
            ExplanationSettings(source="indian-pines"),
            "should have the bands of the training: 6 from",
        ),
    ],
)
def test_bad_settings(trained: Path, tmp_path: Path, settings: ExplanationSettings, message: str) -> None:
    with pytest.raises(lp.LRPrismError, match=message):
        explain_into(tmp_path, trained, settings, SILENT)


def test_by_default_spectra_are_compared_with_the_mean_of_the_training_samples(
    trained: Path, tmp_path: Path
) -> None:
    settings = ExplanationSettings(devices=CPU, per_class=2, figures="none", target="1", pool=0)
    explain_into(tmp_path, trained, settings, SILENT)
    dataset = relevance_of(tmp_path)
    weights = load_file(trained / "model.safetensors")
    std = weights["steps.0.std"].numpy()
    model = Hyper3DNetLite(6, 3, 5)
    model.load_state_dict({name[8:]: value for name, value in weights.items() if name.startswith("network.")})
    x = torch.from_numpy(dataset["patch"].values / std[:, None, None]).unsqueeze(1)
    mean = json.loads((trained / "run.json").read_text())["training"]["mean_spectrum"]
    reference = (torch.tensor(mean) / torch.from_numpy(std)).view(1, 1, -1, 1, 1).float()
    expected = lp.LRP(model, lp.presets.Epsilon()).explain(x, 1, reference=reference)
    np.testing.assert_allclose(
        dataset["relevance"].values, expected.relevance.squeeze(1), rtol=1e-3, atol=1e-5
    )
    # of the difference nothing stays with a bias
    summary = json.loads((tmp_path / "run.json").read_text())["explanation"]["conservation"]
    assert summary["at_input"] == pytest.approx(summary["explained"], rel=1e-3)
    assert summary["to_bias"] == 0


def test_figures_of_a_network_at_chance_level_say_so(explained: Path, trained: Path, tmp_path: Path) -> None:
    assert "doubt" not in relevance_of(explained).attrs
    shutil.copytree(trained, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    record["training"]["test"]["confusion"] = [[2, 1, 1], [1, 2, 1], [1, 1, 2]]
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    (tmp_path / "out").mkdir()
    settings = ExplanationSettings(rule="tutorial", devices=CPU, batch_size=5, heatmaps=0)
    explain_into(tmp_path / "out", tmp_path / "run", settings, SILENT)
    assert (
        relevance_of(tmp_path / "out").attrs["doubt"].startswith("the network predicts no better than chance")
    )
    figures = sorted((tmp_path / "out" / "figures").glob("*.svg"))
    assert {path.stem for path in figures} >= {"class-spectra", "layer-sums"}
    for path in figures:
        assert "Network at chance level: do not read" in path.read_text()
