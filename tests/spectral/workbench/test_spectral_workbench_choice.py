import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.runs import write_json
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import ExplanationSettings, explain_into
from lrprism.spectral.workbench.choice import Choice, choose_way, drop_record
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part, read_tensors
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT

AUTO = ExplanationSettings(rule="auto", devices=Devices("cpu"), per_class=2, figures="none")


@pytest.fixture(scope="module")
def chosen(spectra_run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Choice]:
    folder = tmp_path_factory.mktemp("chosen")
    return folder, choose_way(folder, TrainedNetwork.load(spectra_run), AUTO, SILENT)


def row(rule: str, behind: float, low: float, *, mean: float, line: float) -> dict[str, object]:
    score = (mean + line) / 2
    return {
        "rule": rule, "reference": "mean", "pool_nm": 0.0,
        "srg": score, "srg_low": score - 0.1, "srg_high": score + 0.1,
        "behind": behind, "behind_low": low, "behind_high": behind + 0.1,
        "srg_under_training_mean": mean, "srg_under_interpolation": line,
    }  # fmt: skip


def test_the_best_is_first_and_the_table_holds_all(chosen: tuple[Path, Choice]) -> None:
    folder, choice = chosen
    table = pd.read_csv(folder / "choice.csv")
    assert table["srg"].is_monotonic_decreasing
    np.testing.assert_allclose(table["behind"], table["srg"][0] - table["srg"], atol=1e-9)
    halves = table[["srg_under_training_mean", "srg_under_interpolation"]].mean(axis=1)
    np.testing.assert_allclose(table["srg"], halves, atol=1e-9)
    assert choice.winner.rule == table["rule"][0]
    # the two planted bands of each class lie next to each other: any map beats a random one
    assert table["srg_low"][0] > 0.3


def test_the_test_part_has_no_say(chosen: tuple[Path, Choice], spectra_run: Path) -> None:
    _, choice = chosen
    trained = TrainedNetwork.load(spectra_run)
    assert choice.part == "train"  # the validation part has fewer than twenty
    assert len(read_part(trained, "validation")) < 20
    x, target = read_tensors(open_own_samples(trained), read_part(trained, "train"))
    assert choice.samples <= (trained.model(x).argmax(1) == target).sum()


def test_words_say_who_won_by_how_much_and_what_that_leaves_open() -> None:
    rows = [
        row("epsilon", 0.0, 0.0, mean=0.6, line=0.02),
        row("epsilon-plus", 0.05, -0.01, mean=0.4, line=0.12),
        row("tutorial", 0.2, 0.1, mean=0.1, line=0.1),
    ]
    lines = Choice(rows, "validation", 44, ("some note",)).describe()
    assert lines[0] == (
        "Chosen on 44 samples of the validation part: epsilon@mean, mean SRG 0.310 [0.210, 0.410]; "
        "0.050 ahead of epsilon-plus@mean; 1 other may be as good, as far as these samples tell."
    )
    assert lines[1] == "  epsilon@mean: 0.310 [0.210, 0.410] (training mean 0.600, interpolation 0.020)"
    text = "\n".join(lines)
    assert "lrprism" not in lines[0]
    assert lines[4] == (
        "Read the map as computed. The same again: --rule epsilon --reference mean. "
        "All 3 candidates: choice.csv."
    )
    assert "Do not trust" not in text
    assert "Note: some note." in text
    assert "filled in by interpolation the winner has SRG 0.020, epsilon-plus@mean 0.120" in text
    assert "not that single bands are right" in lines[-1]


def test_a_winner_that_chance_may_have_made_is_not_to_be_trusted() -> None:
    lines = Choice([row("epsilon", 0.0, 0.0, mean=0.1, line=0.06)], "train", 44, ()).describe()
    assert (
        "Do not trust these maps: no way to explain surely ranks the bands better than at random" in lines[3]
    )


def test_both_maps_are_there_where_the_map_as_computed_won(spectra_run: Path, tmp_path: Path) -> None:
    run, out = shutil.copytree(spectra_run, tmp_path / "run"), tmp_path / "out"
    record = json.loads((run / "run.json").read_text())
    record["training"]["resolution"]["nm"] = 80.0
    (run / "run.json").write_text(json.dumps(record))
    out.mkdir()
    choice = Choice([row("epsilon", 0.0, 0.0, mean=0.6, line=0.5)], "train", 44, ())
    write_json(out / "choice.json", asdict(choice))  # as unfinished work left it
    explained = explain_into(out, run, AUTO, SILENT)
    assert explained is not None
    assert explained["resolution_nm"] == 80
    assert set(pd.read_csv(out / "bands.csv")["pooled_nm"]) == {80}
    words = (out / "explanation.txt").read_text()
    assert "Explained by epsilon against the training mean: chosen by --rule auto." in words
    assert "Maps: as computed, and averaged over 80 nm along wavelength" in words
    assert "Read the map as computed." in words


def test_an_explanation_by_the_choice_says_so(spectra_run: Path, tmp_path: Path) -> None:
    record = explain_into(tmp_path, spectra_run, AUTO, SILENT)
    assert record is not None
    stored = json.loads((tmp_path / "run.json").read_text())["explanation"]
    winner = Choice.from_record(stored["choice"]).winner
    dataset = xr.open_zarr(tmp_path / "relevance.zarr")
    assert dataset.attrs["reference"] == stored["reference"] == winner.reference
    assert dataset.attrs["composite"] == stored["composite"]
    assert stored["resolution_nm"] == TrainedNetwork.load(spectra_run).resolution
    assert stored["settings"]["rule"] == "auto"
    assert stored["samples"]["part"] == "test"
    assert (tmp_path / "choice.csv").is_file()
    assert not (tmp_path / "choice.json").exists()


def test_what_the_user_names_stays(spectra_run: Path, tmp_path: Path) -> None:
    settings = ExplanationSettings(rule="auto", reference="continuum", pool=40.0)
    choice = choose_way(tmp_path, TrainedNetwork.load(spectra_run), settings, SILENT)
    assert {(row["reference"], row["pool_nm"]) for row in choice.rows} == {("continuum", 40.0)}
    resolved = choice.resolve(settings)
    assert (resolved.reference, resolved.pool) == ("continuum", 40.0)


def test_a_choice_is_made_once_for_unfinished_work(spectra_run: Path, chosen: tuple[Path, Choice]) -> None:
    folder, choice = chosen
    (folder / "choice.csv").unlink()
    again = choose_way(folder, TrainedNetwork.load(spectra_run), AUTO, SILENT)
    assert again.describe() == choice.describe()
    assert not (folder / "choice.csv").exists()
    drop_record(folder)
    assert not (folder / "choice.json").exists()


def test_a_network_whose_training_part_is_not_known(spectra_run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(spectra_run, tmp_path / "copy")
    table = pd.read_csv(copy / "split.csv").assign(part="test")
    table.to_csv(copy / "split.csv", index=False)
    with pytest.raises(DataError, match=r"rule auto should choose on samples that are not explained"):
        choose_way(tmp_path, TrainedNetwork.load(copy), AUTO, SILENT)


def test_where_a_width_joins_bands_only_summed_maps_are_ranked(spectra_run: Path, tmp_path: Path) -> None:
    trained = TrainedNetwork.load(spectra_run)
    wide = replace(trained, record={**trained.record, "resolution": {"nm": 80.0}})
    choice = choose_way(tmp_path, wide, AUTO, SILENT)
    assert {row["pool_nm"] for row in choice.rows} == {80.0}
