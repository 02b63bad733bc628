"""Virtual rasters: which files they lead to."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.io.raster import open_quietly
from lrprism.spectral.io.read import read_cube
from lrprism.spectral.io.vrt import is_vrt, list_vrt_sources
from lrprism.spectral.io.writers import write_cube

BAND = (
    '<VRTRasterBand dataType="Float32" band="{band}"><NoDataValue>{nodata}</NoDataValue><Metadata>'
    '<MDI key="wavelength">{nm}</MDI></Metadata><SimpleSource>'
    '<SourceFilename relativeToVRT="1">{source}</SourceFilename><SourceBand>{band}</SourceBand>'
    '<SrcRect xOff="1" yOff="0" xSize="2" ySize="2"/><DstRect xOff="0" yOff="0" xSize="2" ySize="2"/>'
    "</SimpleSource></VRTRasterBand>"
)


def write_vrt(path: Path, source: str, nodata: tuple[float, float] = (-1, -1)) -> Path:
    bands = "".join(
        BAND.format(band=band, nm=nm, source=source, nodata=mark)
        for band, nm, mark in zip((1, 2), (500, 600), nodata, strict=True)
    )
    path.write_text(f'<VRTDataset rasterXSize="2" rasterYSize="2">{bands}</VRTDataset>')
    return path


def test_a_virtual_raster_is_what_it_says(tmp_path: Path, small_cube: xr.DataArray) -> None:
    write_cube(small_cube, tmp_path / "X-SPECTRAL_IMAGE.tif")
    (tmp_path / "X-METADATA.XML").write_text("<product><mission>EnMAP</mission></product>")
    path = write_vrt(tmp_path / "part.vrt", "X-SPECTRAL_IMAGE.tif")
    cube = read_cube(path)
    with open_quietly(path, driver="VRT") as gdal:
        np.testing.assert_array_equal(cube.values, gdal.read())
    assert cube.wavelength.values.tolist() == [500, 600]
    np.testing.assert_array_equal(cube.values, small_cube.values[:2, :2, 1:3])


def test_each_band_has_its_own_mark_of_a_missing_value(tmp_path: Path, small_cube: xr.DataArray) -> None:
    write_cube(small_cube, tmp_path / "a.tif")
    # value = 100 band + 10 y + x: 11 lies in band 0, 101 in band 1
    cube = read_cube(write_vrt(tmp_path / "a.vrt", "a.tif", (11, 101)))
    assert np.argwhere(np.isnan(cube.values)).tolist() == [[0, 1, 0], [1, 0, 0]]


def test_nested_sources_are_listed(tmp_path: Path, small_cube: xr.DataArray) -> None:
    write_cube(small_cube, tmp_path / "a.tif")
    write_vrt(tmp_path / "inner.vrt", "a.tif")
    outer = write_vrt(tmp_path / "outer.vrt", "inner.vrt")
    assert list_vrt_sources(outer) == (tmp_path / "inner.vrt", tmp_path / "a.tif")


@pytest.mark.parametrize(
    "source", ["none.tif", "/vsicurl/http://host/a.tif", "http://host/a.tif", "", "NETCDF:a"]
)
def test_sources_lie_on_this_disk(tmp_path: Path, source: str) -> None:
    path = write_vrt(tmp_path / "a.vrt", source)
    with pytest.raises(DataError, match=r"should be put together from files on this disk. Found '.*', which"):
        read_cube(path)


def test_a_circle_and_raw_numbers_are_refused(tmp_path: Path) -> None:
    path = write_vrt(tmp_path / "a.vrt", "a.vrt")
    with pytest.raises(DataError, match=r"should not lead back to itself"):
        read_cube(path)
    path.write_text('<VRTDataset><VRTRasterBand subClass="VRTRawRasterBand"/></VRTDataset>')
    with pytest.raises(DataError, match=r"should be put together from images. Found raw numbers"):
        read_cube(path)


def test_it_begins_with_its_root() -> None:
    assert is_vrt(b"\xef\xbb\xbf\n<VRTDataset rasterXSize='2'>")
    assert not is_vrt(b"<level_X><mission>ENMAP</mission>")
