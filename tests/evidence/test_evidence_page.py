"""Verdicts, goals and page of made-up results."""

from pathlib import Path

import pytest

import made_up_evidence as made_up
from evidence.candidates import CANDIDATES, CHOSEN, DEFAULT
from evidence.cells import NETWORKS
from evidence.goals import Check, check_all
from evidence.page import render, write_page
from evidence.statistics import Mean
from evidence.verdict import (
    average_metric,
    count_hits,
    group_rows,
    judge_row,
    list_others,
    pick_pooled,
    rank_fixed,
)

RESULTS = made_up.make_results()
MAPS = group_rows(RESULTS, "maps")
CALIBRATIONS = group_rows(RESULTS, "calibrate")
VERDICTS = {key: judge_row(row, CALIBRATIONS[key], str(DEFAULT)) for key, row in MAPS.items()}
CHECKS = check_all(MAPS, group_rows(RESULTS, "blind"), group_rows(RESULTS, "confounder"), VERDICTS)


def find_check(start: str) -> Check:
    (check,) = [check for check in CHECKS if check.what.startswith(start)]
    return check


def test_rows_come_network_by_network_with_their_seeds() -> None:
    assert list(MAPS)[:2] == [(NETWORKS[0], "standardised"), (NETWORKS[0], "raw")]
    assert [result.seed for result in MAPS["cnn", "raw"]] == [1, 2]


def test_a_verdict_says_how_far_choices_are() -> None:
    verdict = VERDICTS["cnn", "raw"]
    assert verdict.best == str(made_up.BEST)
    assert verdict.auc == Mean(0.99, 0.0, 2)
    assert set(verdict.near) == {str(made_up.BEST), str(CHOSEN["cnn"])}
    assert verdict.lag(verdict.auto) == 0
    assert verdict.lag(verdict.auto_of_all) == pytest.approx(0.015)
    assert verdict.lag(verdict.calibrated) == pytest.approx(0.09)
    assert verdict.other[1].value == 0.88


def test_without_calibration_there_is_no_distance() -> None:
    verdict = judge_row(MAPS["cnn", "raw"], (), str(DEFAULT))
    assert verdict.calibrated is None
    assert verdict.lag(verdict.calibrated) is None


def test_methods_of_others_are_neither_ours_nor_controls() -> None:
    expected = [name + end for name in made_up.OTHERS for end in ("", ", pooled")]
    assert list_others(MAPS["cnn", "raw"]) == expected


def test_a_number_that_a_seed_lacks_has_no_mean() -> None:
    row = MAPS["cnn", "raw"]
    assert average_metric(row, "Epsilon", "leaf") is None
    assert average_metric(row, "Nothing", "auc") is None
    assert average_metric(row, "Epsilon", "srg", "swap") is None
    assert average_metric(row, "Epsilon", "srg", "mean") == Mean(0.9, 0.0, 2)


def test_fixed_rules_are_ranked_by_their_largest_distance() -> None:
    ranking = rank_fixed(MAPS)
    assert len(ranking) == len(CANDIDATES)
    assert (ranking[0].name, ranking[0].near, ranking[0].largest) == (str(made_up.BEST), 10, 0.0)
    assert (ranking[-1].near, ranking[-1].far) == (0, 0)


def test_among_pooled_maps_the_best_mean_srg_is_chosen() -> None:
    assert pick_pooled(MAPS["cnn", "raw"][0]) == str(made_up.BEST)
    assert VERDICTS["cnn", "raw"].auto.value == 0.99


def test_hits_are_counted_cell_by_cell() -> None:
    assert count_hits(MAPS, lambda _: str(made_up.AUTO), 0.01) == (0, 20)
    assert count_hits(MAPS, lambda _: str(made_up.AUTO), 0.02) == (20, 20)
    chosen_once = count_hits(MAPS, lambda result: str(made_up.BEST) if result.seed == 1 else None, 0.0)
    assert chosen_once == (10, 10)


def test_goals_are_met_or_missed_by_the_numbers() -> None:
    assert find_check("cnn, standardised: AUC") == Check(
        f"cnn, standardised: AUC of {CHOSEN['cnn']}", "≥ .980", ".985 ± .000", met=True
    )
    assert not find_check("cnn, standardised: SRG (interpolation)").met
    assert find_check("cnn, raw: SRG (interpolation)").met
    lead = find_check("cnn, raw: smallest lead")
    assert (lead.measured, lead.met) == (".105", True)
    assert find_check("hybridsn, raw: AUC").met
    assert find_check("hybridsn, raw: positive relevance").met
    assert not find_check("mlp, raw: SRG (gaussian)").met


def test_goals_of_choices_blind_features_and_confounders() -> None:
    auto = [check for check in CHECKS if "`auto` is" in check.what or "of `auto` from" in check.what]
    assert [(check.measured, check.met) for check in auto] == [("10 of 10", True), (".000", True)]
    assert find_check("mlp: blind feature").met
    assert find_check("mlp: AUC beside a blind feature (ANOVA .870 ± .000)").met
    assert find_check("data sets whose confounder").measured == "2 of 2"
    false = find_check("clean data sets")
    assert (false.asked, false.measured, false.met) == ("≤ 0 of 2", "1 of 2", False)


def test_the_page_says_what_was_measured() -> None:
    text = render(RESULTS)
    met = sum(check.met for check in CHECKS)
    assert f"{met} of {len(CHECKS)} goals" in " ".join(text.split())
    assert "| 1-D CNN | raw | Epsilon, reference mean, pooled | .990 ± .000 |" in text
    assert "| a machine |" in text
    assert "‡ |" in text
    assert "Pooling raises AUC in" in text
    assert "figures/evidence-mlp.png" in text
    assert "| `auto` of all maps, as computed too | 0 of 20 | 20 of 20 |" in text
    assert "{" not in text


def test_page_and_figures_are_written_without_results_of_development(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    development = made_up.make_maps("cnn", "raw", 101)
    chosen = [result for result in RESULTS if result.network == "cnn"]
    results = {result.key: result for result in [*chosen, development]}
    write_page(results, tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == render(chosen)
    assert (tmp_path / "figures/evidence-cnn.png").stat().st_size > 10_000
