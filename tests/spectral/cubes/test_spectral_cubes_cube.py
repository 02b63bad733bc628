import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral import Scene, make_cube
from lrprism.spectral.cubes.cube import check_wavelengths, with_note


def cube(**changed: object) -> xr.DataArray:
    facts = {
        "values": np.ones((2, 3, 4)),
        "wavelength": [400.0, 410.0],
        "title": "t",
        "quantity": "radiance",
        "units": "u",
    }
    return make_cube(**{**facts, **changed})  # type: ignore[arg-type]


def labels(values: np.ndarray, names: tuple[str, ...] = ("a", "b")) -> xr.DataArray:
    return xr.DataArray(values, dims=("y", "x"), attrs={"class_names": list(names)})


def test_a_cube_carries_everything_it_was_told() -> None:
    data = cube(fwhm=[9.0, np.nan], original_band=[7, 9], attribution="who", assumed=("x",))
    assert data.dims == ("band", "y", "x")
    assert data.dtype == np.float32
    assert data["band"].values.tolist() == [0, 1]
    assert data["wavelength"].values.tolist() == [400.0, 410.0]
    assert data["fwhm"].values[0] == 9
    assert np.isnan(data["fwhm"].values[1])
    assert data["original_band"].values.tolist() == ["7", "9"]
    assert data.attrs == {
        "title": "t", "attribution": "who", "quantity": "radiance", "units": "u", "assumed": ["x"],
    }  # fmt: skip


def test_unknown_facts_have_honest_defaults() -> None:
    data = cube()
    assert np.isnan(data["fwhm"].values).all()
    assert data["original_band"].values.tolist() == ["0", "1"]


def test_16_bit_integers_stay_exact() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(1, 256, 256)
    assert (cube(values=values, wavelength=[500.0]).values == values).all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"values": np.ones((3, 4))}, r"a cube should hold numbers as \(band, y, x\). Found shape \(3, 4\)"),
        ({"values": np.full((2, 3, 4), "a")}, r"a cube should hold numbers"),
        (
            {"wavelength": [400.0]},
            r"wavelengths should be one list with a value per band, 2 in all. Found shape",
        ),
        (
            {"wavelength": [400.0, np.nan]},
            r"positive and finite, in nm. Found nan at band 1 \(1 such values\)",
        ),
        ({"wavelength": [-4.0, 410.0]}, r"Found -4.0 at band 0"),
        ({"wavelength": [0.4, 0.41]}, r"should be in nm. Found values up to 0.41, which look like µm"),
        ({"fwhm": [9.0]}, r"fwhm should have one entry per band, 2 in all. Found shape \(1,\)"),
        ({"fwhm": [9.0, -1.0]}, r"fwhm should be positive and finite in nm.* Found -1 to 9"),
        ({"original_band": ["0"]}, r"original_band should have one entry per band"),
    ],
)
def test_a_cube_refuses_facts_that_do_not_fit(changed: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        cube(**changed)


def test_wavelengths_need_not_increase() -> None:
    assert check_wavelengths([696.5, 686.9], 2).tolist() == [696.5, 686.9]


def test_a_note_leaves_the_first_attributes_alone() -> None:
    attrs = {"title": "t", "assumed": ["one"]}
    assert with_note(attrs, "two")["assumed"] == ["one", "two"]
    assert attrs == {"title": "t", "assumed": ["one"]}
    # what a NetCDF file gives back: a bare string for one note, an array for several
    assert with_note({"assumed": "one"}, "two")["assumed"] == ["one", "two"]
    assert with_note({"assumed": np.array(["one", "two"])}, "three")["assumed"] == ["one", "two", "three"]
    assert with_note({}, "one")["assumed"] == ["one"]


def test_a_scene_names_its_classes() -> None:
    assert Scene(cube(), labels(np.zeros((3, 4), dtype=np.int64))).class_names == ["a", "b"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((4, 3), dtype=int), r"labels should cover the same pixels as the cube. Found \(4, 3\) and"),
        (np.zeros((3, 4)), r"labels should be integers. Found float64"),
        (np.full((3, 4), 3), r"labels should lie in 0..2, .* Found 3..3"),
        (np.full((3, 4), -1), r"labels should lie in 0..2, .* Found -1..-1"),
    ],
)
def test_a_scene_refuses_labels_that_do_not_fit(values: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Scene(cube(), labels(values))


def test_a_scene_refuses_other_dimensions() -> None:
    with pytest.raises(DataError, match=r"a scene should have a cube \(band, y, x\)"):
        Scene(cube().transpose("y", "x", "band"), labels(np.zeros((3, 4), dtype=int)))
