"""From a table of spectra with a measured trait to its relevance, in the unit of the trait."""

import json
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

import lrprism as lp
from lrprism.spectral.training import Devices, TrainingConfig
from lrprism.spectral.workbench import (
    ExplanationSettings,
    NetworkSettings,
    Preparation,
    SplitSettings,
    TrainingSettings,
    explain_into,
    train_into,
)
from lrprism.spectral.workbench.describe_data import describe_data
from lrprism.spectral.workbench.describe_network import describe_network
from lrprism.spectral.workbench.evaluate import EvaluationSettings, evaluate_into
from lrprism.spectral.workbench.retrain import check_retrainable
from lrprism.spectral.workbench.scene_files import SceneFile
from lrprism.spectral.workbench.scene_labels import read_scene_labels
from lrprism.spectral.workbench.sources import open_labelled_samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT, write_patches

NITROGEN = Preparation(task="regression", target_columns=("nitrogen (mg/g)",), group_column="plant")
WEIGHTS = np.array([0, 0, 8.0, 0, 0, -4.0, 0, 0, 0, 2.0])
"""What each band adds to the trait, in mg/g per unit of reflectance."""
LINEAR = "small_trainings:build_linear"
"""A network that can learn what was planted, and nothing else."""
CPU = Devices("cpu")


def write_traits(path: Path, samples: int = 240) -> Path:
    """Spectra of 10 bands of which three make up the trait; two samples have no value."""
    generator = np.random.default_rng(0)
    x = generator.normal(0.4, 0.1, (samples, 10)).round(6)
    nitrogen = 20 + x @ WEIGHTS
    nitrogen[[3, 50]] = np.nan
    table = pd.DataFrame(x, columns=[f"{500 + 50 * band} nm" for band in range(10)])
    table.insert(0, "nitrogen (mg/g)", nitrogen)
    table.insert(0, "water_%", 80 - 10 * x[:, 0])
    table.insert(0, "constant", 1.5)
    table.insert(0, "plant", [f"plant {row // 6}" for row in range(samples)])
    table.to_csv(path, index=False)
    return path


def settings_of(source: Path, preparation: Preparation = NITROGEN, epochs: int = 45) -> TrainingSettings:
    return TrainingSettings(
        str(source),
        preparation,
        NetworkSettings(LINEAR, ("zscore",), "spectrum"),
        training=TrainingConfig(
            epochs=epochs,
            batch_size=16,
            learning_rate=0.05,
            devices=CPU,
            initialize=True,
            centre_gradients=False,
        ),
    )


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_traits(tmp_path_factory.mktemp("table") / "nir.csv")


@pytest.fixture(scope="module")
def run(table: Path) -> Path:
    (table.parent / "run").mkdir()
    train_into(table.parent / "run", settings_of(table), SILENT)
    return table.parent / "run"


@pytest.fixture(scope="module")
def explained(run: Path) -> Path:
    folder = run.parent / "explained"
    folder.mkdir()
    explain_into(folder, run, ExplanationSettings(model=LINEAR, devices=CPU, per_class=None), SILENT)
    return folder


def test_a_trait_is_learned_and_tested_over_whole_plants(run: Path) -> None:
    record = json.loads((run / "run.json").read_text())["training"]
    assert record["task"] == {"name": "regression", "names": ["nitrogen"], "units": ["mg/g"]}
    assert record["split"]["scheme"] == "groups"
    scores = record["test"]["traits"]["nitrogen"]
    assert 0.99 < scores["r2"]["low"] < scores["r2"]["value"] < scores["r2"]["high"] <= 1
    split = pd.read_csv(run / "split.csv")
    assert record["test"]["groups"] == split.loc[split["part"] == "test", "group"].nunique()
    assert len(split) == 238
    assert "2 samples without a value of nitrogen are left out" in record["data"]["assumed"]
    # each stratum of the trait is in both parts
    coverage = pd.DataFrame(record["split"]["coverage"])
    assert len(coverage) == 5
    assert (coverage[["train", "test"]] > 10).all(axis=None)
    lines = describe_network(run, None, LINEAR).splitlines()
    assert lines[0].startswith(f"{LINEAR}: 10 bands, 1 x 1 pixels, 1 trait, ")
    assert "on the test part: nitrogen: R2 " in lines[1]


