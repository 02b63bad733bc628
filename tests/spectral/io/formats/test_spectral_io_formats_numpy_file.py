"""NumPy's own files, written by NumPy."""

import io
from pathlib import Path

import dask.array as da
import numpy as np
import numpy.typing as npt
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.formats.numpy_file import read_numpy


def ramp() -> npt.NDArray[np.int16]:
    """The value is 100 band + 10 y + x, as (y, x, band) with 4 x 5 pixels of 3 bands."""
    y, x, band = np.indices((4, 5, 3))
    return (100 * band + 10 * y + x).astype(np.int16)


@pytest.fixture
def npy(tmp_path: Path) -> Path:
    np.save(tmp_path / "a.npy", ramp())
    return tmp_path / "a.npy"


def test_bands_are_the_last_axis_of_a_range(npy: Path) -> None:
    cube = read_numpy(npy, wavelengths="400:420")
    assert isinstance(cube.data, da.Array)
    assert cube.dtype == np.float32
    assert cube.shape == (3, 4, 5)
    assert cube.values[2, 3, 4] == 234
    assert cube["wavelength"].values.tolist() == [400, 410, 420]
    assert cube.attrs["assumed"] == [
        "wavelengths are those given on reading: the file carries none",
        "the last axis of (4, 5, 3) is taken for the bands, the others for y, x",
        "what the values measure is not stated in the file",
    ]
    assert (cube.attrs["source"], cube.attrs["scale"]) == ("a.npy", 1.0)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("order", ["C", "F"])
def test_bands_are_the_axis_that_the_list_fits(tmp_path: Path, axis: int, order: str) -> None:
    moved = np.asarray(np.moveaxis(ramp(), -1, axis), order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "a.npy", moved)
    (tmp_path / "nm.txt").write_text("# nm\n400 5\n410 6\n420 7\n")
    for source in ([400, 410, 420], tmp_path / "nm.txt"):
        cube = read_numpy(tmp_path / "a.npy", wavelengths=source)
        np.testing.assert_array_equal(cube.values, np.moveaxis(ramp(), -1, 0))
        assert (
            f"axis {axis} of {moved.shape} is taken for the bands by its length" in cube.attrs["assumed"][1]
        )
    assert cube["fwhm"].values.tolist() == [5, 6, 7]


def test_the_file_is_read_when_needed_and_not_held(npy: Path) -> None:
    cube = read_numpy(npy, wavelengths="400:420")
    np.save(npy, ramp() + np.int16(1))
    assert cube[1, 2, 3].values == 124


def test_an_uncertain_axis_has_to_be_said(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 5, 3)))
    with pytest.raises(
        DataError, match=r"as long as the 3 wavelengths. Found 2 in shape \(3, 5, 3\). Say which"
    ):
        read_numpy(tmp_path / "a.npy", wavelengths=[1000, 1100, 1200])
    assert read_numpy(tmp_path / "a.npy", wavelengths=[1000, 1100, 1200], band_axis=0).shape == (3, 5, 3)
    assert read_numpy(tmp_path / "a.npy", wavelengths="400:500", band_axis=-2).shape == (5, 3, 3)
    with pytest.raises(InputError, match=r"band_axis should be 0, 1, 2 or -1. Found 3"):
        read_numpy(tmp_path / "a.npy", wavelengths="400:500", band_axis=3)
    with pytest.raises(DataError, match=r"as long as the 4 wavelengths. Found shape \(3, 5, 3\)"):
        read_numpy(tmp_path / "a.npy", wavelengths=[1000, 1100, 1200, 1300])


@pytest.mark.parametrize("name", ["wavelength", "wavelengths"])
def test_an_archive_may_carry_its_wavelengths(tmp_path: Path, name: str) -> None:
    np.savez_compressed(tmp_path / "a.npz", cube=ramp(), mask=np.ones((4, 5)), **{name: [0.4, 0.41, 0.42]})  # type: ignore[arg-type]
    cube = read_numpy(tmp_path / "a.npz")
    assert cube.values[2, 3, 4] == 234
    np.testing.assert_allclose(cube["wavelength"], [400, 410, 420])
    assert "wavelengths are taken to be in µm" in cube.attrs["assumed"][0]
    other = read_numpy(tmp_path / "a.npz", wavelengths=[500, 510, 520])
    assert other["wavelength"].values.tolist() == [500, 510, 520]
    assert "in place of those in the file" in other.attrs["assumed"][0]


def test_the_array_of_an_archive(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", one=ramp(), two=ramp() + 1)
    assert read_numpy(tmp_path / "a.npz", key="two", wavelengths="400:420").values[0, 0, 0] == 1
    with pytest.raises(
        DataError, match=r"one array of three axes. Found one \(4, 5, 3\), two \(4, 5, 3\). Name it"
    ):
        read_numpy(tmp_path / "a.npz", wavelengths="400:420")
    with pytest.raises(DataError, match=r"an array 'three'. Found one"):
        read_numpy(tmp_path / "a.npz", key="three", wavelengths="400:420")


def test_wavelengths_are_needed(npy: Path) -> None:
    with pytest.raises(
        DataError, match=r"the file carries none. .* Pass wavelengths='FIRST:LAST'.*Found in '"
    ):
        read_numpy(npy)


def header_of(shape: tuple[int, ...], dtype: str = "<i2") -> bytes:
    written = io.BytesIO()
    np.lib.format.write_array_header_1_0(written, {"descr": dtype, "fortran_order": False, "shape": shape})
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a .npy or .npz file of numbers. Found one that cannot be read"),
        (b"\x93NUMPY", r"Found one that cannot be read"),
        (b"PK\x05\x06" + bytes(18), r"should hold one array of three axes. Found none"),
        (header_of((4, 5, 3)) + bytes(100), r"should have 248 bytes for \(4, 5, 3\) numbers.*Found 228"),
        (header_of((10**6, 10**6, 10**6)), r"bytes for \(1000000, 1000000, 1000000\) numbers.*Found 128"),
        (header_of((4, 0, 3)), r"none of the axes 0 long"),
        (header_of((4, -5, 3)), r"cannot be read: ValueError shape \(4, -5, 3\)"),
        (header_of((4, 5)) + bytes(40), r"should hold an array of three axes. Found shape \(4, 5\)"),
        (header_of((4, 5, 3), "|O") + bytes(480), r"cannot be read: ValueError shape \(4, 5, 3\) of object"),
        (header_of((4, 5, 3), "<c8") + bytes(480), r"ValueError shape \(4, 5, 3\) of complex64"),
        (b"\x93NUMPY\x09\x00" + bytes(200), r"Found one that cannot be read"),
    ],
)
def test_bad_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_numpy(path, wavelengths="400:420")
    assert str(path) in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"should be a .npy or .npz file of numbers. Found no such file"):
        read_numpy(tmp_path / "none.npy", wavelengths="400:420")


def test_flipped_bits_in_an_archive_are_data_or_a_data_error(tmp_path: Path) -> None:
    path, rng = tmp_path / "a.npz", np.random.default_rng(1)
    np.savez_compressed(path, cube=ramp())
    content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    refused = 0
    for _ in range(300):
        damaged = content.copy()
        damaged[rng.integers(len(content))] ^= np.uint8(1 << rng.integers(8))
        path.write_bytes(damaged.tobytes())
        try:
            read_numpy(path, wavelengths="400:420").compute()
        except DataError:
            refused += 1
    assert refused > 100
