"""ENVI images, written by the package spectral and read by GDAL as a second opinion."""

from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt
import pytest
import spectral.io.envi
from rasterio.crs import CRS

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import Georeference, georeference_of
from lrprism.spectral.io.formats.envi import read_envi

WAVELENGTHS = ["0.4", "0.55", "0.7"]
UTM = ["UTM", "1", "1", "400000", "4500000", "20", "10", "16", "North", "WGS-84"]
BANDS, ROWS, COLUMNS = 3, 4, 5


def ramp(dtype: npt.DTypeLike = np.int16) -> npt.NDArray[Any]:
    """The value is 100 band + 10 y + x, as (band, y, x)."""
    band, y, x = np.indices((BANDS, ROWS, COLUMNS))
    return (100 * band + 10 * y + x).astype(dtype)


def write(
    path: Path, values: npt.NDArray[Any] | None = None, *, byteorder: int = 0, **fields: object
) -> Path:
    """Write (band, y, x) as ENVI; an underscore in a keyword stands for a blank."""
    interleave = str(fields.pop("interleave", "bsq"))
    ext = str(fields.pop("ext", ".img"))
    metadata = {"wavelength": WAVELENGTHS, "wavelength units": "Micrometers"}
    metadata |= {name.replace("_", " "): value for name, value in fields.items()}  # type: ignore[misc]
    spectral.io.envi.save_image(
        str(path),
        np.moveaxis(ramp() if values is None else values, 0, -1),
        interleave=interleave,
        byteorder=byteorder,
        ext=ext,
        metadata={name: value for name, value in metadata.items() if value is not None},
    )
    return path


def edit(header: Path, old: str, new: str) -> Path:
    text = header.read_text()
    assert old in text
    header.write_text(text.replace(old, new))
    return header


@pytest.mark.parametrize("interleave", ["bsq", "bil", "bip"])
@pytest.mark.parametrize("byteorder", [0, 1])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64", "uint32"])
def test_every_layout_gives_the_same_cube(
    tmp_path: Path, interleave: str, byteorder: int, dtype: str
) -> None:
    values = ramp() % 200 if dtype == "uint8" else ramp()
    header = write(tmp_path / "a.hdr", values.astype(dtype), interleave=interleave, byteorder=byteorder)
    cube = read_envi(header)
    assert cube.dims == ("band", "y", "x")
    assert cube.dtype == np.float32
    np.testing.assert_array_equal(cube.values, values)
    np.testing.assert_allclose(cube["wavelength"], [400, 550, 700])
    assert cube.attrs["source"] == "a.img"
    assert cube.attrs["scale"] == 1.0


@pytest.mark.parametrize(
    ("data", "header", "named"),
    [
        ("a.img", "a.hdr", "a.img"),
        ("a", "a.hdr", "a"),
        ("a", "a.hdr", "a.hdr"),
        ("a.dat", "a.dat.hdr", "a.dat"),
        ("a.dat", "a.dat.hdr", "a.dat.hdr"),
        ("a.BSQ", "a.hdr", "a.hdr"),
        ("a.strange", "a.hdr", "a.strange"),
    ],
)
def test_header_and_data_find_each_other(tmp_path: Path, data: str, header: str, named: str) -> None:
    written = write(tmp_path / "w.hdr")
    (tmp_path / "w.img").rename(tmp_path / data)
    written.rename(tmp_path / header)
    assert read_envi(tmp_path / named).values[2, 3, 4] == 234


def test_a_cube_stays_in_its_file_until_a_piece_is_needed(tmp_path: Path) -> None:
    header = write(tmp_path / "a.hdr")
    cube = read_envi(header)
    assert isinstance(cube.data, da.Array)
    (tmp_path / "a.img").write_bytes(
        ramp(np.int16).__add__(1).astype("<i2").tobytes()
    )  # changed after opening
    assert cube[1, 2, 3].values == 124
    (tmp_path / "a.img").unlink()  # no handle keeps it
    with pytest.raises(FileNotFoundError):
        cube.compute()


