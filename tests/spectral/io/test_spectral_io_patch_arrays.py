from pathlib import Path

import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.patch_arrays import PATCH_ARRAYS, read_patch_arrays
from lrprism.spectral.io.sample_format import SampleOptions

SAID = SampleOptions(wavelengths="400:600")


@pytest.mark.parametrize("band_axis", [1, 3])
def test_patches_with_their_classes_beside_them(tmp_path: Path, band_axis: int) -> None:
    patch = np.random.default_rng(0).random((4, 3, 5, 5)).astype(np.float32)
    np.save(tmp_path / "x.npy", np.moveaxis(patch, 1, band_axis))
    np.save(tmp_path / "y.npy", np.array([2, 0, 2, 0]))
    assert PATCH_ARRAYS.detect(FileMarks(str(tmp_path / "x.npy")))
    patches = read_patch_arrays(tmp_path / "x.npy", SAID)
    np.testing.assert_array_equal(patches["patch"].values, patch)
    assert patches["label"].values.tolist() == [1, 0, 1, 0]
    assert patches.attrs["class_names"] == ["0", "2"]
    assert patches["name"].values.tolist() == [f"row {row}" for row in range(4)]
    assert "classes are read from y.npy" in patches.attrs["assumed"]


def test_spectra_and_classes_in_words(tmp_path: Path) -> None:
    np.save(tmp_path / "spectra.npy", np.arange(6.0).reshape(2, 3))
    np.save(tmp_path / "kinds.npy", np.array(["oak", "ash"]))
    options = SampleOptions(wavelengths="400:600", labels=str(tmp_path / "kinds.npy"))
    patches = read_patch_arrays(tmp_path / "spectra.npy", options)
    assert patches["patch"].values[:, :, 0, 0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert patches.attrs["class_names"] == ["ash", "oak"]
    assert read_patch_arrays(tmp_path / "spectra.npy", SAID)["label"].values.tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("array", "options", "message"),
    [
        (np.ones((2, 5, 5, 5)), SAID, r"Found shape \(2, 5, 5, 5\), which may be either\. Crop"),
        (np.ones((2, 3, 4, 5)), SAID, r"which is neither"),
        (
            np.ones((2, 3, 5, 5)),
            SampleOptions(),
            r"wavelengths should be given .* Found 3 bands\. Pass wavel",
        ),
        (np.full((2, 3, 5, 5), np.nan), SAID, r"no missing value\. Found 2 samples with one, the first is 0"),
        (
            np.ones((2, 3, 5, 5), dtype=complex),
            SAID,
            r"numbers or texts\. Found shape \(2, 3, 5, 5\) of complex",
        ),
        (np.array([["a", "b"]]), SAID, r"should hold numbers\. Found <U1"),
    ],
)
def test_arrays_that_leave_something_open(
    tmp_path: Path, array: np.ndarray, options: SampleOptions, message: str
) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(lp.DataError, match=message):
        read_patch_arrays(tmp_path / "x.npy", options)


def test_classes_of_other_samples(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 3)))
    np.save(tmp_path / "y.npy", np.ones(3))
    with pytest.raises(lp.DataError, match=r"one class for each of the 2 samples\. Found shape \(3,\)"):
        read_patch_arrays(tmp_path / "x.npy", SAID)


def test_cubes_and_damaged_files_are_no_patches(tmp_path: Path) -> None:
    np.save(tmp_path / "cube.npy", np.ones((4, 4, 3)))
    (tmp_path / "damaged.npy").write_bytes(b"\x93NUMPY\x01\x00")
    for name in ("cube.npy", "damaged.npy"):
        assert not PATCH_ARRAYS.detect(FileMarks(str(tmp_path / name)))
