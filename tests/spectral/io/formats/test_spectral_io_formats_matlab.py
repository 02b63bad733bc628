"""MATLAB files, version 5 written by scipy and version 7.3 by h5py as MATLAB lays it out."""

from pathlib import Path

import dask.array as da
import h5py
import numpy as np
import numpy.typing as npt
import pytest
import scipy.io

from lrprism.errors import DataError
from lrprism.spectral import load_indian_pines
from lrprism.spectral.io.formats.matlab import read_matlab
from lrprism.spectral.io.labels import read_labels

ROWS, COLUMNS, BANDS = 4, 5, 3


def ramp() -> npt.NDArray[np.uint16]:
    """The value is 100 band + 10 y + x, as (y, x, band)."""
    y, x, band = np.indices((ROWS, COLUMNS, BANDS))
    return (100 * band + 10 * y + x).astype(np.uint16)


def write(path: Path, version: str, **arrays: npt.ArrayLike) -> Path:
    """Write arrays in MATLAB's order of axes."""
    if version == "5":
        scipy.io.savemat(path, arrays, do_compression=True)
        return path
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_group("#refs#").create_dataset("a", data=np.zeros((4, 5, 3)))
        for name, values in arrays.items():
            file.create_dataset(name, data=np.asarray(values).T)
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(116))
    return path


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_both_versions_give_the_same_cube(tmp_path: Path, version: str) -> None:
    path = write(tmp_path / "a.mat", version, cube=ramp(), note=[[1, 2]])
    cube = read_matlab(path, wavelengths="400:420")
    assert isinstance(cube.data, da.Array)
    assert cube.dims == ("band", "y", "x")
    assert cube.values[2, 3, 4] == 234
    np.testing.assert_array_equal(cube.values, np.moveaxis(ramp(), -1, 0))
    assert cube["wavelength"].values.tolist() == [400, 410, 420]
    assert cube.attrs["source"] == "a.mat"
    assert cube.attrs["assumed"] == [
        "wavelengths are those given on reading: the file carries none",
        "the last axis of (4, 5, 3) is taken for the bands, the others for y, x",
        "what the values measure is not stated in the file",
    ]


def test_version_7_3_stays_in_its_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mat", "7.3", cube=ramp())
    cube = read_matlab(path, wavelengths=[400, 410, 420])
    with h5py.File(path, "r+") as file:  # no handle keeps it
        file["cube"][1, 0, 2] = 9
    assert cube[1, 2, 0].values == 9