def test_facts_of_the_header_arrive(tmp_path: Path) -> None:
    values = ramp()
    values[0, 0, 1] = -9999
    header = write(
        tmp_path / "a.hdr",
        values,
        fwhm=["0.01", "0.02", "0"],
        bbl=["1", "0", "1"],
        data_ignore_value="-9999",
        reflectance_scale_factor="10000",
        description="a field",
    )
    cube = read_envi(header)
    np.testing.assert_allclose(cube["fwhm"], [10, 20, np.nan])
    assert cube["good"].values.tolist() == [True, False, True]
    assert np.argwhere(np.isnan(cube.values)).tolist() == [[0, 0, 1]]
    assert cube.values[2, 3, 4] == np.float32(0.0234)
    assert (cube.attrs["quantity"], cube.attrs["units"], cube.attrs["scale"]) == ("reflectance", "1", 10000.0)
    assert cube.attrs["title"] == "a field"
    assert cube.attrs["assumed"] == []


def test_gains_and_offsets_are_applied_band_by_band(tmp_path: Path) -> None:
    gains, offsets = ["1", "2", "0.25"], ["0", "-1", "10"]
    header = write(tmp_path / "a.hdr", data_gain_values=gains, data_offset_values=offsets)
    cube = read_envi(header)
    assert cube.values[:, 0, 1].tolist() == [1, 201, 60.25]  # 101 * 2 - 1; 201 * 0.25 + 10
    assert cube.attrs["assumed"] == ["what the values measure is not stated in the header"]
    edit(header, "samples", "reflectance scale factor = 100\nsamples")
    with pytest.raises(DataError, match=r"a reflectance scale factor or gains and offsets. Found both"):
        read_envi(header)
    edit(edit(header, "reflectance scale factor = 100", ""), "0.25", "inf")
    with pytest.raises(
        DataError, match=r"'data gain values' in .* should be finite. Found \[1.0, 2.0, inf\]"
    ):
        read_envi(header)


def test_a_reflectance_scale_of_zero_is_refused_with_the_path(tmp_path: Path) -> None:
    header = write(tmp_path / "a.hdr", reflectance_scale_factor="0")
    with pytest.raises(DataError, match=r"a scale should be a finite number .*Found in '.*a\.hdr'"):
        read_envi(header)


def test_wavelengths_come_from_the_user_the_header_or_the_band_names(tmp_path: Path) -> None:
    header = write(tmp_path / "a.hdr", fwhm=["0.01", "0.02", "0.03"])
    cube = read_envi(header, wavelengths="500:520")
    assert cube["wavelength"].values.tolist() == [500, 510, 520]
    assert np.isnan(cube["fwhm"]).all()
    assert "wavelengths are those given on reading: in place of those in the header" in cube.attrs["assumed"]
    header = write(
        tmp_path / "b.hdr", wavelength=None, wavelength_units=None, band_names=["450 nm", "620.5", "700"]
    )
    cube = read_envi(header)
    assert cube["wavelength"].values.tolist() == [450, 620.5, 700]
    assert cube.attrs["assumed"][0] == "wavelengths are the band names, which are all numbers"
    assert "wavelengths are taken to be in nm" in cube.attrs["assumed"][1]


def test_without_wavelengths_the_error_says_how_to_give_them(tmp_path: Path) -> None:
    header = write(tmp_path / "a.hdr", wavelength=None, band_names=["red", "green", "blue"])
    with pytest.raises(
        DataError, match=r"wavelength of its 3 bands. Found none. Pass wavelengths='FIRST:LAST'"
    ):
        read_envi(header)
    cube = read_envi(header, wavelengths=[650, 550, 450])  # the file's order is kept
    assert cube["wavelength"].values.tolist() == [650, 550, 450]
    assert "the header has none" in cube.attrs["assumed"][0]


