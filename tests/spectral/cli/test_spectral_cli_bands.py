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
    assert "Note: equal with 9 bands is left out: k should be 1 to 6" in text
    assert "not of other fields or images" in text
    assert str(out / "accuracy.csv") in text
    code, _, errors = lrprism("bands", trained, *options)
    assert code == 2
    assert "--overwrite" in errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Found no --select. Name some of relevance, gss"),
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
