"""Properties of every format, and what comes back through its reader."""

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError, InputError, ResultsError
from lrprism.spectral import make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference, georeference_of
from lrprism.spectral.io import read_cube
from lrprism.spectral.io.format import Writer
from lrprism.spectral.io.formats.envi import read_envi
from lrprism.spectral.io.formats.netcdf import read_netcdf, read_zarr
from lrprism.spectral.io.writers import WRITERS, check_output, choose_writers, write, write_cube

ENDINGS = (".nc", ".zarr", ".hdr", ".img", ".tif")
READERS = {".nc": read_netcdf, ".zarr": read_zarr, ".hdr": read_envi, ".img": read_envi}


@pytest.mark.parametrize("ending", READERS)
def test_values_bands_and_place_come_back(tmp_path: Path, placed_cube: xr.DataArray, ending: str) -> None:
    file = tmp_path / f"cube{ending}"
    write_cube(placed_cube, file)
    back = READERS[ending](file)
    np.testing.assert_array_equal(back.values, placed_cube.values)
    for name in ("wavelength", "fwhm", "good", "x", "y"):
        np.testing.assert_array_equal(back[name].values, placed_cube[name].values)
    place = georeference_of(back)
    assert place is not None
    assert place.transform == (500000.0, 20.0, 0.0, 4400000.0, 0.0, -20.0)
    assert "UTM" in place.crs


@pytest.mark.parametrize("ending", [".nc", ".zarr"])
def test_every_attribute_comes_back(tmp_path: Path, placed_cube: xr.DataArray, ending: str) -> None:
    file = tmp_path / f"cube{ending}"
    write_cube(placed_cube, file)
    back = READERS[ending](file)
    assert {name: back.attrs[name] for name in placed_cube.attrs} == placed_cube.attrs
    assert back.original_band.values.tolist() == ["0", "1", "2", "vnir:5", "6"]


@pytest.mark.parametrize("ending", [".nc", ".zarr", ".hdr", ".dat", ".tif"])
def test_what_was_measured_comes_back_in_every_format(
    tmp_path: Path, placed_cube: xr.DataArray, ending: str
) -> None:
    file = tmp_path / f"cube{ending}"
    write_cube(placed_cube.assign_attrs(title="small, first"), file)
    back = read_cube(file)
    for name in ("quantity", "units", "attribution", "assumed"):
        assert back.attrs[name] == placed_cube.attrs[name]
    assert back.attrs["title"] == "small, first"
    assert back.name == "radiance"
    assert back.original_band.values.tolist() == ["0", "1", "2", "vnir:5", "6"]


@pytest.mark.parametrize("assumed", [[], ["one, with a comma"], ["one; with a semicolon"], ["ä", 'b "c"']])
@pytest.mark.parametrize("ending", [".nc", ".zarr", ".hdr", ".tif"])
def test_a_list_of_any_length_comes_back(
    tmp_path: Path, small_cube: xr.DataArray, ending: str, assumed: list[str]
) -> None:
    write_cube(small_cube.assign_attrs(assumed=assumed), tmp_path / f"cube{ending}")
    assert read_cube(tmp_path / f"cube{ending}").attrs["assumed"] == assumed


@pytest.mark.parametrize("ending", ENDINGS)
def test_only_the_named_files_are_left(tmp_path: Path, placed_cube: xr.DataArray, ending: str) -> None:
    write_cube(placed_cube, tmp_path / "new" / f"cube{ending}")
    both = {"cube.hdr", "cube.img"}
    assert set(os.listdir(tmp_path / "new")) == (both if ending in {".hdr", ".img"} else {f"cube{ending}"})


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_is_replaced_only_when_allowed(tmp_path: Path, placed_cube: xr.DataArray, ending: str) -> None:
    file = tmp_path / f"cube{ending}"
    write_cube(placed_cube, file)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(ResultsError, match=r"written to a new name. Found .* already there"):
        write_cube(placed_cube + 1, file)
    write_cube(placed_cube.isel(band=slice(2)), file, overwrite=True)
    assert sorted(os.listdir(tmp_path)) == before
    if ending in READERS:
        assert READERS[ending](file).shape == (2, 4, 6)


