from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from lrprism.spectral.cli import output

SPLIT = {"test": 12, "scheme": "blocks", "notes": ["blocks were searched"]}
TEST = {"accuracy": 0.875, "macro_f1": 0.5, "kappa": 0.25, "confusion": [[50, 0], [14, 48]]}


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO(), width=200)


def read_lines(console: Console) -> list[str]:
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]  # a StringIO


def record(overlap: float | None, kappa: float | None = 0.25) -> dict[str, object]:
    return {
        "task": {"name": "classification", "names": ["oak", "elm"]},
        "test": {**TEST, "kappa": kappa},
        "split": {**SPLIT, "test_windows_that_overlap_a_training_window": overlap},
        "data": {"assumed": ["radiance"], "attribution": "Purdue"},
    }


def test_scores_and_notes(console: Console) -> None:
    output.print_training(console, record(0.125))
    assert read_lines(console) == [
        "Accuracy 87.5 %, macro F1 0.500, kappa 0.250 on 12 test samples, split by blocks.",
        "12.5 % of the test windows overlap a window that the network was trained with.",
        "Note: radiance.",
        "Note: blocks were searched.",
    ]


@pytest.mark.parametrize(("overlap", "lines"), [(0.0, 4), (None, 3)])
def test_no_overlap_is_said_of_scenes_alone(console: Console, overlap: float | None, lines: int) -> None:
    output.print_training(console, record(overlap, kappa=None))
    printed = read_lines(console)
    assert "kappa" not in printed[0]
    assert len(printed) == lines
    assert ("No test window overlaps" in printed[1]) is (overlap == 0)


def test_seeds(console: Console) -> None:
    rows = [
        ("accuracy", None, 0.9, 0.8, 1.0, 0.01, 3),
        ("macro_f1", None, 0.7, 0.6, 0.8, 0.02, 3),
        ("f1", "oak", 0.5, 0, 1, 0, 2),
        ("rmse", "N", 0.5, 0.25, 0.75, 0.125, 3),
    ]
    output.print_seeds(
        console, pd.DataFrame(rows, columns=["quantity", "output", "mean", "low", "high", "sd", "n"])
    )
    assert read_lines(console) == [
        "Over 3 seeds, mean with its 95 % interval:",
        "  accuracy 0.9000 (0.8000 to 1.0000), sd 0.0100",
        "  macro F1 0.7000 (0.6000 to 0.8000), sd 0.0200",
        "  rmse N 0.5000 (0.2500 to 0.7500), sd 0.1250",
    ]


def build_bands(wavelength: list[float], pooled_nm: float) -> pd.DataFrame:
    """Relevance of one class: the strongest band is the second one."""
    values = [1.0, 9.0, 2.0, 4.0][: len(wavelength)]
    table = pd.DataFrame({"wavelength_nm": wavelength, "sum": values, "pooled_sum": values})
    table["rank"] = table["sum"].rank(ascending=False).astype(int)
    return table.assign(**{"class": 0, "class_name": "oak", "pooled_nm": pooled_nm})


def test_bands_as_computed_and_regions_of_the_pooled_map(console: Console) -> None:
    output.print_bands(console, build_bands([640.0, 670.0, 700.0, 2500.0], 60.0))
    assert read_lines(console) == [
        "The three bands that speak most for each class:",
        "  oak: 670.0 nm, chlorophyll a absorption; 2500.0 nm; 700.0 nm, red edge",
        "Summed over 60 nm along wavelength, the three regions that speak most:",
        "  oak: 640 to 700 nm (chlorophyll b absorption, chlorophyll a absorption); 2470 to 2500 nm",
    ]


def test_a_wide_region_names_no_cause(console: Console) -> None:
    output.print_bands(console, build_bands([450.0, 550.0, 650.0], 300.0))
    assert read_lines(console)[-1] == "  oak: 450 to 650 nm"


@pytest.mark.parametrize("pooled_nm", [None, 20.0])
def test_no_regions_where_every_band_stands_alone(console: Console, pooled_nm: float | None) -> None:
    table = build_bands([640.0, 670.0, 700.0], pooled_nm or 0.0)
    columns = ["pooled_nm", "pooled_sum"] if pooled_nm is None else []
    output.print_bands(console, table.drop(columns=columns))
    assert len(read_lines(console)) == 2


@pytest.mark.parametrize(
    ("reference", "what"), [("zero", "logit"), ("mean", "logit less that of the reference")]
)
def test_sinks(console: Console, reference: str, what: str) -> None:
    summary = {"explained": 4.0, "at_input": 3.0, "to_bias": 0.75, "to_rule": 0.25, "unaccounted": 0.0}
    output.print_conservation(console, {"conservation": summary, "reference": reference, "unit": "logit"})
    assert read_lines(console) == [
        f"Of 4 explained ({what}, mean per patch), 3 reached the input; 0.75 to bias, 0.25 to rule; "
        "0 unaccounted for."
    ]


def test_a_network_at_chance_level_is_said(console: Console) -> None:
    chance = record(None)
    chance["test"] = {**TEST, "confusion": [[10, 8, 2], [0, 9, 11], [0, 16, 4]]}
    output.print_training(console, chance)
    # balanced accuracy 23 / 60; luck 1/3 + 2 sqrt(3 * 2/9 / 20) / 3
    assert read_lines(console)[-1] == (
        "Do not explain it yet: the network predicts no better than chance, with a balanced accuracy of "
        "0.383 on 60 test samples, where 0.333 is chance and up to 0.455 is luck."
    )


def test_files_and_credit(console: Console, tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.png").touch()
    (tmp_path / "run.json").touch()
    output.print_files(console, tmp_path)
    output.print_attribution(console, record(None))
    output.print_attribution(console, {"data": {"attribution": ""}})
    assert read_lines(console) == [
        "Results:",
        f"  {tmp_path}/figures/ (1 files)",
        f"  {tmp_path}/run.json",
        "Data: Purdue",
    ]
