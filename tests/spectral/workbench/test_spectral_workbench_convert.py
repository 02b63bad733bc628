"""From one format into another, with all that is known."""

import os
import tracemalloc
from pathlib import Path

import dask
import numpy as np
import pytest

from lrprism.errors import DataError, InputError, ResultsError
from lrprism.spectral import make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference, georeference_of
from lrprism.spectral.io import read_cube
from lrprism.spectral.io.writers import write_cube
from lrprism.spectral.workbench.convert import convert_cube
from lrprism.spectral.workbench.preparation import Preparation
from small_runs import SILENT

PLACE = Georeference("EPSG:32616", (5e5, 20.0, 0.0, 4.4e6, 0.0, -20.0))
ENDINGS = (".nc", ".zarr", ".hdr", ".tif")


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """Five bands of 4 x 6 pixels, one value missing and one band bad."""
    values = np.arange(120, dtype=np.float32).reshape(5, 4, 6)
    values[2, 1, 3] = np.nan
    cube = make_cube(
        values,
        [400.0, 410.0, 405.0, 430.0, 440.5],
        fwhm=[8.0, 10.0, 12.0, 14.0, 16.0],
        original_band=["0", "1", "2", "vnir:5", "6"],
        good=[True, True, False, True, True],
        title="small",
        quantity="radiance",
        units="code",
        assumed=["made up"],
    )
    write_cube(assign_georeference(cube, PLACE), tmp_path / "scene.nc")
    return tmp_path / "scene.nc"


def test_round_all_formats_nothing_is_lost(scene: Path) -> None:
    first, file = read_cube(scene), scene
    for ending in (".tif", ".hdr", ".zarr", ".nc"):
        following = scene.with_name(f"next{ending}")
        convert_cube(str(file), following, Preparation(), SILENT)
        file = following
    last = read_cube(file)
    np.testing.assert_array_equal(last.values, first.values)
    for name in ("wavelength", "fwhm", "original_band", "good"):
        np.testing.assert_array_equal(last[name].values, first[name].values)
    for name in ("title", "quantity", "units", "assumed"):
        assert last.attrs[name] == first.attrs[name]
    place = georeference_of(last)
    assert place is not None
    assert place.transform == PLACE.transform


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_was_written_and_assumed_is_said(scene: Path, ending: str) -> None:
    lines = convert_cube(str(scene), scene.with_name(f"next{ending}"), Preparation(bands=(0, 3)), SILENT)
    assert lines[0].startswith("2 band, 4 y, 6 x as ")
    assert f"next{ending}" in lines[0]
    assert lines[1:] == ["Note: made up."]
    assert read_cube(scene.with_name(f"next{ending}")).original_band.values.tolist() == ["0", "vnir:5"]


def test_what_a_file_lacks_is_given(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", cube=np.ones((4, 6, 3)), other=np.zeros((4, 6, 3)))
    preparation = Preparation(wavelengths="400:420", key="cube")
    convert_cube(str(tmp_path / "a.npz"), tmp_path / "a.tif", preparation, SILENT)
    cube = read_cube(tmp_path / "a.tif")
    assert cube["wavelength"].values.tolist() == [400.0, 410.0, 420.0]
    assert float(cube.min()) == 1


def test_nothing_is_read_for_a_name_that_cannot_be(scene: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in .nc, .zarr, .* Found 'a.jpg'"):
        convert_cube("nowhere.hdr", tmp_path / "a.jpg", Preparation(), SILENT)
    with pytest.raises(ResultsError, match=r"Found .*scene.nc already there. .* --overwrite"):
        convert_cube("nowhere.hdr", scene, Preparation(), SILENT)
    with pytest.raises(DataError, match=r"'nowhere.hdr' should be"):
        convert_cube("nowhere.hdr", tmp_path / "a.tif", Preparation(), SILENT)
    before = read_cube(scene).values
    convert_cube(str(scene), scene, Preparation(bands=(4,)), SILENT, overwrite=True)
    np.testing.assert_array_equal(read_cube(scene).values, before[4:])
    assert os.listdir(tmp_path) == ["scene.nc"]


@pytest.mark.parametrize("ending", [".hdr", ".tif"])
def test_a_large_cube_is_never_whole_in_memory(tmp_path: Path, ending: str) -> None:
    bands, rows, columns, megabytes = 100, 1800, 500, 343
    fields = {"samples": columns, "lines": rows, "bands": bands, "data type": 4, "interleave": "bil"}
    fields |= {"wavelength": "{" + ",".join(str(400 + 5 * band) for band in range(bands)) + "}"}
    header = "".join(f"{name} = {value}\n" for name, value in fields.items())
    (tmp_path / "cube.hdr").write_text(f"ENVI\n{header}wavelength units = nm\n")
    with (tmp_path / "cube.dat").open("wb") as file:  # zeros that take no room on disk
        file.truncate(bands * rows * columns * 4 - 4)
        file.seek(0, os.SEEK_END)
        file.write(np.float32(3).tobytes())
    tracemalloc.start()
    try:
        with dask.config.set(num_workers=2):  # each holds pieces of 16 MiB
            convert_cube(str(tmp_path / "cube.hdr"), tmp_path / f"next{ending}", Preparation(), SILENT)
        peak = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
    assert peak < megabytes / 2
    back = read_cube(tmp_path / f"next{ending}")
    assert back.shape == (bands, rows, columns)
    assert back[-1, -1, -2:].values.tolist() == [0, 3]
