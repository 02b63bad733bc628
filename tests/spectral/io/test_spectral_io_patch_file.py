from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pytest

from lrprism.errors import DataError
from lrprism.spectral import read_patch_file

HdfWriter = Callable[..., Path]


def images(samples: int = 3, side: int = 4, bands: int = 300) -> npt.NDArray[np.float32]:
    return np.random.default_rng(0).random((samples, side, side, bands), dtype=np.float32)


def test_the_tutorials_file(write_hdf5: HdfWriter) -> None:
    values = images(samples=130, side=5)  # more than one block of reading
    patches = read_patch_file(write_hdf5(train_img=values, train_labels=np.arange(130) % 3))
    assert patches["patch"].dims == ("sample", "band", "y", "x")
    assert patches["patch"].dtype == np.float32
    for sample, y, x, band in ((0, 0, 0, 0), (129, 4, 1, 299), (64, 2, 3, 7)):
        assert patches["patch"].values[sample, band, y, x] == values[sample, y, x, band]
    assert patches["label"].dtype == np.int64
    assert patches["label"].values[:4].tolist() == [0, 1, 2, 0]
    assert patches["original_band"].values[[0, 299]].tolist() == ["0", "299"]
    assert np.isnan(patches["fwhm"].values).all()
    assert patches.attrs["class_names"] == ["class 0", "class 1", "class 2"]
    assert "row" not in patches.coords


def test_the_cameras_wavelengths_are_assumed_for_300_bands(write_hdf5: HdfWriter) -> None:
    patches = read_patch_file(write_hdf5(train_img=images(), train_labels=[0, 1, 2]))
    assert patches["wavelength"].values[[0, 299]].tolist() == [387.12, 1023.5]
    assert patches.attrs["assumed"] == [
        "300 bands evenly spaced from 387.12 to 1023.5 nm: the file carries no wavelengths",
        "values are reflectance: the file does not say what they are",
    ]


def test_wavelengths_and_class_names_can_be_given(write_hdf5: HdfWriter, tmp_path: Path) -> None:
    path = write_hdf5(train_img=images(bands=3), train_labels=[0.0, 1.0, 1.0])
    patches = read_patch_file(path, wavelengths="400:500", class_names=["susceptible", "resistant"])
    assert patches["wavelength"].values.tolist() == [400, 450, 500]
    assert patches.attrs["assumed"][0] == "3 bands evenly spaced over 400:500 nm"
    assert patches.attrs["class_names"] == ["susceptible", "resistant"]
    (tmp_path / "nm.txt").write_text("400 9\n410 9\n430 12\n")
    listed = read_patch_file(path, wavelengths=str(tmp_path / "nm.txt"))
    assert listed["fwhm"].values.tolist() == [9, 9, 12]
    assert len(listed.attrs["assumed"]) == 1


def test_other_bands_need_wavelengths(write_hdf5: HdfWriter) -> None:
    path = write_hdf5(train_img=images(bands=18), train_labels=[0, 1, 2])
    with pytest.raises(
        DataError, match=r"Found 18 bands, .* Pass wavelengths='FIRST:LAST' in nm, a list, or a text file"
    ):
        read_patch_file(path)
    with pytest.raises(DataError, match=r"value per band, 18 in all. Found shape"):
        read_patch_file(path, wavelengths=[400.0, 500.0])


def test_numbers_far_apart_are_the_classes_that_occur(write_hdf5: HdfWriter) -> None:
    path = write_hdf5(train_img=images(), train_labels=[312, 211, 312])
    patches = read_patch_file(path)
    assert patches["label"].values.tolist() == [1, 0, 1]
    assert (patches.attrs["class_names"], patches.attrs["class_codes"]) == (
        ["class 211", "class 312"],
        [211, 312],
    )
    named = read_patch_file(path, class_names={112: "city", 211: "field", 312: "wood"})
    assert named.attrs["class_names"] == ["field", "wood"]
    listed = read_patch_file(path, class_names=["field", "wood"])
    assert listed["label"].values.tolist() == [1, 0, 1]
    assert (listed.attrs["class_names"], listed.attrs["class_codes"]) == (["field", "wood"], [211, 312])


def test_names_that_do_not_fit_the_numbers(write_hdf5: HdfWriter) -> None:
    path = write_hdf5(train_img=images(), train_labels=[312, 211, 312])
    classes = r"for the 2 classes of the labels of '.*hdf5', 211, 312\."
    with pytest.raises(DataError, match=rf"{classes} Found names for 112, 211\. Name 312 too\."):
        read_patch_file(path, class_names={211: "field", 112: "city"})
    with pytest.raises(DataError, match=rf"{classes} Found 3\. Name each, the lowest number first"):
        read_patch_file(path, class_names=["city", "field", "wood"])


def test_numbers_that_hardly_repeat_are_no_classes(write_hdf5: HdfWriter) -> None:
    path = write_hdf5(train_img=images(samples=101), train_labels=np.arange(101))
    message = r"the labels of '.*' should name classes.* Found 101 .*samples\. Learn the number: --task regr"
    with pytest.raises(DataError, match=message):
        read_patch_file(path)


def test_measurements_are_no_classes(write_hdf5: HdfWriter) -> None:
    path = write_hdf5(train_img=images(samples=1001), train_labels=np.arange(1001))
    with pytest.raises(DataError, match=r"at most 1000 classes\. Found 1001 different numbers"):
        read_patch_file(path)


