"""Arrays out of files of every format: which of them are meant, and files that are damaged."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral import read_split
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.writers import write_cube
from lrprism.spectral.splits.files.split_arrays import ONLY, read_arrays
from split_files import MAP, PATCHES, SCENE, write


@pytest.mark.parametrize("name", ["split.npz", "split.mat", "v73.mat"])
def test_arrays_are_told_by_their_names_in_any_case(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, {"Train": [4, 2], "other": MAP})
    arrays = read_arrays(path, {"train", "test"})
    assert list(arrays) == ["train"]
    assert arrays["train"].ravel().tolist() == [4, 2]


@pytest.mark.parametrize("name", ["a.npz", "a.mat", "v73.mat", "a.npy", "a.txt", "a.csv", "a.tif"])
def test_the_only_array_needs_no_name(tmp_path: Path, name: str) -> None:
    arrays = read_arrays(write(tmp_path / name, {"mine": MAP}), {"train"})
    assert list(arrays) == [ONLY]
    assert arrays[ONLY].tolist() == MAP.tolist()


def outcome(path: Path) -> str:
    try:
        return "read" if read_split(path, SCENE).train.size else "empty"
    except DataError as error:
        return "refused" if path.name in str(error) else str(error)


@pytest.mark.parametrize("name", ["split.npz", "split.npy", "split.mat", "v73.mat", "split.tif", "split.txt"])
def test_damaged_files_are_refused_or_read(tmp_path: Path, name: str) -> None:
    content = write(tmp_path / name, {"split": MAP}).read_bytes()
    generator = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(content[: generator.integers(1, len(content) + 1)])
        damaged[generator.integers(len(damaged))] = generator.integers(256)
        (tmp_path / name).write_bytes(damaged)
        assert outcome(tmp_path / name) in {"read", "refused"}


def test_a_huge_array_is_refused_before_it_is_made(tmp_path: Path) -> None:
    path = write(tmp_path / "train.npy", {"train": np.zeros(1000, dtype=np.int64)})
    path.write_bytes(path.read_bytes().replace(b"(1000,)", b"(10**9,)".replace(b"10**9", b"9" * 12)))
    with pytest.raises(DataError, match=r"train.npy"):
        read_split(path, PATCHES, test_path=path)


def test_a_map_of_another_place_is_refused(tmp_path: Path) -> None:
    here, there = (
        Georeference("EPSG:32633", (left, 10.0, 0.0, 4000000.0, 0.0, -10.0)) for left in (500000.0, 500010.0)
    )
    scene = xr.DataArray(np.ones((2, 3), dtype=np.int64), dims=("y", "x"))
    write_cube(assign_georeference(scene, here), tmp_path / "here.tif")
    write_cube(assign_georeference(scene, there), tmp_path / "there.tif")
    placed = assign_georeference(scene, here)
    assert read_arrays(tmp_path / "here.tif", (), placed)[ONLY].tolist() == [[1] * 3] * 2
    assert read_arrays(tmp_path / "there.tif", (), scene)[ONLY].tolist() == [[1] * 3] * 2
    with pytest.raises(DataError, match=r"should lie on the grid of the scene.*Found it at another place"):
        read_arrays(tmp_path / "there.tif", (), placed)