@pytest.mark.parametrize(
    ("words", "transform"),
    [
        (UTM, (400000, 20, 0, 4500000, 0, -10)),
        (["UTM", "2", "3", *UTM[3:]], (399980, 20, 0, 4500020, 0, -10)),
        ([*UTM[:5], "20", "20", *UTM[7:], "rotation=30"], None),
    ],
)
def test_the_place_is_the_one_that_gdal_reads(
    tmp_path: Path, words: list[str], transform: tuple[float, ...] | None
) -> None:
    rasterio = pytest.importorskip("rasterio")
    header = write(tmp_path / "a.hdr", map_info=words)
    cube = read_envi(header)
    place = georeference_of(cube)
    assert place is not None
    with rasterio.open(tmp_path / "a.img") as gdal:
        np.testing.assert_allclose(place.transform, gdal.transform.to_gdal(), atol=1e-6)
        assert CRS.from_user_input(place.crs).to_epsg() == 32616
        assert gdal.crs.to_epsg() == 32616
    assert transform is None or place.transform == transform
    assert "EPSG:32616, WGS 84, from the UTM zone alone" in cube.attrs["assumed"][0]


def test_south_latitude_and_a_stated_system(tmp_path: Path) -> None:
    south = write(tmp_path / "s.hdr", map_info=[*UTM[:7], "33", "South"])
    place = georeference_of(read_envi(south))
    assert place == Georeference("EPSG:32733", (400000, 20, 0, 4500000, 0, -10))
    degrees = write(tmp_path / "d.hdr", map_info=["Geographic Lat/Lon", "1", "1", "10", "50", "0.1", "0.1"])
    cube = read_envi(degrees)
    place = georeference_of(cube)
    assert place is not None
    assert place.crs == "EPSG:4326"
    np.testing.assert_allclose(cube["x"].values[:2], [10.05, 10.15])
    wkt = CRS.from_epsg(25832).to_wkt()
    stated = write(tmp_path / "w.hdr", map_info=UTM)
    edit(stated, "map info", f"coordinate system string = {{{wkt}}}\nmap info")
    place = georeference_of(read_envi(stated))
    assert place is not None
    assert CRS.from_wkt(place.crs) == CRS.from_epsg(25832)


def test_a_projection_without_a_system_is_left_out_and_said(tmp_path: Path) -> None:
    cube = read_envi(write(tmp_path / "a.hdr", map_info=["Arbitrary", *UTM[1:7]]))
    assert georeference_of(cube) is None
    assert "projection 'Arbitrary' names no coordinate system" in cube.attrs["assumed"][0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bands = 3", "bands = x", r"'bands' in .* should be a whole number. Found 'x'"),
        ("bands = 3", "", r"'bands' in .* should be a whole number. Found 'nothing'"),
        ("lines = 4", "lines = -4", r"'lines' in .* should be at least 1. Found -4"),
        ("lines = 4", "lines = 4000000000000", r"should have at least 120000000000000 bytes, .* Found 120\."),
        (
            "samples = 5",
            "samples = 6",
            r"should have at least 144 bytes, 3 x 4 x 6 of 2 bytes each. Found 120",
        ),
        ("data type = 2", "data type = 6", r"'data type' in .* Found 6, which is complex"),
        ("data type = 2", "data type = 77", r"'data type' in .* Found 77"),
        (
            "byte order = 0",
            "byte order = 2",
            r"'byte order' in .* should be 0 \(little endian\) or 1. Found 2",
        ),
        ("interleave = bsq", "interleave = bxq", r"should be bsq, bil or bip. Found 'bxq'"),
        ("header offset = 0", "header offset = 10", r"at least 130 bytes"),
        ("0.55 ,", "", r"'wavelength' in .* one entry per band, 3 in all. Found 2"),
        ("0.55 ,", "0.5x ,", r"'wavelength' in .* should be a number. Found '0.5x'"),
        ("0.55 ,", "nan ,", r"wavelengths should be positive and finite, .*Found in '.*a\.hdr'"),
        ("Micrometers", "furlongs", r"wavelength units should be .* Found 'furlongs'.*Found in '"),
        ("bands = 3", "bands = 3\nmajor frame offsets = {4, 0}", r"should have no frame offsets"),
        ("ENVI Standard", "ENVI Spectral Library", r"Use read_spectral_library"),
        ("ENVI", "EMVI", r"should be an ENVI header, whose first word is ENVI"),
    ],
)
def test_a_damaged_header(tmp_path: Path, old: str, new: str, message: str) -> None:
    header = edit(write(tmp_path / "a.hdr", file_type=None), old, new)
    with pytest.raises(DataError, match=message):
        read_envi(header)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"should be an ENVI file with its header beside it. Found no 'none.img'"
    ):
        read_envi(tmp_path / "none.img")
    (tmp_path / "alone.img").write_bytes(b"1")
    with pytest.raises(DataError, match=r"Found no 'alone.hdr'. Keep the two together"):
        read_envi(tmp_path / "alone.img")
    header = write(tmp_path / "a.hdr")
    (tmp_path / "a.img").unlink()
    with pytest.raises(DataError, match=r"should have its data beside it, 'a' with no ending or one of .dat"):
        read_envi(header)
    with pytest.raises(DataError, match=r"should have its data beside it, 'gone'"):
        read_envi(tmp_path / "gone.hdr")
    with pytest.raises(DataError, match=r"alone.hdr' should be an ENVI header. Found no such file"):
        read_envi(tmp_path / "alone.hdr")


