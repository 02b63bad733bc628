from pathlib import Path

import pandas as pd
import pytest


def test_bands_are_selected_trained_again_and_named_for_the_next_command(
    lrprism: object, trained: Path, tmp_path: Path
) -> None:
    out = tmp_path / "bands"
    options = ("--select", "equal, random", "-k", "3,9", "--seeds", "1", "--out", out)
    code, text, progress = lrprism("bands", trained, *options)
    assert code == 0, progress
    assert "selecting bands by equal" in progress
    table = pd.read_csv(out / "selection.csv", dtype=str)
    assert f"--bands {table['bands'][0]}" in text
    assert "equal 3: " in text
    assert "random 3, seed 0: " in text
    assert "Note: 9 bands are left out: k should be 1 to 6" in text
    assert "not of other fields or images" in text
    assert str(out / "accuracy.csv") in text
    code, _, errors = lrprism("bands", trained, *options)
    assert code == 2
    assert "--overwrite" in errors


def test_seeds_alone_tell_what_networks_agree_on(lrprism: object, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "shares"
    options = ("--seeds", "2", "--per-class", "5", "--least-accuracy", "0", "--jobs", "1", "--out", out)
    code, text, progress = lrprism("bands", trained, *options)
    assert code == 0, progress
    assert "training and explaining with seed 1" in progress
    assert "2 of 2 trainings gave a good network" in text
    assert "intervals are wide" in text
    assert str(out / "shares.csv") in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Found no --select and no --seeds. Name some of relevance, gss"),
        (("--seeds", "1"), "Found no --select and --seeds 1. Name some of relevance, gss"),
        (("--seeds", "3", "--least-accuracy", "90"), "should be from 0 to 1. Found 90.0"),
        (("--select", "lasso"), "Found lasso"),
        (
            ("--select", "equal", "-k", "5,ten"),
            "-k should be whole numbers by commas, such as 5,10,30. Found '5,ten'",
        ),
    ],
)
def test_bad_options_end_with_one_line(
    lrprism: object, trained: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    code, _, errors = lrprism("bands", trained, *options, "--out", tmp_path / "bands")
    assert code == 2
    assert message in errors
    assert list(tmp_path.iterdir()) == []
