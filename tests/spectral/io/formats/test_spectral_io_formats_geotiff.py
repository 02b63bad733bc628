"""GeoTIFF files with wavelengths in tags and names."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from rasterio.transform import Affine

from lrprism.errors import DataError
from lrprism.spectral import make_cube
from lrprism.spectral.io.formats.geotiff import read_geotiff
from lrprism.spectral.io.writers import write_cube


def write(path: Path, values: npt.NDArray[np.int16], names: tuple[str, ...] = ()) -> Path:
    bands, height, width = values.shape
    place = {"crs": "EPSG:32616", "transform": Affine(30, 0, 5000, 0, -30, 9000)}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=bands,
        height=height,
        width=width,
        dtype=values.dtype,
        nodata=-1,
        **place,
    ) as file:
        file.write(values)
        if names:
            file.descriptions = names
    return path


SMALL = np.array([[[1, 2]], [[3, -1]]], dtype=np.int16)


def test_names_with_units(tmp_path: Path) -> None:
    cube = read_geotiff(write(tmp_path / "a.tif", SMALL, ("550.3 nm", "660 nm")))
    assert cube.wavelength.values.tolist() == [550.3, 660]
    np.testing.assert_array_equal(cube.values, [[[1, 2]], [[3, np.nan]]])
    assert cube.x.values.tolist() == [5015, 5045]


def test_no_wavelengths(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", SMALL)
    with pytest.raises(DataError, match="Found none in tags or band names"):
        read_geotiff(path)
    assert read_geotiff(path, wavelengths=[500, 600]).wavelength.values.tolist() == [500, 600]


def test_truncated(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"II*\0\x08")
    with pytest.raises(DataError, match="should be a GeoTIFF"):
        read_geotiff(path)


def test_real_sentinel_2_values(tmp_path: Path) -> None:
    spec = importlib.util.find_spec("spyndex")
    if spec is None or spec.origin is None:
        pytest.skip("spyndex, which ships the values, is not installed")
    text = (Path(spec.origin).parent / "data/S2_10m.json").read_text(encoding="utf-8")
    values = np.array(json.loads(text)).astype(np.int16)
    cube = read_geotiff(write(tmp_path / "s2.tif", values, ("B02", "B03", "B04", "B08")))
    assert cube.wavelength.values.tolist() == [492.7, 559.8, 664.6, 832.8]
    np.testing.assert_array_equal(cube.values, values)


def with_band_tags(path: Path, *tags: dict[str, str]) -> Path:
    write(path, SMALL)
    with rasterio.open(path, "r+") as file:
        for band, tag in enumerate(tags, start=1):
            file.update_tags(band, **tag)
    return path


def test_tags_of_the_bands_are_read_in_their_units(tmp_path: Path) -> None:
    unit = {"wavelength_units": "Micrometers", "fwhm": "0.01"}
    path = with_band_tags(tmp_path / "a.tif", {"wavelength": "0.5", **unit}, {"wavelength": "0.6", **unit})
    cube = read_geotiff(path)
    np.testing.assert_allclose(cube.wavelength, [500, 600])
    np.testing.assert_allclose(cube.fwhm, [10, 10])


def test_tags_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    path = with_band_tags(tmp_path / "a.tif", {"wavelength": "500"}, {"wavelength": "red"})
    with pytest.raises(
        DataError, match=r"tags 'wavelength' should be numbers. Found: .*'red'.*Found in '.*a.tif"
    ):
        read_geotiff(path)


@pytest.mark.parametrize(("name", "centres"), [
    ("LC08_L2SP_field.tif", [482.04, 561.41]), ("le07-field.tif", [560, 661.5]),
])  # fmt: skip
def test_the_name_of_the_file_tells_the_satellite(tmp_path: Path, name: str, centres: list[float]) -> None:
    cube = read_geotiff(write(tmp_path / name, SMALL, ("SR_B2", "SR_B3")))
    assert cube.wavelength.values.tolist() == centres
    assert "from the names of the bands" in cube.attrs["assumed"][0]


def test_a_tag_tells_the_satellite(tmp_path: Path) -> None:
    path = write(tmp_path / "field.tif", SMALL, ("B4", "B5"))
    with pytest.raises(
        DataError, match=r"bands B4, B5 should be those of one satellite.*Found in '.*field.tif'"
    ):
        read_geotiff(path)
    with rasterio.open(path, "r+") as file:
        file.update_tags(SPACECRAFT_ID="LANDSAT_5")
    assert read_geotiff(path).wavelength.values.tolist() == [840, 1675.5]


def test_what_our_own_writer_says_is_read_back(tmp_path: Path) -> None:
    cube = make_cube(
        np.ones((2, 3, 4)), [550.25, 1400.5], fwhm=[8.0, np.nan], original_band=["7", "9+10"],
        good=[True, False], title="Field 3", attribution="who measured it", quantity="reflectance", units="1",
        assumed=("a first sentence", "a second, with a comma"),
    )  # fmt: skip
    write_cube(cube, tmp_path / "cube.tif")
    back = read_geotiff(tmp_path / "cube.tif")
    for name in ("wavelength", "fwhm", "original_band", "good"):
        np.testing.assert_array_equal(back[name].values, cube[name].values)
    for name in ("title", "attribution", "quantity", "units", "assumed"):
        assert back.attrs[name] == cube.attrs[name]