def test_the_network_predicts_in_the_unit_of_the_trait_from_the_first_epoch(run: Path) -> None:
    model = TrainedNetwork.load(run, LINEAR).model
    assert model.output_scale is not None
    table = pd.read_csv(run / "split.csv")
    learned = table.loc[table["part"] == "train", "nitrogen"]
    assert float(model.output_scale.mean) == pytest.approx(learned.mean(), rel=1e-6)
    assert float(model.output_scale.scale) == pytest.approx(learned.std(ddof=0), rel=1e-6)


def test_relevance_recovers_what_was_planted(explained: Path) -> None:
    relevance = xr.open_zarr(explained / "relevance.zarr").load()
    assert relevance["relevance"].attrs["units"] == "mg/g"
    r, x = (relevance[name].values[:, :, 0, 0] for name in ("relevance", "patch"))
    # r = w (x - mean) of a linear trait: the slope over the samples is w
    slopes = [np.polyfit(x[:, band], r[:, band], 1)[0] for band in range(10)]
    np.testing.assert_allclose(slopes, WEIGHTS, atol=0.05)


def test_relevance_closes_on_the_difference_to_the_mean_spectrum(explained: Path, run: Path) -> None:
    relevance = xr.open_zarr(explained / "relevance.zarr").load()
    trained = TrainedNetwork.load(run, LINEAR)
    mean = np.array(trained.record["mean_spectrum"], dtype=np.float32).reshape(1, -1, 1, 1)
    with torch.no_grad():
        at_mean = float(trained.model(torch.from_numpy(mean)))
    total = relevance["relevance"].sum(("band", "y", "x"), dtype=np.float64).values
    np.testing.assert_allclose(total, relevance["predicted"].values - at_mean, atol=1e-4)
    record = json.loads((explained / "run.json").read_text())["explanation"]
    assert record["unit"] == "mg/g"
    assert record["conservation"]["explained"] == pytest.approx(total.mean(), abs=1e-4)
    assert record["words"][-1].startswith(f"Note: on these {len(total)} samples the prediction is off by 0.")


def test_tables_have_sign_unit_and_both_values(explained: Path) -> None:
    bands = pd.read_csv(explained / "bands.csv")
    assert set(bands["unit"]) == {"mg/g"}
    assert set(bands["class_name"]) == {"nitrogen"}
    # sums over samples on both sides of the mean cancel: the rank is by magnitude
    assert bands.sort_values("rank")["band"].tolist()[:3] == [2, 5, 9]
    samples = pd.read_csv(explained / "samples.csv")
    assert list(samples.columns) == ["sample", "name", "true", "predicted", "target", "unit"]
    assert np.corrcoef(samples["true"], samples["predicted"])[0, 1] > 0.98
    names = {path.stem for path in (explained / "figures").iterdir()}
    assert names == {"layer-sums", "spectrum-00-nitrogen", "sample-00-nitrogen-0"}


def test_several_traits_are_learned_and_one_is_explained(table: Path, tmp_path: Path) -> None:
    both = replace(NITROGEN, target_columns=("nitrogen (mg/g)", "water_%"))
    (tmp_path / "run").mkdir()
    record = train_into(tmp_path / "run", settings_of(table, both), SILENT)
    assert record is not None
    assert [trait["unit"] for trait in record["test"]["traits"].values()] == ["mg/g", "%"]
    assert record["test"]["traits"]["water"]["r2"]["value"] > 0.95
    with pytest.raises(lp.InputError, match=r"Give --target with one of nitrogen, water\."):
        explain_into(tmp_path, tmp_path / "run", ExplanationSettings(model=LINEAR, devices=CPU), SILENT)
    (tmp_path / "e").mkdir()
    chosen = ExplanationSettings(model=LINEAR, devices=CPU, target="water", per_class=4, figures="none")
    explain_into(tmp_path / "e", tmp_path / "run", chosen, SILENT)
    bands = pd.read_csv(tmp_path / "e" / "bands.csv")
    assert bands.loc[bands["rank"] == 1, ["class_name", "band", "unit"]].to_numpy().tolist() == [
        ["water", 0, "%"]
    ]


