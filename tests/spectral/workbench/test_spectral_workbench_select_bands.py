import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lrprism.errors import InputError
from lrprism.spectral.workbench import NetworkSettings, Preparation, train_into
from lrprism.spectral.workbench.part_samples import open_own_samples
from lrprism.spectral.workbench.select_bands import (
    SelectionSettings,
    plan_selection,
    select_into,
)
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT, settings_for, write_patches

FEW = "2 trainings where at least 5 are asked for: intervals are wide"
SETTINGS = SelectionSettings(("relevance", "equal", "random"), (3,), seeds=2)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bands 2 to 13 of a file of 14, of which 0 and 1, 4 and 5, 8 and 9 of these tell the class."""
    folder = tmp_path_factory.mktemp("select")
    source = write_patches(folder / "leaves.hdf5", samples=120, size=1, bands=14)
    settings = settings_for(source, network=NetworkSettings("mlp"))
    settings = replace(
        settings,
        preparation=Preparation(wavelengths="400:1050", bands=tuple(range(13))),
        training=replace(settings.training, epochs=6, batch_size=16, learning_rate=1e-2),
    )
    (folder / "run").mkdir()
    train_into(folder / "run", settings, SILENT)
    return folder / "run"


@pytest.fixture(scope="module")
def selected(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("selected")
    select_into(folder, run, SETTINGS, SILENT)
    return folder


def test_tables_a_figure_and_a_record_are_written(selected: Path) -> None:
    names = {path.name for path in selected.iterdir()}
    assert names == {"selection.csv", "accuracy.csv", "intervals.csv", "figures", "run.json"}
    figures = {path.name for path in (selected / "figures").iterdir()}
    assert figures == {"accuracy-by-bands.png", "accuracy-by-bands.svg"}
    record = json.loads((selected / "run.json").read_text())
    assert record["selection"]["methods"] == ["relevance", "equal", "random"]
    assert record["notes"] == [FEW]
    assert record["training"]["network"]["name"] == "mlp"


def test_one_choice_for_all_seeds_and_one_of_random_bands_for_each(selected: Path) -> None:
    table = pd.read_csv(selected / "selection.csv", dtype=str)
    assert table["method"].tolist() == ["relevance", "equal", "random", "random"]
    assert table["seeds"].tolist() == ["0,1", "0,1", "0", "1"]
    assert table["bands"][2] != table["bands"][3]
    accuracy = pd.read_csv(selected / "accuracy.csv")
    expected = [
        ("all", 13),
        ("all", 13),
        *[(name, 3) for name in ("relevance", "equal", "random") for _ in "ab"],
    ]
    assert list(zip(accuracy["method"], accuracy["k"], strict=True)) == expected
    assert pd.read_csv(selected / "intervals.csv")["n"].tolist() == [2, 2, 2, 2]


def test_relevance_takes_a_band_of_each_class_and_beats_what_carries_nothing(selected: Path) -> None:
    table = pd.read_csv(selected / "selection.csv", dtype=str).set_index("method")
    bands = [int(word) for word in table.loc["relevance", "bands"].split(",")]
    assert bands == sorted(bands)
    assert sum(band in {0, 1, 4, 5, 8, 9} for band in bands) >= 2
    # 400 to 1050 nm in 14 bands: 50 nm apart
    nm = [float(word) for word in table.loc["relevance", "wavelength_nm"].split(",")]
    assert nm == [400 + 50 * band for band in bands]
    assert sorted(map(float, table.loc["relevance", "ranked_nm"].split(","))) == nm


def test_the_bands_option_of_the_next_command_gives_these_bands(selected: Path, run: Path) -> None:
    table = pd.read_csv(selected / "selection.csv", dtype=str).set_index("method")
    trained = TrainedNetwork.load(run)
    bands = tuple(int(word) for word in table.loc["equal", "bands"].split(","))
    again = replace(
        trained, record={**trained.record, "preparation": {**trained.record["preparation"], "bands": bands}}
    )
    patch = open_own_samples(again).cut(np.array([0]))
    assert ",".join(f"{nm:.1f}" for nm in patch["wavelength"].values) == table.loc["equal", "wavelength_nm"]


def test_a_killed_call_goes_on_with_its_selection(run: Path, selected: Path, tmp_path: Path) -> None:
    chosen = {"method": "equal", "k": 3, "bands": [1, 2, 3], "seeds": [0]}
    (tmp_path / "selection.json").write_text(json.dumps({"sets": [chosen], "notes": ["from before"]}))
    rows = pd.read_csv(selected / "accuracy.csv")
    rows[rows["method"].isin(["all", "equal"])].to_csv(tmp_path / "accuracy.csv", index=False)
    record = select_into(tmp_path, run, SETTINGS, SILENT)
    assert [choice["bands"] for choice in record["bands"]] == ["1,2,3"]
    assert record["notes"] == ["from before", FEW]
    assert not (tmp_path / "selection.json").exists()


def test_a_choice_that_is_refused_is_said_and_the_rest_is_made(
    run: Path, selected: Path, tmp_path: Path
) -> None:
    rows = pd.read_csv(selected / "accuracy.csv")
    rows[rows["method"] == "all"].to_csv(tmp_path / "accuracy.csv", index=False)
    record = select_into(
        tmp_path, run, replace(SETTINGS, methods=("equal",), counts=(2, 14), seeds=1), SILENT
    )
    assert record["notes"] == [
        "14 bands are left out: k should be 1 to 13, the number of bands that vary. Found 14. "
        "Select fewer bands",
        FEW,
    ]
    assert [(row["method"], row["k"]) for row in record["accuracy"]] == [("all", 13), ("equal", 2)]


def test_no_possible_choice_is_refused_before_any_training(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Found none: 14 bands are left out: k should be 1 to 13"):
        select_into(tmp_path, run, replace(SETTINGS, methods=("equal",), counts=(14,)), SILENT)
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_cannot_be_explained_is_said_once(run: Path, selected: Path, tmp_path: Path) -> None:
    other = shutil.copytree(run, tmp_path / "run")
    record = json.loads((other / "run.json").read_text())
    del record["training"]["mean_spectrum"]  # what the default rule compares with
    (other / "run.json").write_text(json.dumps(record))
    (tmp_path / "out").mkdir()
    rows = pd.read_csv(selected / "accuracy.csv")
    rows[rows["method"].isin(["all", "equal"])].to_csv(tmp_path / "out" / "accuracy.csv", index=False)
    methods = ("relevance", "equal")
    record = select_into(tmp_path / "out", other, replace(SETTINGS, methods=methods), SILENT)
    assert record["notes"][0].startswith("there is no relevance: the run should hold the mean spectrum")
    assert "relevance with 3 bands is left out: " in record["notes"][1]
    assert [choice["method"] for choice in record["bands"]] == ["equal"]


def test_the_plan_names_settings_and_weights(run: Path) -> None:
    plan = plan_selection(run, SETTINGS)
    assert plan["selection"]["counts"] == [3]
    assert plan["weights_sha256"] != ""
    assert plan != plan_selection(run, replace(SETTINGS, seeds=3))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": ("lasso",)}, r"methods should be some of relevance, .*\. Found lasso\."),
        ({"methods": ()}, r"Found none\. Name them by commas"),
        ({"counts": (5, 0)}, r"at least 1\. Found \[5, 0\] bands and 2 seeds"),
        ({"seeds": 0}, r"Found \[3\] bands and 0 seeds"),
    ],
)
def test_bad_settings(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(SETTINGS, **options)  # type: ignore[arg-type]
