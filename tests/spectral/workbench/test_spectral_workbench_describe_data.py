from importlib.util import find_spec
from pathlib import Path

import numpy as np

from lrprism.spectral import make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.writers import write_cube
from lrprism.spectral.workbench import Preparation
from lrprism.spectral.workbench.describe_data import describe_data, list_facts


def test_a_cube_is_described_with_its_place_and_bad_bands(tmp_path: Path) -> None:
    cube = make_cube(
        np.ones((2, 3, 4)), [500.0, 1400.0], good=[True, False], title="t", quantity="reflectance", units="1"
    )
    place = Georeference("EPSG:32616", (500000.0, 20.0, 0.0, 4480000.0, 0.0, -20.0))
    write_cube(assign_georeference(cube, place), tmp_path / "scene.nc")
    np.save(tmp_path / "labels.npy", np.eye(3, 4, dtype=np.uint8))
    text = describe_data(str(tmp_path / "scene.nc"), Preparation(labels=str(tmp_path / "labels.npy")))
    assert "bands     1, from 500.0 to 500.0 nm" in text
    assert "1 of 2 bands are flagged bad and were left out" in text
    assert "upper left corner 500000, 4480000; pixels of 20 x 20" in text
    assert "labelled  3 pixels" in text
    assert "classes   class 1 (3)" in text
    assert "values    1 to 1, reflectance, without unit" in text
    assert "the label map does not say where it lies: rows and columns of the label map" in text


def test_a_class_is_described_with_the_code_that_its_name_does_not_tell(tmp_path: Path) -> None:
    cube = make_cube(np.ones((2, 3, 4)), [500.0, 600.0], title="t", quantity="reflectance", units="1")
    write_cube(cube, tmp_path / "scene.nc")
    np.save(tmp_path / "labels.npy", 211 * np.eye(3, 4, dtype=np.uint16))
    preparation = Preparation(labels=str(tmp_path / "labels.npy"))
    assert "classes   class 211 (3)" in describe_data(str(tmp_path / "scene.nc"), preparation)
    (tmp_path / "labels.txt").write_text("211 Arable land")
    assert "classes   211 Arable land (3)" in describe_data(str(tmp_path / "scene.nc"), preparation)


def test_facts_by_name(tmp_path: Path) -> None:
    cube = make_cube(np.ones((2, 3, 4)), [500.0, 600.0], title="t", quantity="reflectance", units="1")
    write_cube(cube, tmp_path / "scene.nc")
    facts = list_facts(str(tmp_path / "scene.nc"))
    assert facts["shape"] == "2 band, 3 y, 4 x"
    assert list(facts)[:4] == ["title", "shape", "bands", "values"]
    assert len(facts["SHA-256"]) == 64


def test_a_cube_without_labels_says_how_to_give_them(tmp_path: Path) -> None:
    cube = make_cube(np.ones((2, 3, 4)), [500.0, 600.0], title="t", quantity="reflectance", units="1")
    write_cube(cube, tmp_path / "scene.zarr")
    text = describe_data(str(tmp_path / "scene.zarr"))
    assert "classes   none: give labels with --labels" in text
    assert "place     not on a map" in text


def test_a_spectral_library_is_described() -> None:
    package = find_spec("earthlib")
    assert package is not None
    assert package.origin is not None
    text = describe_data(str(Path(package.origin).parent / "data" / "spectra.sli"))
    assert "shape     7261 spectrum, 180 band" in text
    assert "bands     180, from 400.0 to 2450.0 nm" in text


def test_what_the_file_does_not_say_is_said_to_be_missing(tmp_path: Path) -> None:
    np.save(tmp_path / "cube.npy", np.ones((3, 4, 2), dtype=np.float32))
    lines = describe_data(str(tmp_path / "cube.npy"), Preparation(wavelengths="500:600")).splitlines()
    assert "values    1 to 1, quantity not stated, units not stated" in lines
    assert "credit    not stated" in lines
    assert "bands     2, from 500.0 to 600.0 nm, FWHM unknown" in lines
    notes = lines[lines.index("credit    not stated") + 1 :]
    assert notes[0].startswith("assumed   wavelengths are those given on reading")
    assert all(note.startswith(" " * 10) for note in notes[1:])
    assert len(notes) == 3


def test_one_width_for_all_bands_is_said_once(tmp_path: Path) -> None:
    cube = make_cube(
        np.ones((2, 3, 4)), [500.0, 600.0], fwhm=[8, 8], title="t", quantity="radiance", units="code"
    )
    write_cube(cube, tmp_path / "scene.hdr")
    text = describe_data(str(tmp_path / "scene.hdr"))
    assert "FWHM 8.0 nm" in text
    assert "radiance, in code" in text


def test_wavelengths_that_nobody_states_are_unknown(tmp_path: Path) -> None:
    np.save(tmp_path / "cube.npy", np.full((3, 4, 20), 0.5, dtype=np.float32))
    lines = describe_data(str(tmp_path / "cube.npy")).splitlines()
    assert "shape     20 band, 3 y, 4 x" in lines
    assert "bands     20, wavelengths unknown" in lines
    assert lines[-1].startswith("missing   wavelengths should be given: the file carries none.")
    assert lines[-1].endswith(
        "on the command line --wavelengths. Found in '" + str(tmp_path / "cube.npy") + "'."
    )
    assert not any("1000" in line for line in lines)


def test_a_library_without_wavelengths(tmp_path: Path) -> None:
    np.array([[1, 2, 3], [4, 5, 6]], dtype="<i2").tofile(tmp_path / "a.sli")
    (tmp_path / "a.hdr").write_text(
        "ENVI\nfile type = ENVI Spectral Library\nsamples = 3\nlines = 2\nbands = 1\ndata type = 2\n"
    )
    assert "bands     3, wavelengths unknown" in describe_data(str(tmp_path / "a.sli"))
    given = describe_data(str(tmp_path / "a.sli"), Preparation(wavelengths="500:700"))
    assert "bands     3, from 500.0 to 700.0 nm" in given
