from pathlib import Path

import pytest

import lrprism as lp
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.io.spectra.spectrum_files import SPECTRUM_FILES, SPECTRUM_FORMATS, read_spectrum_files


def write_sig(path: Path, percent: tuple[float, ...], first: float = 400.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{first + 10 * row} 1 1 {value}" for row, value in enumerate(percent)]
    path.write_text("\n".join(["data=", *rows]))
    return path


def test_a_folder_of_spectra_with_classes(tmp_path: Path) -> None:
    write_sig(tmp_path / "oak" / "b.sig", (10, 20, 30))
    write_sig(tmp_path / "ash" / "tree 1" / "a.SIG", (40, 50, 60))
    write_sig(tmp_path / "loose.sig", (1, 2, 3))
    (tmp_path / "notes.txt").write_text("sunny")
    assert SPECTRUM_FILES.detect(FileMarks(str(tmp_path)))
    patches = read_spectrum_files(tmp_path, SampleOptions())
    assert patches["name"].values.tolist() == ["ash/tree 1/a.SIG", "loose.sig", "oak/b.sig"]
    assert patches["label"].values.tolist() == [0, -1, 1]
    assert patches.attrs["class_names"] == ["ash", "oak"]
    assert patches["patch"].values[0].ravel().tolist() == pytest.approx([0.4, 0.5, 0.6])
    assert patches["wavelength"].values.tolist() == [400, 410, 420]


def test_one_file_and_a_table_of_labels(tmp_path: Path) -> None:
    path = write_sig(tmp_path / "a.sig", (10, 20))
    assert SPECTRUM_FILES.detect(FileMarks(str(path)))
    assert read_spectrum_files(path, SampleOptions())["label"].values.tolist() == [-1]
    write_sig(tmp_path / "b.sig", (30, 40))
    (tmp_path / "labels.csv").write_text("file,species,plant\nb,oak,1\na,ash,2\n")
    options = SampleOptions(labels=str(tmp_path / "labels.csv"), label_column="species", group_column="plant")
    patches = read_spectrum_files(tmp_path, options)
    assert patches["label"].values.tolist() == [0, 1]
    assert patches["group"].values.tolist() == ["2", "1"]


def test_spectra_that_differ(tmp_path: Path) -> None:
    write_sig(tmp_path / "a.sig", (10, 20))
    write_sig(tmp_path / "b.sig", (10, 20), first=401)
    with pytest.raises(
        lp.DataError, match=r"b\.sig' should have the wavelengths of .*: 2 from 400\.0 to 410\.0 nm"
    ):
        read_spectrum_files(tmp_path, SampleOptions())
    (tmp_path / "b.sig").write_text("nothing")
    with pytest.raises(lp.DataError, match=r"b\.sig' should have a line 'data='"):
        read_spectrum_files(tmp_path, SampleOptions())


def test_quantities_that_differ(tmp_path: Path) -> None:
    pytest.importorskip("jcamp")
    write_sig(tmp_path / "a.sig", (10, 20))
    head = "##XUNITS=NANOMETERS\n##YUNITS=ABSORBANCE\n##FIRSTX=400\n##LASTX=410\n##NPOINTS=2\n"
    (tmp_path / "b.jdx").write_text(f"{head}##XYDATA=(X++(Y..Y))\n400 1 2\n##END=\n")
    with pytest.raises(
        lp.DataError, match=r"b\.jdx' should be of reflectance, as .* Found absorbance\. Convert"
    ):
        read_spectrum_files(tmp_path, SampleOptions())


def test_every_ending_belongs_to_one_format() -> None:
    suffixes = [suffix for entry in SPECTRUM_FORMATS for suffix in entry.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert all(suffix == suffix.lower() for suffix in suffixes)
