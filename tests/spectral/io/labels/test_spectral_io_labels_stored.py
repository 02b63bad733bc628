"""What each format of label maps says of its pixels: their place, those without data, names."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
import scipy.io
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.labels import read_labels
from lrprism.spectral.io.labels.stored import open_label_map
from lrprism.spectral.io.writers import write_cube

LABELS = np.array([[255, 1, 2], [1, 2, 255]], dtype=np.uint8)
PLACE = Georeference("EPSG:32633", (500000.0, 10.0, 0.0, 4000000.0, 0.0, -10.0))
NODATA_NOTE = "2 pixels that the label map marks as without data (255) are unlabelled"
HEADER = """ENVI
samples = 3
lines = 2
bands = 1
data type = 1
interleave = bsq
byte order = 0
data ignore value = 255
map info = {UTM, 1, 1, 500000, 4000000, 10, 10, 33, North, WGS-84}
class names = {Masked Pixels, Corn, Wheat}
"""


def write_tiff(path: Path, write_raster: object) -> None:
    write_raster(LABELS, path.name, nodata=255)  # type: ignore[operator]


def write_envi(path: Path, _: object) -> None:
    path.write_text(HEADER)
    path.with_suffix(".dat").write_bytes(LABELS.tobytes())


def write_netcdf(path: Path, _: object) -> None:
    labels = xr.DataArray(LABELS, dims=("y", "x"), name="crop", attrs={"_FillValue": np.uint8(255)})
    assign_georeference(labels, PLACE).to_netcdf(path, engine="h5netcdf")


@pytest.mark.parametrize(
    ("name", "write"), [("a.tif", write_tiff), ("a.hdr", write_envi), ("a.nc", write_netcdf)]
)
def test_pixels_without_data_and_the_place_are_read(
    tmp_path: Path, write_raster: object, name: str, write: object
) -> None:
    write(tmp_path / name, write_raster)  # type: ignore[operator]
    stored = open_label_map(tmp_path / name)
    assert stored.missing is not None
    np.testing.assert_array_equal(stored.missing, LABELS == 255)
    assert stored.place is not None
    assert stored.place.transform == PLACE.transform
    assert NODATA_NOTE in stored.notes
    labels = read_labels(tmp_path / name)
    assert labels.values.tolist() == [[0, 1, 2], [1, 2, 0]]
    assert NODATA_NOTE in labels.attrs["assumed"]
    assert labels.attrs["class_codes"] == [1, 2]


def test_a_zero_beside_another_mark_is_said(write_raster: object) -> None:
    values = np.array([[255, 0, 1]], dtype=np.uint8)
    stored = open_label_map(write_raster(values, nodata=255))  # type: ignore[operator]
    assert stored.notes[1].startswith(
        "1 pixels of value 0 are taken for unlabelled too; with --unlabelled none"
    )
    # where 0 itself is the mark nothing is to be said
    assert open_label_map(write_raster(values, nodata=0)).notes == ()  # type: ignore[operator]


@pytest.mark.parametrize(("name", "driver"), [("a.png", "PNG"), ("a.bmp", "BMP"), ("a.img", "HFA")])
def test_pictures_and_erdas_maps_are_label_maps(tmp_path: Path, name: str, driver: str) -> None:
    with (
        pytest.warns(rasterio.errors.NotGeoreferencedWarning),
        rasterio.open(tmp_path / name, "w", driver=driver, width=3, height=2, count=1, dtype="uint8") as file,
    ):
        file.write(LABELS, 1)
    stored = open_label_map(tmp_path / name)
    np.testing.assert_array_equal(stored.values, LABELS)
    assert stored.place is None


def test_a_mask_as_last_band_hides_pixels_and_colours_are_refused(tmp_path: Path) -> None:
    grey = np.stack([LABELS, np.array([[255, 255, 0], [255, 255, 255]], dtype=np.uint8)])
    for name, bands in (("masked.png", grey), ("colours.png", np.stack([LABELS] * 3))):
        with (
            pytest.warns(rasterio.errors.NotGeoreferencedWarning),
            rasterio.open(
                tmp_path / name, "w", driver="PNG", width=3, height=2, count=len(bands), dtype="uint8"
            ) as file,
        ):
            file.write(bands)
    stored = open_label_map(tmp_path / "masked.png")
    assert stored.missing is not None
    assert stored.missing.tolist() == [[False, False, True], [False, False, False]]
    with pytest.raises(DataError, match=r"should have one band, the labels\. Found 3"):
        open_label_map(tmp_path / "colours.png")


def test_names_of_an_envi_map_begin_with_zero(tmp_path: Path) -> None:
    write_envi(tmp_path / "a.hdr", None)
    assert read_labels(tmp_path / "a.hdr").attrs["class_names"] == ["Corn", "Wheat"]


def test_flags_of_netcdf_are_names(tmp_path: Path) -> None:
    attrs = {"flag_values": np.array([1, 2, 7], dtype=np.uint8), "flag_meanings": "maize wheat rye"}
    flags = xr.DataArray(LABELS % 255, dims=("lon", "lat"), name="crop", attrs=attrs)
    flags.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    labels = read_labels(tmp_path / "a.nc")
    assert labels.attrs["class_names"] == ["maize", "wheat"]
    assert labels.values.tolist() == [[0, 1], [1, 2], [2, 0]]  # the first axis was that of x


@pytest.mark.parametrize("name", ["map.nc", "map.hdr", "map.tif"])
def test_class_maps_that_lrprism_writes_are_read_back_with_their_names(tmp_path: Path, name: str) -> None:
    classes = xr.DataArray(
        np.array([[0, 1, 2]]), dims=("y", "x"), name="class", attrs={"class_names": ["winter corn", "hay"]}
    )
    write_cube(classes, tmp_path / name)
    labels = read_labels(tmp_path / name)
    assert (labels.values.tolist(), labels.attrs["class_names"]) == ([[0, 1, 2]], ["winter corn", "hay"])


def test_several_maps_in_one_file_are_refused(tmp_path: Path) -> None:
    one = xr.DataArray(LABELS, dims=("y", "x"))
    xr.Dataset({"a": one, "b": one}).to_netcdf(tmp_path / "two.nc", engine="h5netcdf")
    with pytest.raises(DataError, match=r"should hold one map of numbers, the labels\. Found 2: a, b"):
        open_label_map(tmp_path / "two.nc")


def test_a_key_is_for_matlab(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"one": LABELS, "two": LABELS.T})
    np.testing.assert_array_equal(open_label_map(tmp_path / "a.mat", "TWO").values, LABELS.T)
    with pytest.raises(InputError, match=r"key should name a variable of a \.mat file\. Found 'a'"):
        open_label_map(tmp_path / "a.npy", "a")