def test_intervals_over_seeds_are_written(table: Path, tmp_path: Path) -> None:
    train_into(tmp_path, replace(settings_of(table, epochs=2), seeds=2), SILENT)
    seeds = pd.read_csv(tmp_path / "seeds.csv")
    assert seeds["quantity"].tolist() == ["r2", "rmse", "rpd", "bias"]
    assert set(seeds["output"]) == {"nitrogen"}


def test_what_needs_classes_is_refused_before_anything_is_read(run: Path, tmp_path: Path) -> None:
    with pytest.raises(
        lp.InputError,
        match=r"rule auto should be asked of a network of one class per sample.* nitrogen in .* named rule",
    ):
        explain_into(tmp_path, run, ExplanationSettings(model=LINEAR, devices=CPU, rule="auto"), SILENT)
    for settings in (EvaluationSettings(model=LINEAR), EvaluationSettings(model=LINEAR, calibrate=True)):
        with pytest.raises(
            lp.InputError,
            match=r"a judgement of rules should be asked of a network of one class .* are those of lrprism",
        ):
            evaluate_into(tmp_path, run, settings, SILENT)
    with pytest.raises(
        lp.InputError,
        match=r"a comparison of bands should be .* Its bands are ranked in bands\.csv of lrprism",
    ):
        check_retrainable(TrainedNetwork.load(run, LINEAR))
    with pytest.raises(lp.InputError, match="Found 'true', a target of classes"):
        explain_into(tmp_path, run, ExplanationSettings(model=LINEAR, devices=CPU, target="true"), SILENT)


def test_inspect_shows_columns_of_numbers_and_a_trait(table: Path) -> None:
    text = describe_data(str(table), Preparation(label_column="plant"))
    assert "numbers   'water_%', 'nitrogen (mg/g)'\n          learn one with --task regression" in text
    assert "traits    nitrogen, mg/g: 19." in describe_data(str(table), NITROGEN)


def test_targets_that_cannot_be_learned_are_refused(table: Path, tmp_path: Path) -> None:
    with pytest.raises(
        lp.DataError, match=r"'constant' of '.*' should vary .* Found 1\.5 in all 240\. Choose"
    ):
        open_labelled_samples(str(table), replace(NITROGEN, target_columns=("constant",)), SILENT)
    frame = pd.read_csv(table)
    frame.assign(**{"nitrogen (mg/g)": np.nan}).to_csv(tmp_path / "none.csv", index=False)
    with pytest.raises(
        lp.DataError, match=r"should have labelled samples .* Found none; .*240 samples without"
    ):
        open_labelled_samples(str(tmp_path / "none.csv"), NITROGEN, SILENT)
    frame.iloc[:1].to_csv(tmp_path / "one.csv", index=False)
    with pytest.raises(lp.DataError, match=r"should vary from sample to sample\. Found .* in all 1\."):
        open_labelled_samples(str(tmp_path / "one.csv"), NITROGEN, SILENT)


def test_several_scenes_are_refused(table: Path, tmp_path: Path) -> None:
    several = replace(settings_of(table), others=(SceneFile(str(table)),))
    with pytest.raises(lp.InputError, match=r"regression should be of one scene, table or file\. Found 2\."):
        train_into(tmp_path, several, SILENT)


def test_measured_numbers_are_not_taken_for_classes(table: Path) -> None:
    hint = r"learn the number: --task regression --target-column 'nitrogen \(mg/g\)'"
    with pytest.raises(lp.DataError, match=hint):
        open_labelled_samples(str(table), Preparation(label_column="nitrogen (mg/g)"), SILENT)


def test_the_targets_of_an_hdf5_file(tmp_path: Path) -> None:
    path = write_patches(tmp_path / "p.hdf5", samples=40)
    with h5py.File(path, "a") as file:
        bright = np.asarray(file["train_img"])[:, 2, 2, :2].sum(axis=1)
        del file["train_labels"]
        file["train_labels"] = np.stack([bright, 2 * bright], axis=1)
    names = Preparation(
        task="regression", wavelengths="400:950", target_columns=("a", "b"), target_units=("x", "y")
    )
    samples = open_labelled_samples(str(path), names, SILENT)
    np.testing.assert_allclose(
        samples.targets_of(samples.numbers), np.stack([bright, 2 * bright], 1), rtol=1e-6
    )
    assert samples.task.names == ("a", "b")
    with pytest.raises(lp.DataError, match=r"name the 2 traits of .* Found 1: a"):
        open_labelled_samples(str(path), replace(names, target_columns=("a",), target_units=()), SILENT)