def test_a_stated_quantity_goes_before_what_a_scale_factor_implies(tmp_path: Path) -> None:
    header = write(tmp_path / "a.hdr", reflectance_scale_factor="100", attribution="A. Person")
    edit(header, "samples", "quantity = radiance\nunits = W m-2 sr-1 nm-1\nassumed = one; two\nsamples")
    cube = read_envi(header)
    assert cube.name == cube.attrs["quantity"] == "radiance"
    assert cube.attrs["units"] == "W m-2 sr-1 nm-1"
    assert cube.attrs["attribution"] == "A. Person"
    assert cube.attrs["assumed"] == ["one; two"]
    assert cube.values[2, 3, 4] == np.float32(2.34)


def test_original_bands_are_read_back_or_refused(tmp_path: Path) -> None:
    header = write(tmp_path / "a.hdr", original_band=["vnir:5", "9+10", "200"])
    assert read_envi(header)["original_band"].values.tolist() == ["vnir:5", "9+10", "200"]
    edit(header, ", 200", "")
    with pytest.raises(
        DataError, match=r"original_band should have one entry per band, 3 in all.*Found in '"
    ):
        read_envi(header)


def test_floats_that_are_scaled_already_stay_so(tmp_path: Path) -> None:
    values = ramp(np.float32) / 400
    header = write(tmp_path / "a.hdr", values, reflectance_scale_factor="10000")
    cube = read_envi(header)
    np.testing.assert_array_equal(cube.values, values)
    assert (cube.attrs["quantity"], cube.attrs["scale"]) == ("reflectance", 1.0)
    assert "are taken as they are: divided by the scale factor 10000" in cube.attrs["assumed"][0]


def test_the_smallest_number_with_six_digits_marks_what_is_missing(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    values = ramp(np.float32)
    values[:, :2] = np.finfo(np.float32).min
    header = write(tmp_path / "a.hdr", values, data_ignore_value="-3.40282e+038", map_info=UTM)
    missing = np.isnan(read_envi(header).values)
    with rasterio.open(tmp_path / "a.img") as gdal:
        np.testing.assert_array_equal(missing, np.ma.getmaskarray(gdal.read(masked=True)))
    assert missing.sum() == 30


def test_a_picture_beside_a_header_is_no_image(tmp_path: Path) -> None:
    write(tmp_path / "a.hdr")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    with pytest.raises(DataError, match=r"a.png' should hold plain numbers, .* Found a PNG picture"):
        read_envi(tmp_path / "a.png")


def test_bytes_that_the_header_does_not_declare_are_said(tmp_path: Path) -> None:
    header = write(tmp_path / "a.hdr", ramp(np.int32))
    edit(header, "data type = 3", "data type = 2")
    assert (
        "the file of numbers has 120 bytes more than its header declares"
        in read_envi(header).attrs["assumed"]
    )
