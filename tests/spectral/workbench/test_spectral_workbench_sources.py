import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral import make_cube
from lrprism.spectral.io.writers import write_cube
from lrprism.spectral.workbench import Preparation, Samples, open_samples
from lrprism.spectral.workbench.sources import open_labelled_samples
from small_runs import SILENT, write_patches

NM = [500.0, 600.0, 700.0, 800.0]


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.1, 1, (4, 6, 7)).astype(np.float32)


@pytest.fixture
def label_map(tmp_path: Path) -> Path:
    labels = np.zeros((6, 7), dtype=np.uint8)
    labels[1, 1], labels[2, 3], labels[4, 5], labels[0, 0] = 1, 2, 2, 1
    np.save(tmp_path / "labels.npy", labels)
    return tmp_path / "labels.npy"


def cube_file(path: Path, values: np.ndarray, good: list[bool] | None = None) -> Path:
    cube: xr.DataArray = make_cube(values, NM, good=good, title="t", quantity="reflectance", units="1")
    write_cube(cube, path)
    return path


@pytest.mark.parametrize("name", ["scene.hdr", "scene.nc", "scene.zarr", "scene.tif"])
def test_a_cube_and_its_labels_give_windows(
    tmp_path: Path, values: np.ndarray, label_map: Path, name: str
) -> None:
    source = cube_file(tmp_path / name, values)
    samples = open_samples(str(source), Preparation(window=3, labels=str(label_map)))
    assert samples.numbers.tolist() == [8, 17, 33]
    assert samples.labels.tolist() == [0, 1, 1]
    assert "1 labelled pixels lie too near the border of the scene for a window" in samples.attrs["assumed"]
    np.testing.assert_array_equal(samples.cut(samples.numbers[1:])["patch"].values[0], values[:, 1:4, 2:5])


def test_windows_with_missing_values_are_left_out(
    tmp_path: Path, values: np.ndarray, label_map: Path
) -> None:
    values[2, 5, 6] = np.nan
    source = cube_file(tmp_path / "scene.nc", values)
    samples = open_samples(str(source), Preparation(window=3, labels=str(label_map)))
    assert samples.numbers.tolist() == [8, 17]
    assert "1 labelled pixels have missing values in their window" in samples.attrs["assumed"]


def test_bands_flagged_bad_are_left_out_unless_bands_are_named(tmp_path: Path, values: np.ndarray) -> None:
    source = str(cube_file(tmp_path / "scene.nc", values, good=[True, False, True, True]))
    samples = open_samples(source, Preparation(window=1))
    assert samples.scene is not None
    assert samples.scene.cube["wavelength"].values.tolist() == [500.0, 700.0, 800.0]
    assert "1 of 4 bands are flagged bad and were left out" in samples.attrs["assumed"]
    chosen = open_samples(source, Preparation(window=1, bands=(1, 2)))
    assert chosen.scene is not None
    assert chosen.scene.cube["wavelength"].values.tolist() == [600.0, 700.0]


def test_the_hash_is_that_of_the_values(tmp_path: Path, values: np.ndarray) -> None:
    hashes = [open_samples(str(cube_file(tmp_path / "one.nc", values)), Preparation(window=1)).hash]
    hashes.append(open_samples(str(tmp_path / "one.nc"), Preparation(window=1)).hash)
    values[0, 0, 0] += 1
    hashes.append(open_samples(str(cube_file(tmp_path / "two.nc", values)), Preparation(window=1)).hash)
    assert hashes[0] == hashes[1] != hashes[2]


def test_labels_of_another_scene_are_refused(tmp_path: Path, values: np.ndarray, label_map: Path) -> None:
    source = cube_file(tmp_path / "scene.nc", values[:, :5])
    with pytest.raises(lp.DataError, match="labels should cover the same pixels as the cube"):
        open_samples(str(source), Preparation(window=3, labels=str(label_map)))