def test_pixels_of_a_raster_are_learned_and_mapped(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    generator = np.random.default_rng(0)
    cube = generator.normal(0.4, 0.1, (4, 24, 24)).astype(np.float32)
    trait = (3 * cube[1]).astype(np.float32)
    trait[:, 20:] = np.nan
    place = {"crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 0, 0, -10, 0)}
    for name, values in (("cube", cube), ("n", trait[None])):
        with rasterio.open(
            tmp_path / f"{name}.tif", "w", driver="GTiff", count=len(values), height=24, width=24,
            dtype="float32", **place,
        ) as file:  # fmt: skip
            file.write(values)
    preparation = Preparation(
        task="regression", labels=str(tmp_path / "n.tif"), wavelengths="500:800", window=1,
        target_units=("mg/g",),
    )  # fmt: skip
    settings = replace(settings_of(tmp_path / "cube.tif", preparation, 20), split=SplitSettings(block=6))
    (tmp_path / "run").mkdir()
    record = train_into(tmp_path / "run", settings, SILENT)
    assert record is not None
    assert record["test"]["traits"]["n"]["r2"]["value"] > 0.8
    assert 2 <= record["test"]["groups"] <= 16
    (tmp_path / "maps").mkdir()
    every = ExplanationSettings(
        model=LINEAR, devices=CPU, every_pixel=True, batch_size=256, formats="geotiff"
    )
    explain_into(tmp_path / "maps", tmp_path / "run", every, SILENT)
    with rasterio.open(tmp_path / "maps" / "trait_map.tif") as file:
        predicted = file.read(1)
    # the trait is predicted where it was not measured, too
    np.testing.assert_allclose(predicted[:, 20:], 3 * cube[1][:, 20:], atol=0.5)
    assert (tmp_path / "maps" / "figures" / "scene-relevance.png").is_file()
    table = pd.read_csv(tmp_path / "run" / "split.csv")
    pixels = table[table["part"] == "train"]
    learned = trait[pixels["row"], pixels["column"]]
    relevance = xr.open_zarr(tmp_path / "maps" / "relevance.zarr")
    assert relevance.attrs["target_range"] == pytest.approx([learned.min(), learned.max()])
    outside = int(((predicted < learned.min()) | (predicted > learned.max())).sum())
    said = (tmp_path / "maps" / "explanation.txt").read_text()
    assert f"predicted outside that range: {outside or 'none'} of 576 pixels" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "poetry"}, r"task should be one of classification, regression, .*\. Found 'poetry'"),
        ({"target_columns": ("N",)}, r"--target-column should come with --task regression\. Found 'N' with"),
        ({"target_units": ("%",)}, r"--target-unit should come with --task regression\. Found '%' with"),
        (
            {"task": "regression", "label_column": "N"},
            r"--label-column should be given for classes\. Found it",
        ),
        ({"task": "regression", "class_names": ("a",)}, r"--class-names should be given for classes\. Found"),
        ({"task": "regression", "target_columns": ("N", "N")}, "name each trait once"),
    ],
)
def test_words_that_do_not_go_with_the_task_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(lp.InputError, match=message):
        Preparation(**options)  # type: ignore[arg-type]