@pytest.mark.parametrize("ending", READERS)
def test_a_lazy_cube_may_replace_its_own_file(tmp_path: Path, small_cube: xr.DataArray, ending: str) -> None:
    file = tmp_path / f"cube{ending}"
    write_cube(small_cube, file)
    opened = READERS[ending](file)
    write_cube((opened + 1).assign_attrs(opened.attrs), file, overwrite=True)
    np.testing.assert_array_equal(READERS[ending](file).values, small_cube.values + 1)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_failure_leaves_nothing_behind(tmp_path: Path, small_cube: xr.DataArray, ending: str) -> None:
    def fail(block: np.ndarray) -> np.ndarray:
        raise RuntimeError(f"no block of shape {block.shape}")

    lazy = da.from_array(small_cube.values, chunks=(1, 4, 6))
    broken = small_cube.copy(data=lazy.map_blocks(fail, meta=np.empty((0, 0, 0), np.float32)))
    with pytest.raises(RuntimeError, match="no block of shape"):
        write_cube(broken, tmp_path / f"cube{ending}")
    assert os.listdir(tmp_path) == []


def test_a_killed_process_leaves_no_file_of_that_name(tmp_path: Path) -> None:
    # one process imports, and a child of it dies for each format
    script = """
import os, sys
import dask.array as da, numpy as np
from lrprism.spectral import make_cube
from lrprism.spectral.io.writers import write_cube
def die(block, block_info=None):
    if block_info[0]["chunk-location"][0] == 2: os._exit(9)
    return block
zeros = da.zeros((3, 4, 4), chunks=(1, 4, 4), dtype="f4")
values = zeros.map_blocks(die, dtype="f4", meta=np.empty((0, 0, 0), "f4"))
cube = make_cube(values, [400, 500, 600], title="t", quantity="q", units="u")
for path in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        write_cube(cube, path)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    endings = (".nc", ".zarr", ".hdr", ".tif")
    for ending in endings:
        (tmp_path / ending).mkdir()
    command = [sys.executable, "-c", script, *(tmp_path / ending / f"cube{ending}" for ending in endings)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout.split() == ["9"] * len(endings)
    for ending in endings:
        assert all(".partial-" in name for name in os.listdir(tmp_path / ending)), ending


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_lazy_cube_is_never_whole_in_memory(tmp_path: Path, ending: str) -> None:
    shape, megabytes = (64, 512, 512), 64
    lazy = da.random.default_rng(0).random(shape, chunks=(1, 512, 512)).astype(np.float32)
    cube = make_cube(lazy, np.linspace(400, 1000, 64), title="t", quantity="q", units="1")
    tracemalloc.start()
    try:
        write_cube(cube, tmp_path / f"cube{ending}")
        peak = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
    assert peak < megabytes / 2


@pytest.mark.parametrize("ending", [".nc", ".zarr", ".hdr", ".tif"])
def test_a_part_keeps_its_place(tmp_path: Path, placed_cube: xr.DataArray, ending: str) -> None:
    rasterio = pytest.importorskip("rasterio")
    part = placed_cube.isel(y=slice(1, None), x=slice(2, None, 2))
    write_cube(part, tmp_path / f"cube{ending}")
    if ending == ".zarr":
        place = georeference_of(read_zarr(tmp_path / "cube.zarr"))
        assert place is not None
        transform = place.transform
    else:
        with rasterio.open(tmp_path / f"cube{'.img' if ending == '.hdr' else ending}") as opened:
            transform = opened.transform.to_gdal()
            assert opened.crs.to_epsg() == 32616
    # column 2 begins at 500000 + 2 * 20; every other column has its centre at + 10, so the edge moves by -10
    assert transform == (500030.0, 40.0, 0.0, 4399980.0, 0.0, -20.0)


def test_an_unknown_ending_lists_the_known_ones(tmp_path: Path, small_cube: xr.DataArray) -> None:
    with pytest.raises(InputError, match=r"ends in \.nc, \.zarr, .*Found 'cube.jpg'"):
        write_cube(small_cube, tmp_path / "cube.jpg")


def test_what_cannot_be_written_is_refused_before_anything_is_read(
    tmp_path: Path, small_cube: xr.DataArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, writer = check_output(tmp_path / "cube.hdr", small_cube)
    assert (target, writer.name, writer.word) == (tmp_path / "cube.hdr", "ENVI", "envi")
    turned = Georeference("EPSG:32616", (5e5, 16.0, 12.0, 4.4e6, 12.0, -16.0))
    with pytest.raises(DataError, match="an ENVI image should be north up"):
        check_output(tmp_path / "cube.hdr", assign_georeference(small_cube, turned))
    (tmp_path / "cube.nc").write_text("")
    with pytest.raises(ResultsError, match="on the command line --overwrite"):
        check_output(tmp_path / "cube.nc")
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(InputError, match=r"rasterio\. Found it missing"):
        check_output(tmp_path / "cube.tif", small_cube)


def test_formats_are_chosen_by_their_words() -> None:
    assert [writer.name for writer in choose_writers("geotiff, ENVI")] == ["GeoTIFF", "ENVI"]
    assert [writer.word for writer in WRITERS] == ["netcdf", "zarr", "envi", "geotiff"]
    for words, wrong in (("jpg", "jpg"), ("envi,envi", "envi"), ("", ""), ("envi,", "")):
        with pytest.raises(
            InputError, match=rf"among netcdf, zarr, envi, geotiff, .*Found '{wrong}' in '{words}'"
        ):
            choose_writers(words)


def test_one_more_entry_of_the_registry_is_one_more_format(
    tmp_path: Path, small_cube: xr.DataArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = Writer("Mine", (".mine",), lambda cube, path: path.write_text(str(cube.shape)))
    monkeypatch.setattr(write, "WRITERS", (*write.WRITERS, new))
    write_cube(small_cube, tmp_path / "cube.mine")
    assert (tmp_path / "cube.mine").read_text() == "(5, 4, 6)"
    with pytest.raises(InputError, match=r"ends in .*\.mine"):
        write_cube(small_cube, tmp_path / "cube.jpg")


def test_only_a_zarr_store_is_replaced_by_one(tmp_path: Path, small_cube: xr.DataArray) -> None:
    (tmp_path / "home.zarr").mkdir()
    with pytest.raises(ResultsError, match=r"replace a Zarr store only"):
        write_cube(small_cube, tmp_path / "home.zarr", overwrite=True)
    (tmp_path / "home.nc").mkdir()
    with pytest.raises(ResultsError, match=r"replace a plain file only"):
        write_cube(small_cube, tmp_path / "home.nc", overwrite=True)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, small_cube: xr.DataArray) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match=r"where it can be written. Found .*file"):
        write_cube(small_cube, tmp_path / "file" / "cube.nc")


@pytest.mark.parametrize("ending", [".nc", ".hdr", ".tif"])
def test_a_name_that_the_disk_refuses_is_named(tmp_path: Path, small_cube: xr.DataArray, ending: str) -> None:
    file = tmp_path / f"{'x' * 240}{ending}"
    with pytest.raises(
        ResultsError, match=r"go where it can be written. Found .*xxx.*: .*. Choose another place"
    ):
        write_cube(small_cube, file)


def test_uneven_coordinates_are_refused(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    with pytest.raises(DataError, match="coordinate x should be evenly spaced"):
        write_cube(placed_cube.isel(x=[0, 1, 4]), tmp_path / "cube.nc")


@pytest.mark.parametrize("ending", [".hdr", ".tif"])
def test_an_image_needs_bands_and_pixels(tmp_path: Path, small_cube: xr.DataArray, ending: str) -> None:
    file = tmp_path / f"cube{ending}"
    with pytest.raises(DataError, match=r"should hold \(band, y, x\) or \(y, x\). Found \('sample', 'band'"):
        write_cube(small_cube.expand_dims("sample"), file)
    with pytest.raises(DataError, match=r"at least one pixel and band. Found shape"):
        write_cube(small_cube.isel(x=slice(0)), file)
    with pytest.raises(DataError, match=r"should hold real numbers. Found complex"):
        write_cube(small_cube.astype(complex), file)
    with pytest.raises(DataError, match=r"at most 32 bits. Found 0 to 1099511627776"):
        write_cube(xr.DataArray([[0, 2**40]], dims=("y", "x")), file)


def test_a_stack_of_relevance_cubes_keeps_its_name(tmp_path: Path, small_cube: xr.DataArray) -> None:
    relevance = (
        small_cube.expand_dims(sample=3).rename("relevance").assign_attrs(target={"label": 2}, flag=True)
    )
    write_cube(relevance, tmp_path / "relevance.nc")
    with xr.open_dataset(tmp_path / "relevance.nc", engine="h5netcdf") as opened:
        np.testing.assert_array_equal(opened["relevance"].values, relevance.values)
        assert opened["relevance"].attrs["target"] == '{"label": 2}'
        assert opened["relevance"].attrs["flag"] == 1


def test_a_turned_grid_keeps_its_transform(tmp_path: Path, small_cube: xr.DataArray) -> None:
    turned = Georeference("EPSG:32616", (5e5, 16.0, 12.0, 4.4e6, 12.0, -16.0))
    cube = assign_georeference(small_cube, turned)
    write_cube(cube, tmp_path / "cube.nc")
    place = georeference_of(read_netcdf(tmp_path / "cube.nc"))
    assert place is not None
    assert place.transform == turned.transform
    with pytest.raises(DataError, match="an ENVI image should be north up"):
        write_cube(cube, tmp_path / "cube.hdr")
