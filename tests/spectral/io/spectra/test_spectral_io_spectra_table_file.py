from pathlib import Path

import pandas as pd
import pytest

import lrprism as lp
from lrprism.spectral.io.spectra.table_file import read_table_file


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id,450,550\na,0.1,0.2\nb,0.3,0.4\n", "utf-8"),
        ("id;450;550\r\na;0.1;0.2\r\nb;0.3;0.4\r\n", "utf-8-sig"),
        ("id;450;550\na;0,1;0,2\nb;0,3;0,4\n\n\n", "utf-8"),
        ("id\t450\t550\na\t0,1\t0,2\nb\t0,3\t0,4", "utf-16"),
        ("# Field\n\nid,450,550\na,0.1,0.2\nb,0.3,0.4", "utf-8"),
    ],
)
def test_separators_decimal_signs_and_encodings(tmp_path: Path, text: str, encoding: str) -> None:
    table = read_table_file(write(tmp_path / "t.csv", text, encoding))
    assert table.names == ("id", "450", "550")
    assert table.frame.to_numpy().tolist() == [["a", 0.1, 0.2], ["b", 0.3, 0.4]]
    first = 4 if text.startswith("#") else 2
    assert table.lines == (f"line {first}", f"line {first + 1}")


def test_equal_names_stay_equal_and_cells_may_be_quoted(tmp_path: Path) -> None:
    table = read_table_file(write(tmp_path / "t.csv", 'site,450,450\n"a, b",1,2\n'))
    assert table.names == ("site", "450", "450")
    assert table.frame.to_numpy().tolist() == [["a, b", 1, 2]]


def test_a_code_page_of_windows_is_said(tmp_path: Path) -> None:
    table = read_table_file(write(tmp_path / "t.csv", "Müsli,450\nKäse,1\n", "cp1252"))
    assert table.names == ("Müsli", "450")
    assert table.notes == ("the text is taken to be of code page 1252",)


def test_words_that_are_read_as_missing_are_told(tmp_path: Path) -> None:
    text = "id,kind,450\na,NA,1\nb,oak,2\nc,NA,NA\nd,null,3\ne,,4\n"
    table = read_table_file(write(tmp_path / "t.csv", text))
    assert table.frame[1].isna().tolist() == [True, False, True, True, True]
    # a number that is missing is one, whatever the word
    assert table.notes == ("missing cells in the column 'kind': 'NA' 2 times, 'null' 1 times",)


def test_parquet_keeps_its_index(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"450": [0.1, 0.2]}, index=pd.Index(["a", "b"], name="plant"))
    frame.to_parquet(tmp_path / "t.parquet")
    table = read_table_file(tmp_path / "t.parquet")
    assert table.names == ("plant", "450")
    assert table.lines == ("row 0", "row 1")
    assert table.frame.to_numpy().tolist() == [["a", 0.1], ["b", 0.2]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a table of spectra\. Found an empty file"),
        (b"\0\1\2\0", r"a text table\. Found binary data\. Save it as csv"),
        (b"a;450\n1;0,5\n2;0.5\n", r"one decimal sign\. Found '0,5' and '0\.5'\. Write all"),
        (b"a,450\n1,0,5\n", r"should have 2 cells, as its header\. Found 3 in line 2\. Write decimal points"),
        (b"a;450\n1;2\n1\n", r"Found 1 in line 3\. Correct the line"),
        (b'a,450\n"1,5",2\n1,"2,5",3\n', r"Found 3 in line 3"),
        (b"PAR1damaged", r"pyarrow|cannot be read"),
    ],
)
def test_files_that_are_no_table(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises((lp.DataError, lp.InputError), match=message):
        read_table_file(tmp_path / "t.csv")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(lp.DataError, match=r"Found no such file"):
        read_table_file(tmp_path / "t.csv")
