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


@pytest.mark.parametrize(
    ("reference", "what"), [("zero", "logit"), ("mean", "logit less that of the reference")]
)
def test_sinks(console: Console, reference: str, what: str) -> None:
    summary = {"explained": 4.0, "at_input": 3.0, "to_bias": 0.75, "to_rule": 0.25, "unaccounted": 0.0}
    output.print_conservation(console, {"conservation": summary, "reference": reference, "unit": "logit"})
    assert read_lines(console) == [
        f"Of 4 explained ({what}, mean per sample), 3 reached the input; 0.75 to bias, 0.25 to rule; "
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


def test_the_groups_of_the_test_samples_are_counted(console: Console) -> None:
    grouped = record(None)
    # two plants of each class, all but one sample of the first class right
    grouped["test"] = {
        **TEST,
        "confusion": [[19, 1, 0], [0, 20, 0], [0, 0, 20]],
        "groups": 6,
        "units": [2, 2, 2],
    }
    output.print_training(console, grouped)
    first, *_, last = read_lines(console)
    assert "test samples of 6 groups, split by" in first
    # all six right by luck in one of 729 cases, five or six in 13 (1.8 %), four or more in 73 (10 %)
    assert not last.startswith("Do not explain it yet")


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
