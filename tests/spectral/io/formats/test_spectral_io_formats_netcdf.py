"""NetCDF files and Zarr stores: our own, and those that others lay out differently."""

from collections.abc import Callable
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from rasterio.crs import CRS

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference, georeference_of
from lrprism.spectral.io.formats.netcdf import read_netcdf, read_zarr
from lrprism.spectral.io.writers.netcdf import write_netcdf, write_zarr

Reader = Callable[..., xr.DataArray]
FORMATS = pytest.mark.parametrize("ending", [".nc", ".zarr"])


def reader(ending: str) -> Reader:
    return read_netcdf if ending == ".nc" else read_zarr


def save(dataset: xr.Dataset, path: Path) -> Path:
    if path.suffix == ".nc":
        dataset.to_netcdf(path, engine="h5netcdf")
    else:
        dataset.to_zarr(path, zarr_format=2, consolidated=True)
    return path


def foreign() -> xr.Dataset:
    """(line, sample, channel) with µm beside it; the value is 100 channel + 10 line + sample."""
    line, sample, channel = np.indices((4, 5, 3))
    values = (100 * channel + 10 * line + sample).astype(np.float32)
    return xr.Dataset(
        {
            "rfl": (("line", "sample", "channel"), values, {"units": "1", "long_name": "surface"}),
            "quality": (("line", "sample"), np.zeros((4, 5))),
            "wl": ("channel", [0.7, 0.4, 0.5], {"units": "um"}),
        }
    )


@FORMATS
@pytest.mark.parametrize("notes", [[], ["one"], ["one", "two"]])
def test_what_our_own_writer_wrote_comes_back_whole(tmp_path: Path, ending: str, notes: list[str]) -> None:
    band, y, x = np.indices((3, 4, 5))
    values = (100.0 * band + 10 * y + x).astype(np.float32)
    values[1, 2, 3] = np.nan
    cube = make_cube(
        values,
        [700.0, 400.0, 500.0],
        fwhm=[10, np.nan, 12],
        original_band=["7", "3", "4"],
        good=[True, False, True],
        title="field",
        attribution="somebody",
        quantity="reflectance",
        units="1",
        assumed=notes,
    )
    cube.attrs |= {"scale": 10000.0, "source": "field.dat"}
    cube = assign_georeference(cube, Georeference("EPSG:32616", (4e5, 20.0, 0.0, 4.5e6, 0.0, -10.0)))
    path = tmp_path / f"cube{ending}"
    (write_netcdf if ending == ".nc" else write_zarr)(cube, path)
    back = reader(ending)(path)
    np.testing.assert_array_equal(back.values, cube.values)
    assert back.dims == cube.dims
    for name in ("band", "wavelength", "fwhm", "original_band", "good", "x", "y"):
        np.testing.assert_array_equal(back[name].values, cube[name].values)
        assert back[name].dtype.kind == cube[name].dtype.kind
    assert {name: back.attrs[name] for name in cube.attrs} == cube.attrs
    place = georeference_of(back)
    assert place is not None
    assert place.transform == (4e5, 20.0, 0.0, 4.5e6, 0.0, -10.0)
    assert CRS.from_wkt(place.crs).to_epsg() == 32616


@FORMATS
def test_another_layout_is_turned_and_said(tmp_path: Path, ending: str) -> None:
    cube = reader(ending)(save(foreign(), tmp_path / f"a{ending}"))
    assert isinstance(cube.data, da.Array)
    assert cube.shape == (3, 4, 5)
    assert cube.values[2, 3, 4] == 234
    np.testing.assert_allclose(cube["wavelength"], [700, 400, 500])  # the file's order
    assert cube.attrs["assumed"] == ["channel, line, sample are taken for band, y, x"]
    assert (cube.attrs["title"], cube.attrs["units"], cube.attrs["source"]) == ("surface", "1", f"a{ending}")


def test_x_before_y_is_turned(tmp_path: Path) -> None:
    dataset = foreign().rename(line="x", sample="y", channel="band").assign_coords(y=[9.0, 8, 7, 6, 5])
    cube = read_netcdf(save(dataset, tmp_path / "a.nc"))
    assert cube.shape == (3, 5, 4)
    assert cube.values[2, 4, 3] == 234
    assert cube["y"].values.tolist() == [9, 8, 7, 6, 5]
    assert cube.attrs["assumed"] == []


