from pathlib import Path

import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral import make_cube
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.patch_folders import PATCH_FOLDER, read_patch_folder
from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.io.writers import write_cube

SAID = SampleOptions(wavelengths="400:600")


def save(path: Path, array: np.ndarray) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)
    return array


def test_folders_named_by_class(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    ill = save(tmp_path / "ill" / "p1.npy", generator.random((5, 5, 3)))
    healthy = [save(tmp_path / "healthy" / f"p{n}.npy", generator.random((5, 5, 3))) for n in range(2)]
    assert PATCH_FOLDER.detect(FileMarks(str(tmp_path)))
    patches = read_patch_folder(tmp_path, SAID)
    assert patches["name"].values.tolist() == ["healthy/p0.npy", "healthy/p1.npy", "ill/p1.npy"]
    assert patches["label"].values.tolist() == [0, 0, 1]
    assert patches.attrs["class_names"] == ["healthy", "ill"]
    expected = np.stack([*healthy, ill]).transpose(0, 3, 1, 2).astype(np.float32)
    np.testing.assert_array_equal(patches["patch"].values, expected)
    assert patches["wavelength"].values.tolist() == [400, 500, 600]


@pytest.mark.parametrize("ending", ["hdr", "tif"])
def test_files_that_state_their_wavelengths(tmp_path: Path, ending: str) -> None:
    values = np.random.default_rng(0).random((3, 4, 4)).astype(np.float32)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        cube = make_cube(values, [450.0, 550.0, 650.0], title="t", quantity="reflectance", units="1")
        write_cube(cube, tmp_path / name / f"p.{ending}")
    patches = read_patch_folder(tmp_path, SampleOptions())
    np.testing.assert_array_equal(patches["patch"].values, np.stack([values, values]))
    assert patches["wavelength"].values.tolist() == [450, 550, 650]
    write_cube(
        cube.assign_coords(wavelength=cube["wavelength"] + 5), tmp_path / "b" / f"p.{ending}", overwrite=True
    )
    with pytest.raises(
        lp.DataError, match=r"wavelengths of .*, 450\.0 to 650\.0 nm\. Found 455\.0 to 655\.0"
    ):
        read_patch_folder(tmp_path, SampleOptions())


def test_patches_of_several_sizes(tmp_path: Path) -> None:
    save(tmp_path / "a" / "p.npy", np.ones((5, 5, 3)))
    save(tmp_path / "b" / "q.npy", np.ones((4, 4, 3)))
    with pytest.raises(
        lp.DataError,
        match=r"of one size\. Found 5 x 5 pixels of 3 bands \(1, as a/p\.npy\); 4 x 4 .*\. Crop them",
    ):
        read_patch_folder(tmp_path, SAID)
    save(tmp_path / "a" / "p.npy", np.ones((4, 5, 3)))
    save(tmp_path / "b" / "q.npy", np.ones((4, 5, 3)))
    with pytest.raises(lp.DataError, match=r"should be square\. Found 4 x 5 pixels"):
        read_patch_folder(tmp_path, SAID)


def test_missing_values_name_their_file(tmp_path: Path) -> None:
    save(tmp_path / "a" / "p.npy", np.ones((4, 4, 3)))
    save(tmp_path / "b" / "q.npy", np.full((4, 4, 3), np.nan))
    with pytest.raises(lp.DataError, match=r"no missing value\. Found 1 with one, the first is 'b/q\.npy'"):
        read_patch_folder(tmp_path, SAID)


def test_stores_and_empty_folders_are_no_patches(tmp_path: Path) -> None:
    cube = make_cube(np.ones((3, 4, 4)), [450.0, 550.0, 650.0], title="t", quantity="reflectance", units="1")
    write_cube(cube, tmp_path / "scene.zarr")
    (tmp_path / "empty").mkdir()
    assert not PATCH_FOLDER.detect(FileMarks(str(tmp_path / "scene.zarr")))
    assert not PATCH_FOLDER.detect(FileMarks(str(tmp_path / "empty")))
