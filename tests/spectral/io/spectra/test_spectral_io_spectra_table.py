from pathlib import Path

import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.io.spectra.table import TABLE, read_spectra_table


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_as_people_have_it(tmp_path: Path) -> None:
    text = (
        "sample;species;650;450;550\nA1;oak;0,3;0,1;0,2\nA2;ash;0,6;0,4;0,5\nA3;oak;;0,4;0,5\nA4;ash;9;8;7\n"
    )
    patches = read_spectra_table(write(tmp_path / "leaves.csv", text), SampleOptions())
    assert patches["wavelength"].values.tolist() == [450, 550, 650]
    assert patches["original_band"].values.tolist() == ["450", "550", "650"]
    np.testing.assert_allclose(
        patches["patch"].values[:, :, 0, 0], [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [8, 7, 9]]
    )
    assert patches["name"].values.tolist() == ["A1", "A2", "A4"]
    assert patches["label"].values.tolist() == [1, 0, 0]
    assert patches.attrs["class_names"] == ["ash", "oak"]
    assert patches.attrs["assumed"] == [
        "decimal commas are read",
        "column names without a unit are taken to be wavelengths in nm",
        "columns were sorted by wavelength: '450' does not follow '650'",
        "1 spectra have missing values and are left out, the first is line 4",
        "percent and fractions may be mixed: 2 spectra stay below 2, 1 exceed 5; they are left as they are",
        "the column 'species' is taken for the class",
    ]


def test_a_table_without_names_has_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "sample,450,550\n1,0.1,0.2\n1,0.3,0.4\n")
    patches = read_spectra_table(path, SampleOptions())
    assert patches["name"].values.tolist() == ["line 2", "line 3"]
    note = (
        "the column 'sample' does not tell the 2 samples apart (different names: 1); they are named by their"
    )
    assert f"{note} lines" in patches.attrs["assumed"]
    # another column tells them apart, or the user says that it names something else
    other = write(tmp_path / "u.csv", "sample,file,450,550\n1,p,0.1,0.2\n1,q,0.3,0.4\n")
    patches = read_spectra_table(other, SampleOptions())
    assert patches["name"].values.tolist() == ["p", "q"]
    assert not any("apart" in note for note in patches.attrs["assumed"])
    patches = read_spectra_table(path, SampleOptions(group_column="sample"))
    assert patches["name"].values.tolist() == ["line 2", "line 3"]
    assert not any("apart" in note for note in patches.attrs["assumed"])


def test_wavenumbers_of_nir(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "8000,5000,4000\n1,2,3\n")
    with pytest.raises(lp.DataError, match=r"descending, without a unit.*Found in '.*t\.csv'"):
        read_spectra_table(path, SampleOptions())
    patches = read_spectra_table(path, SampleOptions(wavelengths="cm-1"))
    assert patches["wavelength"].values.tolist() == [1250, 2000, 2500]
    assert patches["patch"].values.ravel().tolist() == [1, 2, 3]


def test_tables_are_told_by_their_names_and_parquet_by_its_bytes(tmp_path: Path) -> None:
    assert TABLE.detect(FileMarks(str(write(tmp_path / "a.CSV", "x"))))
    assert TABLE.detect(FileMarks(str(write(tmp_path / "a.data", "PAR1"))))
    assert not TABLE.detect(FileMarks(str(write(tmp_path / "a.txt", "x"))))
    assert not TABLE.detect(FileMarks(str(tmp_path)))