def test_the_targets_of_arrays(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((20, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", x[:, 2])
    preparation = Preparation(task="regression", wavelengths="400:900")
    samples = open_labelled_samples(str(tmp_path / "x.npy"), preparation, SILENT)
    np.testing.assert_array_equal(samples.targets_of(samples.numbers)[:, 0], x[:, 2])
    assert samples.task.names == ("target",)
    assert "targets are read from y.npy" in samples.attrs["assumed"]
    np.save(tmp_path / "y.npy", x[:5, 2])
    with pytest.raises(lp.DataError, match=r"one number, or one for each trait, of each of the 20 samples\."):
        open_labelled_samples(str(tmp_path / "x.npy"), preparation, SILENT)


def test_targets_of_patches_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = write_patches(tmp_path / "p.hdf5")
    with h5py.File(path, "a") as file:
        del file["train_labels"]
        file["train_labels"] = np.ones(3)
    preparation = Preparation(task="regression", wavelengths="400:950")
    with pytest.raises(lp.DataError, match=r"one number per patch, or one for each trait: shape \(24,\)"):
        open_labelled_samples(str(path), preparation, SILENT)


def test_counts_are_not_taken_for_classes(table: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(table).assign(count=np.arange(240))
    frame.to_csv(tmp_path / "counts.csv", index=False)
    message = r"each of several samples\. Found 240 different numbers, 0 to 239, in 240 samples\. .*'count'"
    with pytest.raises(lp.DataError, match=message):
        open_labelled_samples(str(tmp_path / "counts.csv"), Preparation(label_column="count"), SILENT)


def test_an_attribute_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    cube = xr.DataArray(np.zeros((1, 2, 2), np.float32), dims=("band", "y", "x"))
    (tmp_path / "points.csv").write_text("row,column,N,P\n0,1,2.5,1\n1,0,4,2\n")
    preparation = Preparation(
        task="regression", labels=str(tmp_path / "points.csv"), label_attribute="N", target_columns=("P",)
    )
    with pytest.raises(
        lp.InputError, match=r"named once\. Found --label-attribute N and --target-column P\."
    ):
        read_scene_labels(preparation, cube)
    labels = read_scene_labels(replace(preparation, target_columns=()), cube)
    assert labels.attrs["trait_names"] == ["N"]
    assert labels["trait_0"].values[0, 1] == 2.5


def test_another_table_is_explained_with_its_own_values(table: Path, run: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(table).iloc[:30]
    frame.to_csv(tmp_path / "other.csv", index=False)
    (tmp_path / "e").mkdir()
    settings = ExplanationSettings(str(tmp_path / "other.csv"), model=LINEAR, devices=CPU, per_class=None)
    explain_into(tmp_path / "e", run, settings, SILENT)
    samples = pd.read_csv(tmp_path / "e" / "samples.csv")
    # all but the one without a value
    np.testing.assert_allclose(samples["true"], frame["nitrogen (mg/g)"].dropna(), rtol=1e-9)


def test_spectra_without_measured_values_are_predicted_and_explained(
    table: Path, run: Path, tmp_path: Path
) -> None:
    pd.read_csv(table).iloc[:30].drop(columns="nitrogen (mg/g)").to_csv(tmp_path / "new.csv", index=False)
    (tmp_path / "e").mkdir()
    settings = ExplanationSettings(
        str(tmp_path / "new.csv"), model=LINEAR, devices=CPU, per_class=None, figures="none"
    )
    record = explain_into(tmp_path / "e", run, settings, SILENT)
    assert record is not None
    assert record["words"][-1] == "Note: of these samples no measured value is known."
    samples = pd.read_csv(tmp_path / "e" / "samples.csv")
    assert len(samples) == 30
    assert samples["true"].isna().all()
    expected = pd.read_csv(table).iloc[:30]["nitrogen (mg/g)"]
    assert np.nanmax(np.abs(samples["predicted"] - expected)) < 0.5
    # to learn from, there must be values
    with pytest.raises(lp.DataError, match=r"Found none called 'nitrogen \(mg/g\)' among 'plant'"):
        open_labelled_samples(str(tmp_path / "new.csv"), replace(NITROGEN, group_column=None), SILENT)


def test_arrays_without_targets_are_predicted(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(0.4, 0.1, (80, 6)).astype(np.float32)
    for name, rows in (("train", slice(0, 60)), ("new", slice(60, 80))):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "x.npy", x[rows])
    np.save(tmp_path / "train" / "y.npy", 3 * x[:60, 2])
    preparation = Preparation(task="regression", wavelengths="400:900")
    (tmp_path / "run").mkdir()
    train_into(tmp_path / "run", settings_of(tmp_path / "train" / "x.npy", preparation, 200), SILENT)
    (tmp_path / "e").mkdir()
    source = str(tmp_path / "new" / "x.npy")
    settings = ExplanationSettings(source, model=LINEAR, devices=CPU, figures="none")
    explain_into(tmp_path / "e", tmp_path / "run", settings, SILENT)
    samples = pd.read_csv(tmp_path / "e" / "samples.csv")
    np.testing.assert_allclose(samples["predicted"], 3 * x[60:, 2], atol=0.1)
    assert samples["true"].isna().all()
