"""GeoTIFF files with wavelengths in tags and names."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.transform import Affine

from lrprism.errors import DataError
from lrprism.spectral import make_cube
from lrprism.spectral.io.formats.geotiff import read_geotiff
from lrprism.spectral.io.raster import open_quietly
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


def write_masked(path: Path, values: npt.NDArray[np.generic], mask: npt.NDArray[np.bool_]) -> Path:
    """Write bands of 500, 600, ... nm with a mask inside the file."""
    bands, height, width = values.shape
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        open_quietly(path, "w", count=bands, height=height, width=width, dtype=values.dtype) as file,
    ):
        file.write(values)
        file.write_mask(mask)
        file.descriptions = tuple(f"{500 + 100 * band} nm" for band in range(bands))
    return path


def test_a_mask_inside_the_file_leaves_pixels_out(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    mask = np.ones((3, 4), dtype=bool)
    mask[0, 1:3] = False
    cube = read_geotiff(write_masked(tmp_path / "m.tif", values, mask))
    with open_quietly(tmp_path / "m.tif") as gdal:
        hidden = np.ma.getmaskarray(gdal.read(masked=True))
    np.testing.assert_array_equal(np.isnan(cube.values), hidden)
    assert hidden.sum() == 4
    assert "pixels that the file's mask or alpha band leaves out have no value" in cube.attrs["assumed"]


def write_four(path: Path, fourth: npt.NDArray[np.uint8], names: tuple[str, ...] = ()) -> Path:
    """Write four bands of bytes, of which GDAL calls the fourth alpha."""
    values = np.full((4, 2, 3), 7, dtype=np.uint8)
    values[3] = fourth
    with open_quietly(path, "w", count=4, height=2, width=3, dtype="uint8") as file:
        file.write(values)
        if names:
            file.descriptions = names
        assert file.colorinterp[3].name == "alpha"
    return path


def test_an_alpha_band_is_a_mask_and_no_band(tmp_path: Path) -> None:
    path = write_four(tmp_path / "a.tif", np.array([[255, 0, 255], [255, 255, 255]], dtype=np.uint8))
    cube = read_geotiff(path, wavelengths=[480, 560, 660])
    assert cube.shape == (3, 2, 3)
    assert np.argwhere(np.isnan(cube.values[0])).tolist() == [[0, 1]]
    assert "band 4 is an alpha band and no band of the image" in cube.attrs["assumed"]


def test_an_alpha_band_may_have_soft_edges(tmp_path: Path) -> None:
    path = write_four(tmp_path / "a.tif", np.array([[255, 255, 90], [255, 0, 0]], dtype=np.uint8))
    cube = read_geotiff(path, wavelengths="480:660")
    assert cube.shape == (3, 2, 3)
    assert np.argwhere(np.isnan(cube.values[0])).tolist() == [[1, 1], [1, 2]]


@pytest.mark.parametrize(
    ("fourth", "names", "wavelengths"),
    [
        ([[0, 90, 180], [200, 210, 220]], (), [480, 560, 660, 840]),  # a near infrared called alpha
        ([[0, 255, 0], [255, 0, 0]], (), [480, 560, 660, 840]),
        ([[0, 255, 0], [255, 0, 0]], ("480 nm", "560 nm", "660 nm", "840 nm"), None),
        ([[0, 90, 180], [200, 210, 220]], (), "480:840"),
    ],
)
def test_a_band_of_the_image_that_is_called_alpha(
    tmp_path: Path, fourth: list[list[int]], names: tuple[str, ...], wavelengths: list[float] | str | None
) -> None:
    path = write_four(tmp_path / "a.tif", np.array(fourth, dtype=np.uint8), names)
    cube = read_geotiff(path, wavelengths=wavelengths)
    assert cube.values[3].tolist() == fourth
    assert not np.isnan(cube.values).any()
    assert any(
        note.startswith("band 4, which the file calls alpha, is taken for") for note in cube.attrs["assumed"]
    )


def test_complex_numbers_are_refused_in_words(tmp_path: Path) -> None:
    with open_quietly(tmp_path / "c.tif", "w", count=1, height=1, width=2, dtype="complex_int16"):
        pass
    with pytest.raises(DataError, match=r"should be real numbers of one type. Found \['complex_int16'\]"):
        read_geotiff(tmp_path / "c.tif", wavelengths=[500])


@pytest.mark.parametrize(("dtype", "values"), [("float32", [0.25, 0.5]), ("int16", [0.25e-4, 0.5e-4])])
def test_a_scale_of_floats_that_are_scaled_already(tmp_path: Path, dtype: str, values: list[float]) -> None:
    stored = (
        np.array([[[0.25, 0.5]]], dtype=dtype) if dtype == "float32" else np.array([[[1, 2]]], dtype=dtype)
    )
    with open_quietly(tmp_path / "a.tif", "w", count=1, height=1, width=2, dtype=dtype) as file:
        file.write(stored)
        file.scales = (1e-4,) if dtype == "float32" else (0.25e-4,)
    cube = read_geotiff(tmp_path / "a.tif", wavelengths=[500])
    np.testing.assert_allclose(cube.values.ravel(), values, rtol=1e-6)
    assert any("are taken as they are" in note for note in cube.attrs["assumed"]) == (dtype == "float32")


def test_map_information_that_cannot_be_used_is_a_note(tmp_path: Path) -> None:
    points = [
        GroundControlPoint(row, column, 500 + column, 900 - row) for row, column in ((0, 0), (0, 1), (1, 0))
    ]
    with open_quietly(
        tmp_path / "a.tif", "w", count=1, height=1, width=2, dtype="int16", gcps=points, crs="EPSG:32616"
    ) as file:
        file.write(np.ones((1, 1, 2), dtype=np.int16))
    cube = read_geotiff(tmp_path / "a.tif", wavelengths=[500])
    assert "spatial_ref" not in cube.coords
    note = "the map information is left out: ground control points, and no grid"
    assert note in cube.attrs["assumed"]
