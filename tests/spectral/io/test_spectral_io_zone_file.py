from pathlib import Path

import pytest

import lrprism as lp
from lrprism.spectral import read_zones


def test_rows_of_one_name_are_one_zone(tmp_path: Path) -> None:
    path = tmp_path / "zones.csv"
    path.write_text("name,start_nm,end_nm\nwater,930,1000\nred,620,690\nwater,1150,1250\n")
    assert read_zones(path) == {"water": [(930, 1000), (1150, 1250)], "red": [(620, 690)]}


def test_other_delimiters_columns_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "zones.csv"
    path.write_text("\ufeffnote;End_nm;name; start_nm\na, b;690;red;620\n", encoding="utf-8")
    assert read_zones(path) == {"red": [(620, 690)]}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("red,690,620", "'red', '690' to '620' in line 2"),
        ("red,0.62,0.69", "'red', '0.62' to '0.69' in line 2"),
        ("red,620,", "'red', '620' to '' in line 2"),
        ("red", "'red', '' to '' in line 2"),
        (",620,690", "'', '620' to '690' in line 2"),
        ("other,620,690", "'other', '620' to '690' in line 2"),
        ("red,620,inf", "'red', '620' to 'inf' in line 2"),
        ("red,nan,690", "'red', 'nan' to '690' in line 2"),
    ],
)
def test_a_row_that_names_no_stretch(tmp_path: Path, row: str, found: str) -> None:
    (tmp_path / "zones.csv").write_text(f"name,start_nm,end_nm\n{row}\n")
    with pytest.raises(lp.DataError, match=f"wavelengths in nm in each line.* Found {found}"):
        read_zones(tmp_path / "zones.csv")


def test_files_that_hold_no_zones(tmp_path: Path) -> None:
    path = tmp_path / "zones.csv"
    with pytest.raises(lp.DataError, match=r"should be a table of zones\. Found no such file"):
        read_zones(path)
    path.write_text("zone,start_nm\nred,620\n")
    with pytest.raises(lp.DataError, match=r"among them name, start_nm, end_nm\. Found no name, end_nm"):
        read_zones(path)
    path.write_text("name,start_nm,end_nm\n")
    with pytest.raises(lp.DataError, match=r"a row for each stretch of a zone\. Found none"):
        read_zones(path)
    path.write_bytes("name,start_nm,end_nm\nWärme,620,690\n".encode("latin-1"))
    with pytest.raises(lp.DataError, match=r"text in UTF-8\. Found the byte 0xe4.* Save it as UTF-8"):
        read_zones(path)