def test_what_is_assumed_of_labels_is_said_and_their_codes_kept(tmp_path: Path, values: np.ndarray) -> None:
    source = cube_file(tmp_path / "scene.nc", values)
    labels = np.full((6, 7), np.nan)
    labels[1, 1], labels[2, 3], labels[4, 5] = 211, 312, -1
    np.save(tmp_path / "codes.npy", labels)
    samples = open_samples(str(source), Preparation(window=1, labels=str(tmp_path / "codes.npy")))
    assert (samples.class_names, samples.class_codes) == (["class 211", "class 312"], [211, 312])
    assert "1 pixels with a negative label are taken for unlabelled" in samples.attrs["assumed"]
    preparation = Preparation(
        window=1, labels=str(tmp_path / "codes.npy"), class_names=("a", "b"), class_codes=(211, 312)
    )
    assert open_samples(str(source), preparation).class_names == ["a", "b"]
    assert Preparation.from_record(json.loads(json.dumps(preparation.record()))) == preparation


def test_one_class_is_too_few(tmp_path: Path, values: np.ndarray) -> None:
    source = cube_file(tmp_path / "scene.nc", values)
    np.save(tmp_path / "mask.npy", np.arange(42).reshape(6, 7) % 2 == 0)
    preparation = Preparation(window=1, labels=str(tmp_path / "mask.npy"))
    with pytest.raises(
        lp.DataError, match=r"of at least two classes\. Found one, 'class 1'.*--unlabelled none"
    ):
        open_labelled_samples(str(source), preparation, SILENT)
    samples = open_labelled_samples(str(source), replace(preparation, unlabelled=()), SILENT)
    assert samples.class_codes == [0, 1]
    assert len(samples.numbers) == 42


def test_a_file_without_codes_counts_classes_as_it_does(scene: Samples, patches: Samples) -> None:
    assert scene.class_codes == list(range(1, 17))
    assert patches.class_codes == list(range(len(patches.class_names)))


def test_names_by_code_are_of_patches_too(tmp_path: Path) -> None:
    source = str(write_patches(tmp_path / "leaves.hdf5"))
    classes = open_samples(source, Preparation(wavelengths="400:950")).class_names
    codes = tuple(range(len(classes)))
    names = tuple(f"plant {code}" for code in codes)
    named = open_samples(source, Preparation(wavelengths="400:950", class_names=names, class_codes=codes))
    assert named.class_names == list(names)
    wrong = Preparation(
        wavelengths="400:950", class_names=names, class_codes=tuple(code + 1 for code in codes)
    )
    with pytest.raises(lp.DataError, match=r"for the \d classes of the labels of .* Found names for 1, 2"):
        open_samples(source, wrong)


def test_bands_without_any_data_are_left_out_and_named(
    tmp_path: Path, values: np.ndarray, label_map: Path
) -> None:
    values[1] = np.nan
    source = str(cube_file(tmp_path / "scene.nc", values))
    samples = open_samples(source, Preparation(window=3, labels=str(label_map)))
    assert samples.numbers.tolist() == [8, 17, 33]
    assert samples.scene is not None
    assert samples.scene.cube["wavelength"].values.tolist() == [500.0, 700.0, 800.0]
    assert "no data in band 1 (600.0 nm)" in samples.attrs["assumed"]
    with pytest.raises(lp.DataError, match=r"chosen bands should hold data. Found none at 1 of the file"):
        open_samples(source, Preparation(window=3, labels=str(label_map), bands=(0, 1)))


def test_labels_that_no_pixel_can_use_are_accounted_for(
    tmp_path: Path, values: np.ndarray, label_map: Path
) -> None:
    values[2, ::2] = np.nan
    source = str(cube_file(tmp_path / "scene.nc", values))
    with pytest.raises(lp.DataError, match=r"Found none; .*missing values in their window. Choose a smaller"):
        open_labelled_samples(source, Preparation(window=3, labels=str(label_map)), SILENT)
    with pytest.raises(lp.DataError, match=r"Found none. Give labels with --labels"):
        open_labelled_samples(source, Preparation(window=3), SILENT)