def test_fill_values_and_scales_are_decoded(tmp_path: Path) -> None:
    dataset = foreign()
    dataset["rfl"][0, 0, 0] = np.nan
    dataset["rfl"].encoding = {"dtype": "int16", "_FillValue": -9999, "scale_factor": 0.5, "add_offset": 1.0}
    cube = read_netcdf(save(dataset, tmp_path / "a.nc"))
    assert np.isnan(cube.values[0, 0, 0])
    assert cube.values[2, 3, 4] == 234


def test_the_file_is_not_held_open(tmp_path: Path) -> None:
    path = save(foreign(), tmp_path / "a.nc")
    cube = read_netcdf(path)
    changed = foreign()
    changed["rfl"] = changed["rfl"] + 1
    path.unlink()
    save(changed, path)
    assert cube[1, 2, 3].values == 124


@FORMATS
def test_the_variable_has_to_be_certain(tmp_path: Path, ending: str) -> None:
    dataset = foreign()
    dataset["other"] = dataset["rfl"] + 1
    path = save(dataset, tmp_path / f"a{ending}")
    assert reader(ending)(path, key="other").values[0, 0, 0] == 1
    with pytest.raises(
        DataError, match=r"should hold one variable of three axes. Found .*rfl .*Name it with key"
    ):
        reader(ending)(path)
    with pytest.raises(DataError, match=r"a variable 'third' of three axes"):
        reader(ending)(path, key="third")


@FORMATS
def test_missing_wavelengths_are_asked_for(tmp_path: Path, ending: str) -> None:
    path = save(foreign().drop_vars("wl").transpose("channel", ...), tmp_path / f"a{ending}")
    for variable in (None, "rfl"):
        with pytest.raises(
            DataError, match=r"wavelength, wavelengths, wl along one axis. .* Pass wavelengths="
        ):
            reader(ending)(path, key=variable)
    cube = reader(ending)(path, wavelengths="400:420")
    assert cube["wavelength"].values.tolist() == [400, 410, 420]
    assert cube.attrs["assumed"][0] == "wavelengths are those given on reading: the file has none"
    with pytest.raises(DataError, match=r"3 in all. Found shape \(2,\).*Found in '"):
        reader(ending)(path, wavelengths=[400, 410])


def test_given_wavelengths_go_before_those_of_the_file(tmp_path: Path) -> None:
    cube = read_netcdf(save(foreign(), tmp_path / "a.nc"), wavelengths=[500, 510, 520])
    assert cube["wavelength"].values.tolist() == [500, 510, 520]
    assert "in place of those in the file" in cube.attrs["assumed"][0]


def test_bad_variables(tmp_path: Path) -> None:
    texts = foreign()
    texts["rfl"] = (texts["rfl"].dims, np.full((4, 5, 3), "word"))
    with pytest.raises(DataError, match=r"'rfl' in .* should hold numbers, none of its axes 0 long"):
        read_netcdf(save(texts, tmp_path / "a.nc"))
    units = foreign()
    units["wl"].attrs["units"] = "furlongs"
    with pytest.raises(DataError, match=r"Found 'furlongs'.*Found in '.*b.nc'"):
        read_netcdf(save(units, tmp_path / "b.nc"))
    holes = foreign()
    holes["wl"][1] = np.nan
    with pytest.raises(DataError, match=r"wavelengths should be positive and finite"):
        read_netcdf(save(holes, tmp_path / "c.nc"))


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"should be a NetCDF 4 file. Found no such file"):
        read_netcdf(tmp_path / "none.nc")
    with pytest.raises(DataError, match=r"should be a Zarr store. Found no such folder"):
        read_zarr(tmp_path / "none.zarr")
    complete = save(foreign(), tmp_path / "a.nc").read_bytes()
    for content in (b"", b"hello", complete[: len(complete) // 2]):
        (tmp_path / "b.nc").write_bytes(content)
        with pytest.raises(DataError, match=r"should be a NetCDF 4 file. Found one that cannot be read"):
            read_netcdf(tmp_path / "b.nc")
    store = save(foreign(), tmp_path / "a.zarr")
    (store / ".zmetadata").write_text("{")
    (store / ".zgroup").write_text("{")
    with pytest.raises(DataError, match=r"should be a Zarr store. Found one that cannot be read"):
        read_zarr(store)
