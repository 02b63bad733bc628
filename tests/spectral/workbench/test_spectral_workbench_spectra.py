"""From a table of spectra to the relevance of each wavelength."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral.training import Devices, TrainingConfig
from lrprism.spectral.workbench import (
    ExplanationSettings,
    NetworkSettings,
    Preparation,
    TrainingSettings,
    explain_into,
    open_samples,
    train_into,
)
from lrprism.spectral.workbench.describe_data import describe_data
from lrprism.spectral.workbench.explained_data import match_classes, open_explained
from lrprism.spectral.workbench.figures import lies_in_one_pixel
from lrprism.spectral.workbench.scene_labels import KnownClasses
from lrprism.spectral.workbench.sources import open_labelled_samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT
from small_tables import write_spectra

COLUMNS = Preparation(label_column="species", group_column="plant")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that tells the species of a table."""
    folder = tmp_path_factory.mktemp("spectra")
    settings = TrainingSettings(
        str(write_spectra(folder / "leaves.csv")),
        COLUMNS,
        NetworkSettings("mlp"),
        training=TrainingConfig(
            epochs=15, batch_size=8, learning_rate=5e-3, devices=Devices("cpu"), initialize=True
        ),
    )
    (folder / "run").mkdir()
    record = train_into(folder / "run", settings, SILENT)
    assert record is not None
    assert record["test"]["accuracy"] > 0.9
    assert record["split"]["scheme"] == "groups"
    return folder / "run"