def test_an_array_too_large_for_its_file(write_hdf5: HdfWriter) -> None:
    path = write_hdf5(train_labels=[0])
    with h5py.File(path, "a") as file:
        file.create_dataset("train_img", shape=(2**40, 4, 4, 300), dtype=np.float32, chunks=(1, 4, 4, 300))
    with pytest.raises(DataError, match=r"should fit its file of \d+ bytes\. Found shape \(1099511627776"):
        read_patch_file(path)


def test_a_label_without_a_name(write_hdf5: HdfWriter) -> None:
    path = write_hdf5(train_img=images(), train_labels=[0, 1, 2])
    with pytest.raises(DataError, match=r"for the 3 classes of .*, 0, 1, 2\. Found 2\. Name each"):
        read_patch_file(path, class_names=["a", "b"])


def test_a_class_of_the_list_without_a_patch_is_kept(write_hdf5: HdfWriter) -> None:
    path = write_hdf5(train_img=images(), train_labels=[0, 2, 2])
    patches = read_patch_file(path, class_names=["a", "b", "c"])
    assert patches["label"].values.tolist() == [0, 2, 2]
    assert (patches.attrs["class_names"], patches.attrs["class_codes"]) == (["a", "b", "c"], [0, 1, 2])
    with_two = read_patch_file(path, class_names=["a", "c"])
    assert (with_two["label"].values.tolist(), with_two.attrs["class_codes"]) == ([0, 1, 1], [0, 2])


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.hdf5' should be an HDF5 file. Found no such file"):
        read_patch_file(tmp_path / "none.hdf5")
    with pytest.raises(DataError, match=r"Found no such file"):
        read_patch_file(tmp_path)


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "notes.hdf5"
    path.write_text("not HDF5")
    with pytest.raises(
        DataError, match=r"should be an HDF5 file. Found one that cannot be read: .*signature"
    ):
        read_patch_file(path)


def test_a_truncated_file(write_hdf5: HdfWriter) -> None:
    path = write_hdf5(train_img=images(), train_labels=[0, 1, 2])
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match=r"should be an HDF5 file. .*truncated.* Copy or download it again"):
        read_patch_file(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": [1]}, r"Found \['x'\]: train_img and train_labels missing"),
        ({}, r"Found none: train_img and train_labels missing"),
        ({"train_img": images(), "labels": [1]}, r"Found \['labels', 'train_img'\]: train_labels missing"),
        (
            {"train_img": images()[0], "train_labels": [0]},
            r"\(sample, y, x, band\).* Found shape \(4, 4, 300\)",
        ),
        (
            {"train_img": images(samples=0), "train_labels": np.zeros(0)},
            r"none of them 0 long. Found shape \(0,",
        ),
        (
            {"train_img": images(bands=0), "train_labels": [0, 1, 2]},
            r"none of them 0 long. Found shape \(3, 4, 4, 0",
        ),
        ({"train_img": images()[:, :3], "train_labels": [0, 1, 2]}, r"should be square. Found 3 x 4 pixels"),
        ({"train_img": images() > 0, "train_labels": [0, 1, 2]}, r"should hold numbers as .* of bool"),
        (
            {"train_img": images(), "train_labels": [0, 1]},
            r"one number per patch, shape \(3,\). Found shape \(2,\)",
        ),
        ({"train_img": images(), "train_labels": [[0], [1], [2]]}, r"Found shape \(3, 1\)"),
        ({"train_img": images(), "train_labels": [b"a", b"b", b"c"]}, r"one number per patch"),
        ({"train_img": images(), "train_labels": [0, -1, -2]}, r"Found -1 at patch 1 \(2 such labels\)"),
        ({"train_img": images(), "train_labels": [0, 1, 1.5]}, r"whole numbers from 0. Found 1.5 at patch 2"),
        (
            {"train_img": images(), "train_labels": [0, np.nan, 1]},
            r"whole numbers from 0. Found nan at patch 1",
        ),
        (
            {"train_img": images(), "train_labels": [0, np.inf, 1]},
            r"whole numbers from 0. Found inf at patch 1",
        ),
    ],
)
def test_a_layout_that_is_not_the_tutorials(
    write_hdf5: HdfWriter, arrays: dict[str, npt.ArrayLike], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_patch_file(write_hdf5(**arrays))


def test_a_link_that_leads_nowhere(write_hdf5: HdfWriter) -> None:
    path = write_hdf5(train_labels=[0])
    with h5py.File(path, "a") as file:
        file["train_img"] = h5py.SoftLink("/gone")
    with pytest.raises(DataError, match=r"Found \['train_labels'\]: train_img missing"):
        read_patch_file(path)


def test_values_that_are_no_numbers_are_counted_and_found(write_hdf5: HdfWriter) -> None:
    values = images(samples=100, bands=300)
    values[70, 3, 1, 5] = np.nan
    values[70, 1, 2, 9] = np.inf
    values[99, 0, 0, 0] = -np.inf
    path = write_hdf5(train_img=values, train_labels=np.zeros(100, dtype=int))
    with pytest.raises(
        DataError, match=r"Found 3 NaN or infinite .* first at patch 70, band 5, row 3, column 1"
    ):
        read_patch_file(path)
