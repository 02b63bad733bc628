from math import isnan, nan, sqrt

import pandas as pd
import pytest

from lrprism.errors import InputError
from lrprism.spectral.training import Classification, Metrics, summarize_seeds
from lrprism.spectral.training.seeds import measure_scatter


def result(accuracy: float, f1: tuple[float | None, ...], kappa: float | None = 0.5) -> Metrics:
    return Metrics(accuracy=accuracy, f1=f1, macro_f1=0.6, kappa=kappa, confusion=((1, 0), (0, 1)))


def row(table: pd.DataFrame, quantity: str, class_name: str = "") -> pd.Series:
    summary = table[(table["quantity"] == quantity) & (table["output"] == class_name)]
    assert len(summary) == 1
    return summary.iloc[0]


def test_three_seeds_by_hand() -> None:
    table = summarize_seeds(
        [result(each, (0.2, 0.4)) for each in (0.7, 0.75, 0.8)], Classification(("oak", "elm"))
    )
    assert list(table.columns) == ["quantity", "output", "mean", "sd", "low", "high", "n"]
    assert table["quantity"].tolist() == ["accuracy", "macro_f1", "kappa", "f1", "f1"]
    assert table["output"].tolist() == ["", "", "", "oak", "elm"]
    accuracy = row(table, "accuracy")
    # deviations -0.05, 0, 0.05: sd = sqrt(0.005 / 2) = 0.05; t of 2 degrees of freedom at 0.975 is 4.30265
    assert accuracy["mean"] == pytest.approx(0.75)
    assert accuracy["sd"] == pytest.approx(0.05)
    assert accuracy["low"] == pytest.approx(0.75 - 4.30265 * 0.05 / sqrt(3), abs=1e-6)
    assert accuracy["high"] == pytest.approx(0.75 + 4.30265 * 0.05 / sqrt(3), abs=1e-6)
    assert accuracy["n"] == 3


def test_two_seeds_by_hand() -> None:
    # the mean of two lies 12.7062 * (0.04 / sqrt 2) / sqrt 2 = 0.254124 from the ends of its interval
    summary = row(
        summarize_seeds([result(0.48, (1.0, 0.2)), result(0.52, (1.0, 0.2))], Classification(("oak", "elm"))),
        "accuracy",
    )
    assert summary["high"] - summary["mean"] == pytest.approx(0.254124, abs=1e-6)
    assert summary["mean"] - summary["low"] == pytest.approx(0.254124, abs=1e-6)


def test_ends_that_no_score_can_reach_are_cut_off() -> None:
    results = [result(0.3, (1.0, 0.2)), result(0.7, (1.0, 0.2))]
    summary = row(summarize_seeds(results, Classification(("oak", "elm"))), "accuracy")
    assert (summary["low"], summary["high"]) == (0, 1)


def test_results_that_do_not_scatter_have_an_interval_of_no_width() -> None:
    summary = row(summarize_seeds([result(0.5, (1.0, 0.2))] * 4, Classification(("oak", "elm"))), "f1", "oak")
    assert (summary["mean"], summary["sd"], summary["low"], summary["high"], summary["n"]) == (1, 0, 1, 1, 4)


def test_what_is_not_known_is_left_out_and_n_says_so() -> None:
    results = [result(0.5, (None, None), None), result(0.5, (0.4, None)), result(0.5, (0.6, None))]
    table = summarize_seeds(results, Classification(("oak", "elm")))
    assert row(table, "f1", "oak")["mean"] == pytest.approx(0.5)
    assert row(table, "f1", "oak")["sd"] == pytest.approx(0.1 * sqrt(2))
    assert table["n"].tolist() == [3, 3, 2, 2, 0]
    assert row(table, "f1", "elm")[["mean", "sd", "low", "high"]].isna().all()


def test_one_seed_has_no_interval() -> None:
    summary = row(summarize_seeds([result(0.5, (0.1, 0.2))], Classification(("oak", "elm"))), "accuracy")
    assert summary["mean"] == 0.5
    assert [summary["sd"], summary["low"], summary["high"]] == pytest.approx([nan] * 3, nan_ok=True)
    assert summary["n"] == 1


def test_no_seed_and_other_classes_are_refused() -> None:
    with pytest.raises(InputError, match=r"at least 1 seed\. Found none\. Train first\."):
        summarize_seeds([], Classification(("oak",)))
    with pytest.raises(InputError, match=r"the 3 classes named\. Found one of 2\. Give the names"):
        summarize_seeds([result(0.5, (0.1, 0.2))], Classification(("oak", "elm", "ash")))


def test_the_scatter_of_one_result_by_hand() -> None:
    # mean 3, deviations -1, 0, 1: s = 1, t = 4.3027 with 2 degrees of freedom, half width 4.3027 / sqrt(3)
    scatter = measure_scatter([2.0, 3.0, 4.0])
    assert (scatter["mean"], scatter["sd"], scatter["n"]) == (3, 1, 3)
    assert scatter["high"] - scatter["mean"] == pytest.approx(4.30265 / 3**0.5, rel=1e-5)
    assert isnan(measure_scatter([2.0])["low"])
    assert isnan(measure_scatter([])["mean"])