def test_bands_in_front_are_found_by_the_count_of_wavelengths(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mat", "5", cube=np.moveaxis(ramp(), -1, 0))
    cube = read_matlab(path, wavelengths=[400, 410, 420])
    assert cube.values[2, 3, 4] == 234
    with pytest.raises(
        DataError, match=r"as long as the 7 wavelengths. Found shape \(3, 4, 5\).*Found in '.*a.mat'"
    ):
        read_matlab(path, wavelengths=[400, 410, 420, 1, 1, 1, 1])


def test_keys_in_any_case_and_the_only_cube(tmp_path: Path) -> None:
    two = write(tmp_path / "two.mat", "5", One=ramp(), other=ramp() + 1)
    assert read_matlab(two, key="one", wavelengths="400:420").values[0, 0, 0] == 0
    assert read_matlab(two, key="OTHER", wavelengths="400:420").values[0, 0, 0] == 1
    with pytest.raises(
        DataError, match=r"one array of 3 axes. Found One \(4, 5, 3\), other \(4, 5, 3\). Name it"
    ):
        read_matlab(two, wavelengths="400:420")
    with pytest.raises(DataError, match=r"an array 'third' of 3 axes. Found One"):
        read_matlab(two, key="third", wavelengths="400:420")
    salinas = write(tmp_path / "known.mat", "5", Salinas_Corrected=ramp(), other=ramp() + 1)
    assert read_matlab(salinas, wavelengths="400:420").values[0, 0, 0] == 0
    none = write(tmp_path / "none.mat", "5", text="word", table=[[1, 2], [3, 4]])
    with pytest.raises(DataError, match=r"one array of 3 axes. Found table \(2, 2\)"):
        read_matlab(none, wavelengths="400:420")


def test_other_cubes_need_wavelengths(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mat", "5", cube=ramp())
    with pytest.raises(DataError, match=r"since the file lists none. Found 3 bands. Pass wavelengths="):
        read_matlab(path)


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_indian_pines_is_the_packaged_scene(tmp_path: Path, version: str) -> None:
    packaged = load_indian_pines()
    stored = np.round(np.moveaxis(packaged.cube.values, 0, -1) * 500 + 1000).astype(np.uint16)
    cube = read_matlab(write(tmp_path / "a.mat", version, Indian_Pines_corrected=stored))
    np.testing.assert_allclose(cube.values, packaged.cube.values, atol=2e-6)
    for name in ("wavelength", "fwhm", "original_band"):
        np.testing.assert_array_equal(cube[name], packaged.cube[name])
    assert (cube.attrs["quantity"], cube.attrs["units"]) == ("radiance", "µW cm⁻² nm⁻¹ sr⁻¹")
    assert cube.attrs["scale"] == 500
    assert "stored values were decoded to radiance, (value - 1000) / 500" in cube.attrs["assumed"]
    assert "Purdue" in cube.attrs["attribution"]
    gt = write(tmp_path / "gt.mat", version, indian_pines_GT=packaged.labels.values.astype(np.uint8))
    labels = read_labels(gt)
    np.testing.assert_array_equal(labels, packaged.labels)
    assert labels.attrs["class_names"] == packaged.class_names


def test_indian_pines_that_were_scaled_before_are_not_decoded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mat", "5", x=np.full((145, 145, 200), 0.5, dtype=np.float32))
    cube = read_matlab(path)
    assert cube.values.max() == 0.5
    assert cube.attrs["quantity"] == "unknown"
    assert "values are left as they are stored" in cube.attrs["assumed"]
    assert cube["wavelength"].values[30] > cube["wavelength"].values[31]  # where two spectrometers overlap


def test_pavia_is_told_by_its_shape_and_says_what_it_assumes(tmp_path: Path) -> None:
    cube = read_matlab(write(tmp_path / "a.mat", "5", paviaU=np.zeros((610, 340, 103), dtype=np.uint16)))
    assert cube["wavelength"].values[[0, -1]].tolist() == [430, 860]
    assert cube.attrs["title"] == "Pavia University"
    assert cube.attrs["assumed"] == [
        "the file is taken for Pavia University (ROSIS) by its shape",
        "wavelengths are those of 103 channels evenly spaced over 430-860 nm: the file carries none",
        "values are left as they are stored",
    ]


def test_a_scene_whose_channels_are_not_known_needs_wavelengths(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mat", "5", Botswana=np.zeros((1476, 256, 145), dtype=np.uint8))
    with pytest.raises(
        DataError, match=r"which of the channels Botswana keeps is not known. Found 145 bands"
    ):
        read_matlab(path)
    assert read_matlab(path, wavelengths="430:2400").attrs["title"] == "Botswana"


def test_labels_without_known_names_are_numbered(tmp_path: Path) -> None:
    labels = read_labels(write(tmp_path / "a.mat", "5", gt=np.array([[0, 1, 3], [2, 0, 0]])))
    assert labels.dims == ("y", "x")
    assert labels.dtype == np.int64
    assert labels.values.tolist() == [[0, 1, 3], [2, 0, 0]]
    assert labels.attrs["class_names"] == ["class 1", "class 2", "class 3"]
    pavia = read_labels(write(tmp_path / "b.mat", "5", paviaU_gt=np.array([[0, 9], [2, 0]])))
    assert pavia.attrs["class_names"][8] == "Shadows"


@pytest.mark.parametrize("wrong", [0.5, np.inf])
def test_labels_that_are_none(tmp_path: Path, wrong: float) -> None:
    path = write(tmp_path / "a.mat", "5", gt=np.array([[0, 1], [wrong, 1]]))
    with pytest.raises(DataError, match=r"whole numbers, .* at row 1, column 0 \(1 such pixels\)"):
        read_labels(path)


def test_not_a_matlab_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"should be a MATLAB file of version 5 or 7.3. Found no such file"):
        read_matlab(tmp_path / "none.mat")
    for content in (b"", b"hello", b"x" * 1000, bytes(1000)):
        (tmp_path / "a.mat").write_bytes(content)
        with pytest.raises(DataError):
            read_matlab(tmp_path / "a.mat", wavelengths="400:420")


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_a_truncated_file(tmp_path: Path, version: str) -> None:
    noise = np.random.default_rng(0).integers(0, 60000, (40, 40, 30)).astype(np.uint16)
    path = write(tmp_path / "a.mat", version, cube=noise)
    path.write_bytes(path.read_bytes()[:20000])
    with pytest.raises(DataError, match=r"a MATLAB file of version 5 or 7.3. Found one that cannot be read"):
        read_matlab(path, wavelengths="400:420")


def test_a_file_that_declares_more_than_it_can_hold(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file.create_dataset("cube", shape=(10**5, 10**5, 10**4), dtype="u2", chunks=(1, 100, 100))
    with pytest.raises(DataError, match=r"'cube' in .* should fit its file of \d+ bytes. Found shape"):
        read_matlab(tmp_path / "a.mat", wavelengths="400:420")


@pytest.mark.parametrize("packed", [False, True])
def test_flipped_bits_are_data_or_a_data_error(tmp_path: Path, packed: bool) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"cube": ramp(), "gt": np.eye(3)}, do_compression=packed)
    content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    read: list[tuple[int, ...]] = []
    messages: list[str] = []
    for _ in range(300):
        damaged = content.copy()
        damaged[rng.integers(124, len(content))] ^= np.uint8(1 << rng.integers(8))
        path.write_bytes(damaged.tobytes())
        try:
            read.append(read_matlab(path, wavelengths="400:420").values.shape)
        except DataError as error:
            messages.append(str(error))
    assert messages
    assert all(str(path) in message for message in messages)
    assert (BANDS, ROWS, COLUMNS) in read


@pytest.mark.parametrize("version", ["5", "7.3"])
@pytest.mark.parametrize("name", ["wavelength", "Wavelengths", "wl", "lambda"])
def test_wavelengths_inside_the_file(tmp_path: Path, version: str, name: str) -> None:
    lists = {name: [[0.4, 0.5, 0.6]], "fwhm": [[8.0], [9.0], [10.0]]}
    cube = read_matlab(write(tmp_path / "a.mat", version, cube=ramp(), **lists))
    np.testing.assert_allclose(cube["wavelength"], [400, 500, 600])
    np.testing.assert_allclose(cube["fwhm"], [8, 9, 10])
    assert cube.values[2, 3, 4] == 234
    assert cube.attrs["assumed"][0] == "wavelengths are those in the file"
    given = read_matlab(tmp_path / "a.mat", wavelengths="700:900")
    assert given["wavelength"].values.tolist() == [700, 800, 900]
    assert (
        given.attrs["assumed"][0] == "wavelengths are those given on reading: in place of those in the file"
    )


def test_a_list_of_another_length_is_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mat", "5", cube=ramp(), wl=[[400.0, 500, 600, 700, 800, 900]])
    with pytest.raises(DataError, match=r"since the file lists none. Found 3 bands"):
        read_matlab(path)


def test_the_axis_of_the_bands_may_be_stated(tmp_path: Path) -> None:
    cube = read_matlab(write(tmp_path / "a.mat", "5", cube=ramp()), wavelengths="400:700", band_axis=0)
    assert cube.shape == (ROWS, COLUMNS, BANDS)
