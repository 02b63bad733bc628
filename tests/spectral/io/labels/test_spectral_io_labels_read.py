"""Label maps of every format, and what is wrong with those that are none."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.labels import read_labels, read_numbered_map
from lrprism.spectral.io.writers import write_cube

RasterWriter = Callable[..., Path]


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
    with pytest.raises(
        DataError, match=r"class names should be given for all 2 classes\. Found 1, and labels 1, 2"
    ):
        read_labels(path, class_names=["corn"])


def test_a_classification_brings_its_names(tmp_path: Path) -> None:
    labels = xr.DataArray(LABELS, dims=("y", "x"), attrs={"class_names": ["corn", "hay"]})
    write_cube(labels, tmp_path / "labels.hdr")
    expected = labels.astype(np.int64).assign_attrs(class_codes=[1, 2], assumed=[])
    xr.testing.assert_identical(read_labels(tmp_path / "labels.img"), expected)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([[0.5, 1.0]]), "whole numbers, 0 where unlabelled. Found 0.5 at row 0, column 0"),
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
    with pytest.raises(DataError, match=r"cut.tif' should be a label map"):
        read_labels(tmp_path / "cut.tif")


def test_names_beside_the_map_are_used_and_said(tmp_path: Path) -> None:
    path = write_labels(tmp_path, ".npy", np.array([[0, 211], [312, 211]]))
    assert read_labels(path).attrs["class_names"] == ["class 211", "class 312"]
    (tmp_path / "labels.txt").write_text("211 Arable land\n312 Forest\n")
    labels = read_labels(path)
    assert labels.values.tolist() == [[0, 1], [2, 1]]
    assert labels.attrs["class_names"] == ["Arable land", "Forest"]
    assert labels.attrs["class_codes"] == [211, 312]
    assert labels.attrs["assumed"] == ["class names are those in 'labels.txt' beside the labels"]
    given = read_labels(path, class_names={211: "a", 312: "b", 999: "c"})
    assert given.attrs["class_names"] == ["a", "b"]
    assert read_labels(path, class_names=["x", "y"]).attrs["class_names"] == ["x", "y"]


def test_a_map_with_its_place_carries_it_and_is_laid_on_the_cube(
    cube: xr.DataArray, write_raster: RasterWriter
) -> None:
    south_up = write_raster(LABELS, transform=(500000.0, 10.0, 0.0, 3999980.0, 0.0, 10.0))
    assert read_labels(south_up).coords["y"].values.tolist() == [3999985.0, 3999995.0]
    labels = read_labels(south_up, cube=cube)
    assert labels.shape == (12, 10)
    assert labels[:2, :3].values.tolist() == LABELS[::-1].tolist()
    assert int((labels > 0).sum()) == 4
    xr.testing.assert_identical(labels.coords["x"], cube.coords["x"])
    # a system that the user states wins over that of the file
    with pytest.raises(DataError, match=r"labels should lie where the cube lies"):
        read_labels(south_up, cube=cube, crs="EPSG:32755")


def test_zero_is_a_class_where_the_user_says_so(tmp_path: Path) -> None:
    path = write_labels(tmp_path, ".npy", np.array([[0, 1], [1, 0]]))
    labels = read_labels(path, unlabelled=())
    assert labels.values.tolist() == [[1, 2], [2, 1]]
    assert labels.attrs["class_names"] == ["class 0", "class 1"]
    assert read_labels(path, unlabelled=(1,)).attrs["class_codes"] == [0]
    named = read_labels(path, unlabelled=(), class_names=["soil", "plant"])
    assert named.attrs["class_names"] == ["soil", "plant"]


def test_options_of_polygons_are_refused_for_maps(tmp_path: Path) -> None:
    path = write_labels(tmp_path, ".npy", LABELS)
    with pytest.raises(
        InputError, match=r"--label-attribute should be given for polygons or points\. Found 'a'"
    ):
        read_labels(path, attribute="a")
    with pytest.raises(InputError, match=r"--label-layer should be given for polygons or points\. Found 'b'"):
        read_labels(path, layer="b")


def test_numbers_that_are_no_classes_stay_as_they_are(
    tmp_path: Path, cube: xr.DataArray, write_raster: RasterWriter
) -> None:
    fields = np.arange(2400).reshape(40, 60)  # more than a map of classes may have
    path = write_labels(tmp_path, ".npy", fields)
    np.testing.assert_array_equal(read_numbered_map(path).values, fields)
    shifted = write_raster(np.full((12, 10), 7), transform=(500050.0, 10.0, 0.0, 4000000.0, 0.0, -10.0))
    groups = read_numbered_map(shifted, cube)
    assert groups.values[0].tolist() == [0] * 5 + [7] * 5
    assert groups.attrs["assumed"][0].startswith("labels lie on another grid")
