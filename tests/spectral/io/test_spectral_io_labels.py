"""Label maps of every format, and what is wrong with those that are none."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.labels import check_label_numbers, read_labels
from lrprism.spectral.io.writers import write_cube


def write_labels(folder: Path, ending: str, values: np.ndarray) -> Path:
    path = folder / f"labels{ending}"
    if ending == ".npy":
        np.save(path, values)
    elif ending == ".csv":
        np.savetxt(path, values, delimiter=",", fmt="%g")
    elif ending == ".mat":
        scipy.io.savemat(path, {"labels": values})
    else:
        write_cube(xr.DataArray(values, dims=("y", "x")), path)
    return path


LABELS = np.array([[0, 1, 2], [2, 2, 0]])


@pytest.mark.parametrize("ending", [".npy", ".csv", ".mat", ".tif", ".hdr"])
def test_labels_of_every_format_agree(tmp_path: Path, ending: str) -> None:
    path = write_labels(tmp_path, ending, LABELS)
    labels = read_labels(path)
    assert (labels.dims, labels.dtype) == (("y", "x"), np.int64)
    np.testing.assert_array_equal(labels.values, LABELS)
    assert labels.attrs["class_names"] == ["class 1", "class 2"]
    assert read_labels(path, class_names=["corn", "hay"]).attrs["class_names"] == ["corn", "hay"]
    with pytest.raises(DataError, match=r"class names should be given for all 2 classes .* Found 1"):
        read_labels(path, class_names=["corn"])


def test_a_classification_brings_its_names(tmp_path: Path) -> None:
    labels = xr.DataArray(LABELS, dims=("y", "x"), attrs={"class_names": ["corn", "hay"]})
    write_cube(labels, tmp_path / "labels.hdr")
    xr.testing.assert_identical(read_labels(tmp_path / "labels.img"), labels.astype(np.int64))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            np.array([[0.5, 1.0]]),
            "whole numbers from 0, the unlabelled, to 10000. Found 0.5 at row 0, column 0",
        ),
        (np.array([[0, -1]]), "Found -1 at row 0, column 1"),
        (np.zeros((2, 2, 2)), r"labels should be numbers as \(y, x\). Found shape \(2, 2, 2\)"),
    ],
)
def test_what_is_no_label_is_named(tmp_path: Path, values: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_labels(write_labels(tmp_path, ".npy", values))


def test_label_files_that_cannot_be_read_are_named(tmp_path: Path, small_cube: xr.DataArray) -> None:
    with pytest.raises(DataError, match=r"should be a label map. Found no such file"):
        read_labels(tmp_path / "none.npy")
    (tmp_path / "x.csv").write_text("1,2\n3,a\n")
    with pytest.raises(DataError, match=r"should be a label map. Found one that cannot be read"):
        read_labels(tmp_path / "x.csv")
    (tmp_path / "x.doc").write_text("1")
    with pytest.raises(DataError, match=r"should be a label map: .mat, .*\.csv.* or an ENVI"):
        read_labels(tmp_path / "x.doc")
    with pytest.raises(InputError, match=r"key should name a variable of a .mat file. Found 'a'"):
        read_labels(tmp_path / "x.csv", key="a")
    write_cube(small_cube, tmp_path / "cube.hdr")
    with pytest.raises(DataError, match=r"should have one band, the labels. Found 5"):
        read_labels(tmp_path / "cube.hdr")
    write_cube(small_cube, tmp_path / "cube.tif")
    with pytest.raises(DataError, match=r"cube.tif' should have one band, the labels. Found 5"):
        read_labels(tmp_path / "cube.tif")
    (tmp_path / "cut.tif").write_bytes(b"II*\0\x08")
    with pytest.raises(DataError, match=r"cut.tif' should be a GeoTIFF"):
        read_labels(tmp_path / "cut.tif")


def test_whole_numbers_of_any_type_become_labels() -> None:
    for kind in (np.uint8, np.int32, np.float32, np.bool_):
        labels = check_label_numbers(np.array([[0, 1], [1, 0]], dtype=kind))
        assert labels.dtype == np.int64
        assert labels.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0.0, 1.5], [2.5, 1.0]], r"Found 1\.5 at row 0, column 1 \(2 such pixels\)"),
        ([[np.nan]], r"Found nan at row 0, column 0"),
        ([[10001]], r"to 10000\. Found 10001"),
        ([0, 1], r"labels should be numbers as \(y, x\)\. Found shape \(2,\)"),
        (np.zeros((0, 3)), r"Found shape \(0, 3\)"),
        ([["a"]], r"Found shape \(1, 1\) of <U1"),
    ],
)
def test_other_values_are_refused_as_labels(values: list[list[float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_label_numbers(np.asarray(values))
