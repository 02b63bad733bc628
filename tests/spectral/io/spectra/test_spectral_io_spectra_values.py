import numpy as np
import pandas as pd
import pytest

import lrprism as lp
from lrprism.spectral.io.spectra.band_columns import find_band_columns
from lrprism.spectral.io.spectra.table_file import TableFile
from lrprism.spectral.io.spectra.values import drop_missing, note_scale, read_values

NAN = float("nan")
BANDS = find_band_columns(["450 nm", "550 nm", "650 nm"])


def build_table(rows: list[list[object]]) -> TableFile:
    frame = pd.DataFrame(rows).infer_objects()
    return TableFile(BANDS.names, frame, tuple(f"line {row + 2}" for row in range(len(rows))))


def test_missing_rows_bands_and_cells_are_left_out_and_said() -> None:
    table = build_table([[1, NAN, 2], [NAN, NAN, NAN], [3, NAN, -9999], [5, NAN, 6]])
    rows, kept, notes = drop_missing(read_values(table, BANDS), table, BANDS)
    assert (rows.tolist(), kept.tolist()) == ([0, 3], [0, 2])
    assert notes == [
        "1 bands have no value and are left out, the first is '550 nm'",
        "1 rows without a value are left out",
        "1 spectra have missing values and are left out, the first is line 4",
    ]


def test_complete_rows_have_no_notes() -> None:
    table = build_table([[1, 2, 3], [4, 5, 6]])
    values = read_values(table, BANDS)
    np.testing.assert_array_equal(values, [[1, 2, 3], [4, 5, 6]])
    assert drop_missing(values, table, BANDS)[2] == []


def test_a_text_among_the_numbers_is_named() -> None:
    table = build_table([[1, 2, 3], [4, "low", 6]])
    with pytest.raises(lp.DataError, match=r"numbers\. Found 'low' in line 3, column '550 nm' \(1 such"):
        read_values(table, BANDS)


def test_nothing_is_left() -> None:
    table = build_table([[1, NAN, 3], [NAN, 2, 3]])
    with pytest.raises(lp.DataError, match=r"rows without a missing value\. Found none of 2\. Fill"):
        drop_missing(read_values(table, BANDS), table, BANDS)


def test_percent_and_fractions() -> None:
    assert note_scale(np.array([[0.2, 0.5], [0.9, 1.1]])) == []
    assert note_scale(np.array([[20.0, 50], [30, 95]])) == [
        "values may be percent; they are left as they are"
    ]
    (note,) = note_scale(np.array([[0.2, 0.5], [30, 95], [40, 50]]))
    assert note.startswith("percent and fractions may be mixed: 1 spectra stay below 2, 2 exceed 5")
    assert note_scale(np.array([[955.0, 9604.0]])) == []
