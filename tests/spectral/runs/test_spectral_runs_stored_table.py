from pathlib import Path

import pandas as pd

from lrprism.spectral.runs.stored_table import read_table


def test_names_stay_and_only_empty_cells_are_missing(tmp_path: Path) -> None:
    written = pd.DataFrame({
        "class": [0, 1, 2],
        "class_name": ["NA", "null", "01"],
        "plant": ["007", "nan", "a"],
        "peak_nm": [680.25, None, 1e-300],
        "reasons": ["", "too few", "N/A"],
    })  # fmt: skip
    written.to_csv(tmp_path / "classes.csv", index=False)
    table = read_table(tmp_path / "classes.csv", ["plant"])
    assert table["class_name"].tolist() == ["NA", "null", "01"]
    assert table["plant"].tolist() == ["007", "nan", "a"]
    assert table["reasons"].isna().tolist() == [True, False, False]
    pd.testing.assert_series_equal(table["peak_nm"], written["peak_nm"])
    assert table["class"].dtype.kind == "i"