@pytest.fixture(scope="module")
def explained(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    settings = ExplanationSettings(devices=Devices("cpu"), per_class=4, heatmaps=1, pool=0.0)
    explain_into(folder, run, settings, SILENT)
    return folder


def explain_other(run: Path, source: Path, **settings: object) -> object:
    chosen = ExplanationSettings(source=str(source), **settings)  # type: ignore[arg-type]
    return open_explained(TrainedNetwork.load(run), chosen)


def test_whole_plants_are_dealt_out_and_every_sample_has_its_name(run: Path) -> None:
    split = pd.read_csv(run / "split.csv")
    assert split["name"].tolist() == [f"leaf {number}" for number in split["sample"]]
    assert split["group"].tolist() == [f"plant {number // 5}" for number in split["sample"]]
    is_test = split.groupby("group")["part"].agg(lambda parts: set(parts == "test"))
    assert all(len(sides) == 1 for sides in is_test)


def test_relevance_lies_at_the_wavelengths_of_each_class(explained: Path) -> None:
    table = pd.read_csv(explained / "bands.csv")
    for name, first in (("oak", 400), ("ash", 600), ("elm", 800)):
        best = table[(table["class_name"] == name) & (table["rank"] <= 2)]
        assert set(best["wavelength_nm"]) <= {first, first + 50, first + 100}


def test_samples_are_named_in_the_table_and_in_the_dataset(explained: Path) -> None:
    table = pd.read_csv(explained / "samples.csv")
    assert len(table) == 12
    assert table["name"].tolist() == [f"leaf {number}" for number in table["sample"]]
    with xr.open_zarr(explained / "relevance.zarr", zarr_format=2) as dataset:
        assert dataset["name"].values.tolist() == table["name"].tolist()


def test_single_spectra_get_curves_and_no_heatmaps(explained: Path) -> None:
    stems = {path.stem for path in (explained / "figures").iterdir()}
    names = [f"{number:02d}-{name}" for number, name in enumerate(("ash", "elm", "oak"))]
    assert stems == {
        "layer-sums", "class-spectra",
        *(f"spectrum-{name}" for name in names), *(f"sample-{name}-0" for name in names),
    }  # fmt: skip


def test_relevance_in_one_pixel() -> None:
    values = np.zeros((2, 3, 3))
    values[:, 1, 1] = 1
    assert lies_in_one_pixel(xr.Dataset({"relevance": (("band", "y", "x"), values)}))
    values[1, 0, 0] = -1
    assert not lies_in_one_pixel(xr.Dataset({"relevance": (("band", "y", "x"), values)}))


def test_classes_of_another_table_are_those_of_the_training(run: Path, tmp_path: Path) -> None:
    other = write_spectra(tmp_path / "other.csv", samples=10, kinds=("oak", "elm"))
    samples = explain_other(run, other)
    # the training has ash, elm, oak
    assert samples.labels.tolist() == [2, 1] * 5  # type: ignore[attr-defined]
    assert samples.class_names == ["ash", "elm", "oak"]  # type: ignore[attr-defined]
    assert samples.cut(np.array([0, 1]))["label"].values.tolist() == [2, 1]  # type: ignore[attr-defined]
    other.write_text(other.read_text().replace("elm", "fir"))
    with pytest.raises(
        lp.DataError, match=r"classes of the training: ash, elm, oak\. Found fir\. .* leave cells empty"
    ):
        explain_other(run, other)


@pytest.mark.parametrize(
    ("is_empty", "why"), [(True, "no class in the column 'species'"), (False, "no column 'species'")]
)
def test_spectra_of_unknown_class_are_predicted_and_explained(
    run: Path, tmp_path: Path, is_empty: bool, why: str
) -> None:
    frame = pd.read_csv(write_spectra(tmp_path / "new.csv", samples=9))
    kinds = frame["species"].tolist()
    frame = frame.assign(species="") if is_empty else frame.drop(columns="species")
    frame.to_csv(tmp_path / "new.csv", index=False)
    (tmp_path / "e").mkdir()
    source = str(tmp_path / "new.csv")
    # 2 per class: of unknown classes none are left out
    # drawn once: both tables lead to the same samples
    figures = "all" if is_empty else "none"
    settings = ExplanationSettings(source, devices=Devices("cpu"), per_class=2, pool=0.0, figures=figures)
    record = explain_into(tmp_path / "e", run, settings, SILENT)
    assert record is not None
    assert record["words"][-1] == f"Note: the true classes of these samples are not known: {why}."
    said = "  ash (3 shown, true class not known): nothing is named. 3 samples are too few for a mean."
    assert said in record["report"]
    assert not any("wrong" in line for line in (*record["words"], *record["report"]))
    table = pd.read_csv(tmp_path / "e" / "samples.csv")
    assert table["label"].isna().all()
    names = np.array(["ash", "elm", "oak"])
    assert names[table["predicted"]].tolist() == kinds
    assert pd.read_csv(tmp_path / "e" / "classes.csv")["right"].isna().all()
    with pytest.raises(
        lp.InputError, match=r"target 'true' should be .* Found 1 without\. Take --target predicted, or name"
    ):
        explain_into(tmp_path / "e", run, replace(settings, target="true"), SILENT)


def test_arrays_without_classes_are_taken_whole(run: Path, tmp_path: Path) -> None:
    values = pd.read_csv(write_spectra(tmp_path / "t.csv", samples=4)).filter(like="nm").to_numpy(np.float32)
    np.save(tmp_path / "x.npy", values)
    samples = explain_other(run, tmp_path / "x.npy", wavelengths="400:950")
    assert samples.numbers.tolist() == [0, 1, 2, 3]  # type: ignore[attr-defined]
    assert samples.labels.tolist() == [-1] * 4  # type: ignore[attr-defined]
    assert samples.class_names == ["ash", "elm", "oak"]  # type: ignore[attr-defined]


def test_a_column_of_groups_is_no_class_of_new_spectra(tmp_path: Path, run: Path) -> None:
    # without the name of the column of classes 'plant' would be the only candidate
    trained = TrainedNetwork.load(run)
    trained.record["preparation"]["label_column"] = None
    frame = pd.read_csv(write_spectra(tmp_path / "new.csv", samples=20)).drop(columns="species")
    frame.to_csv(tmp_path / "new.csv", index=False)
    samples = open_explained(trained, ExplanationSettings(source=str(tmp_path / "new.csv")))
    assert samples.labels.tolist() == [-1] * 20
    assert samples.attrs["unlabelled"] == "no column of classes among 'id'"


def test_codes_count_before_names(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("label,450,550\n312,1,2\n211,1,2\n,1,2\n")
    samples = open_samples(str(path), Preparation(class_names=("fields", "woods")))
    matched = match_classes(samples, KnownClasses(["wood", "sea", "field"], [312, 523, 211]))
    assert matched.labels.tolist() == [0, 2]
    assert matched.patches is not None
    assert matched.patches["label"].values.tolist() == [0, 2, -1]


def test_other_wavelengths_are_refused_or_averaged(run: Path, tmp_path: Path) -> None:
    other = write_spectra(tmp_path / "other.csv", shift=20)
    with pytest.raises(
        lp.DataError, match=r"bands of the training: 12 .* Found 420\.0 nm in place of 400\.0 nm"
    ):
        explain_other(run, other)
    samples = explain_other(run, other, resample=True)
    patches = samples.cut(np.array([0]))  # type: ignore[attr-defined]
    assert patches["wavelength"].values.tolist() == [400 + 50 * band for band in range(12)]


def test_a_table_is_described(tmp_path: Path) -> None:
    text = describe_data(str(write_spectra(tmp_path / "t.csv")), COLUMNS)
    assert "shape     60 spectrum, 12 band" in text
    assert "labelled  60 spectra" in text
    assert "classes   ash (20)\n          elm (20)\n          oak (20)" in text
    assert "names     leaf 0 to leaf 59\ngroups    12" in text
    text = describe_data(str(tmp_path / "t.csv"))
    assert "classes   none: several columns that may name the class: 'plant', 'species'\n" in text


def test_a_table_without_a_class_cannot_be_trained_on(tmp_path: Path) -> None:
    with pytest.raises(
        lp.DataError, match=r"Found several columns .* 'plant', 'species'\. Choose one with --lab"
    ):
        open_labelled_samples(str(write_spectra(tmp_path / "t.csv")), Preparation(), SILENT)


def test_a_network_of_patches_is_refused(run: Path, tmp_path: Path) -> None:
    settings = TrainingSettings(str(run.parent / "leaves.csv"), COLUMNS)
    with pytest.raises(
        lp.ModelError, match=r"one of cnn1d, mlp, transformer1d or .* 'hyper3dnetlite', which needs"
    ):
        train_into(tmp_path, replace(settings, network=NetworkSettings("hyper3dnetlite")), SILENT)
