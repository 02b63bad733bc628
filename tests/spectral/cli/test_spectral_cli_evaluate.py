from pathlib import Path

import pandas as pd


def test_rules_are_judged_and_results_are_not_overwritten_unasked(
    lrprism: object, trained: Path, tmp_path: Path
) -> None:
    out = tmp_path / "trust"
    options = ("--rules", "epsilon@mean, epsilon-plus", "--width", "3", "--out", out)
    code, text, progress = lrprism("evaluate", trained, *options)
    assert code == 0, progress
    assert "judging 2 rules on 12 samples" in progress
    assert "removed together: 2 windows of 3 along axis 1 of 6" in text
    assert "epsilon-plus: Better than a random ranking under" in text
    assert "What these tests cannot show" in text
    assert str(out / "curves.csv") in text
    assert {"epsilon@mean", "epsilon-plus"} < {*pd.read_csv(out / "evaluation.csv")["method"]}
    code, _, errors = lrprism("evaluate", trained, *options)
    assert code == 2
    assert "--overwrite" in errors


def test_an_unknown_rule_ends_with_one_line(lrprism: object, trained: Path, tmp_path: Path) -> None:
    code, _, errors = lrprism("evaluate", trained, "--rules", "shapley", "--out", tmp_path / "trust")
    assert code == 2
    assert "Found 'shapley'" in errors
    assert not (tmp_path / "trust").exists()
