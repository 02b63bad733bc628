from pathlib import Path

import pandas as pd
import pytest
import torch

from lrprism.evaluation import Bootstrap, Interval, roc_auc
from lrprism.spectral.workbench.calibrate import Calibration, Score, calibrate_into
from lrprism.spectral.workbench.candidates import Candidate
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT

RULES = ("epsilon", "epsilon@mean", "epsilon")


@pytest.fixture(scope="module")
def calibrated(spectra_run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Calibration]:
    folder = tmp_path_factory.mktemp("calibrated")
    return folder, calibrate_into(folder, TrainedNetwork.load(spectra_run), RULES, 0, SILENT)


def test_ways_are_ranked_by_what_they_find(calibrated: tuple[Path, Calibration]) -> None:
    folder, calibration = calibrated
    table = pd.read_csv(folder / "calibration.csv")
    ways = table[~table["control"]]
    assert {*ways["rule"] + "@" + ways["reference"]} == {"epsilon@zero", "epsilon@mean"}
    assert ways["auc"].is_monotonic_decreasing
    assert table[table["control"]]["name"].tolist() == ["random", "|x - mean|", "|dx/db|", "ANOVA F"]
    mask = torch.from_numpy(calibration.planted.truth.bands)
    for score in calibration.scores:
        expected = roc_auc(score.magnitude.mean(0), mask).item()
        assert score.figures["auc"].value == pytest.approx(expected)
        assert score.behind is not None
        assert score.behind.value == pytest.approx(ways["auc"].iloc[0] - expected, abs=1e-9)
    # the features are high, and nothing else tells the classes
    assert ways["auc"].iloc[0] > 0.9


def test_words_are_written_and_say_what_they_cannot_show(calibrated: tuple[Path, Calibration]) -> None:
    folder, calibration = calibrated
    text = (folder / "calibration.txt").read_text(encoding="utf-8")
    assert text == f"{calibration}\n"
    assert "Calibration on planted features\n  planted: 3 new classes" in text
    assert f"best: {calibration.scores[0].name}, " in text
    assert "What this cannot show" in text
    assert "note: few bands carry the class" in text


def flat(value: float) -> Interval:
    return Interval(value, value - 0.02, value + 0.02)


@pytest.mark.parametrize(
    ("auc", "first", "words"),
    [
        (0.51, 0.2, "no map finds what was planted better than chance (AUC 0.510 [0.490, 0.530])"),
        (0.8, 0.25, "of the 4 bands that it ranks highest, 3.0 carry nothing"),
        (0.8, 0.25, "On data like these, take what it names for a hint that needs another proof."),
        (0.97, 0.75, "ranks above another in 97.0% of the cases"),
        (0.97, 0.75, "read regions off it, not single bands."),
        # four bands are too few to speak of single ones
        (1.0, 1.0, "read regions off it, not single bands."),
    ],
)
def test_figures_become_advice(
    calibrated: tuple[Path, Calibration], auc: float, first: float, words: str
) -> None:
    _, calibration = calibrated
    figures = {"auc": flat(auc), "average_precision": flat(0.5), "precision_at_k": flat(first)}
    best = Score(
        "epsilon", Candidate("epsilon"), figures, torch.zeros(1, 24), Bootstrap().measure(torch.zeros(3))
    )
    count = int(calibration.planted.truth.bands.sum())
    words = words.replace("the 4 bands", f"the {count} bands").replace(
        "3.0 carry", f"{0.75 * count:.1f} carry"
    )
    assert words in str(Calibration(calibration.planted, (best,), (), ()))
