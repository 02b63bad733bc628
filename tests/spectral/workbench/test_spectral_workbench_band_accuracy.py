import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from lrprism.spectral.workbench.band_accuracy import note_few_trainings, summarize_accuracy, tell_sufficient


def test_intervals_are_those_of_student() -> None:
    values = [0.6, 0.7, 0.74]
    table = pd.DataFrame(
        {
            "method": ["all"] * 2 + ["gss"] * 3,
            "k": [9] * 2 + [3] * 3,
            "seed": [0, 1, 0, 1, 2],
            "accuracy": [1.0, 0.9, *values],
        }
    )
    summary = summarize_accuracy(table).set_index("method")
    low, high = t.interval(0.95, 2, np.mean(values), np.std(values, ddof=1) / np.sqrt(3))
    assert summary.loc["gss", ["low", "high"]].tolist() == pytest.approx([low, high])
    assert summary.loc["gss", "n"] == 3
    assert summary.loc["gss", "of_all"] == pytest.approx(0.68 / 0.95)
    assert list(summary.index) == ["all", "gss"]
    assert summarize_accuracy(table[2:])["of_all"].isna().all()


def test_intervals_end_where_accuracies_do_and_few_trainings_are_said() -> None:
    # t = 12.7 with two trainings: 0.5 +- 12.7 * 0.1 without bounds
    columns = {"method": ["all"] * 2 + ["gss"], "k": [9, 9, 3], "seed": [0, 1, 0]}
    table = pd.DataFrame({**columns, "accuracy": [0.4, 0.6, 0.7]})
    summary = summarize_accuracy(table)
    assert summary["low"].tolist()[0] == 0
    assert summary["high"].tolist()[0] == 1
    assert summary[["low", "high"]].isna().all(axis=1).tolist() == [False, True]
    assert note_few_trainings(summary) == ["2 trainings where at least 5 are asked for: intervals are wide"]
    assert note_few_trainings(summary[1:]) == []
    assert note_few_trainings(summary.assign(n=5)) == []


def tabulate(full: list[float], few: list[float]) -> pd.DataFrame:
    """Accuracies of all 9 bands and of 3 by relevance, in the order of their seeds."""
    rows = [("all", 9, seed, value) for seed, value in enumerate(full)]
    rows += [("relevance", 3, seed, value) for seed, value in enumerate(few)]
    return pd.DataFrame(rows, columns=["method", "k", "seed", "accuracy"])


@pytest.mark.parametrize(
    ("few", "words"),
    [
        # differences -0.01, 0, 0.01: mean 0, half width 4.30 * 0.01 / sqrt(3) = 0.0248
        ([0.89, 0.70, 0.51], "+0.0 (-2.5 to +2.5), 3 trainings cannot tell"),
        ([0.90, 0.701, 0.499], "+0.0 (-0.2 to +0.2), they would do"),
        ([0.80, 0.601, 0.399], "-10.0 (-10.2 to -9.8), they would not"),
        ([0.80], "-10.0, one training cannot tell"),
    ],
)
def test_bands_would_do_where_the_paired_loss_is_small(few: list[float], words: str) -> None:
    summary = summarize_accuracy(tabulate([0.9, 0.7, 0.5], few))
    head, line = tell_sufficient(summary)
    assert head == "Would they do? Points of accuracy beside all bands, paired by seed; at most 2 lost:"
    assert line == f"  3 bands by relevance: {words}"
    assert tell_sufficient(summary[1:]) == [head, line]


def test_without_trainings_with_all_bands_nothing_is_said_to_do() -> None:
    table = tabulate([0.9, 0.8], [0.9, 0.8])
    assert tell_sufficient(summarize_accuracy(table[table["method"] != "all"])) == []
