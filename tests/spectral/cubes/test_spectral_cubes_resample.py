import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral import make_cube
from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.cubes.patches import make_patches
from lrprism.spectral.cubes.resample import measure_spacing, resample_bands, resample_patches


def build_cube(nm: list[float], good: list[bool] | None = None) -> xr.DataArray:
    """A cube of 2 x 2 pixels whose values are the wavelengths."""
    values = np.broadcast_to(np.array(nm)[:, None, None], (len(nm), 2, 2)).copy()
    return make_cube(values, nm, good=good, title="t", quantity="reflectance", units="1")


def test_the_same_wavelengths_give_nearly_the_same_values() -> None:
    cube = build_cube([500.0, 510.0, 520.0])
    moved = resample_bands(cube, [500.0, 510.0, 520.0])
    # neighbours a width apart weigh 1/16, those two widths apart 1/65536
    assert float(moved[1, 0, 0]) == pytest.approx(510)
    first = (500 + 510 / 16 + 520 / 65536) / (1 + 1 / 16 + 1 / 65536)
    assert float(moved[0, 0, 0]) == pytest.approx(first)
    assert moved["wavelength"].values.tolist() == [500, 510, 520]
    assert moved["fwhm"].values.tolist() == [10, 10, 10]
    assert moved.attrs["assumed"][-1].startswith("3 bands were averaged by a Gaussian round each of the 3")


def test_lazy_cubes_stay_lazy_and_give_the_same() -> None:
    cube = build_cube([500.0, 505.0, 510.0, 515.0])
    lazy = resample_bands(cube.chunk({"band": 2}), [502.0, 512.0])
    assert lazy.chunks is not None
    np.testing.assert_array_equal(lazy.values, resample_bands(cube, [502.0, 512.0]).values)


def test_bad_bands_take_no_part_and_missing_values_stay_missing() -> None:
    cube = build_cube([500.0, 510.0, 520.0, 545.0], [True, False, True, True])
    cube[1] = np.nan
    cube[3, 0, 1] = np.nan
    moved = resample_bands(cube, [500.0, 520.0])
    assert np.isfinite(moved.values[0]).all()
    assert np.argwhere(np.isnan(moved.values[1])).tolist() == [[0, 1]]


def test_wavelengths_that_the_data_do_not_cover() -> None:
    # in a gap of the data
    with pytest.raises(DataError, match=r"Found none near 1 of them, such as 700.0 nm"):
        resample_bands(build_cube([500.0, 510.0, 900.0]), [500.0, 510.0, 700.0, 520.0])
    with pytest.raises(DataError, match=r"Found none near 2 of them, such as 500.0 nm"):
        resample_bands(build_cube([500.0, 510.0], [False, False]), [500.0, 510.0])


@pytest.mark.parametrize(
    ("nm", "wanted", "named"),
    [
        ([500.0, 510.0, 520.0], [494.0, 510.0], "494.0 nm"),
        ([500.0, 510.0, 520.0], [510.0, 526.0, 540.0], "526.0, 540.0 nm"),
        # a coarse sensor does not reach half of its 500 nm, when the training steps by 10
        ([500.0, 1000.0], [980.0, 990.0, 1000.0, 1010.0], "1010.0 nm"),
        (
            [520.0, 510.0, 500.0],
            [*range(530, 600, 10), 510],
            "530.0, 540.0, 550.0, 560.0, 570.0 nm and 2 more",
        ),
    ],
)
def test_wavelengths_beyond_the_range_of_the_data_are_refused_by_name(
    nm: list[float], wanted: list[float], named: str
) -> None:
    with pytest.raises(DataError, match=rf"should lie within .* Found {named}\. Train on the bands"):
        resample_bands(build_cube(nm), wanted)


def test_a_band_reaches_half_a_step_beyond_its_centre() -> None:
    moved = resample_bands(build_cube([500.0, 510.0, 520.0]), [495.0, 510.0, 525.0])
    assert moved["wavelength"].values.tolist() == [495, 510, 525]


def test_a_bad_band_does_not_extend_the_range() -> None:
    with pytest.raises(DataError, match=r"within 500.0 to 510.0 nm.*Found 520.0 nm"):
        resample_bands(build_cube([500.0, 510.0, 520.0], [True, True, False]), [500.0, 510.0, 520.0])


def test_spacing() -> None:
    assert measure_spacing(np.array([500.0, 510.0, 514.0])).tolist() == [10, 4, 4]
    assert measure_spacing(np.array([500.0])).tolist() == [np.inf]


def test_patches_are_averaged_as_a_cube_is() -> None:
    cube = build_cube([500.0, 505.0, 510.0, 515.0])
    cube = cube * xr.DataArray([[1.0, 2.0], [3.0, 4.0]], dims=("y", "x"))
    cube.attrs["assumed"] = []
    # two patches of 1 x 2 pixels: the rows of the cube
    patch = cube.values.transpose(1, 0, 2)[:, :, None, :].astype(np.float32)
    coords, label = band_coords(4, cube["wavelength"].values), np.array([0, -1])
    patches = make_patches(patch, label, coords=coords, class_names=["a"], attrs=cube.attrs, names=["p", "q"])
    moved, expected = resample_patches(patches, [502.0, 512.0]), resample_bands(cube, [502.0, 512.0])
    np.testing.assert_allclose(moved["patch"].values[:, :, 0], expected.values.transpose(1, 0, 2), rtol=1e-6)
    assert moved["wavelength"].values.tolist() == [502, 512]
    assert moved["label"].values.tolist() == [0, -1]
    assert moved["name"].values.tolist() == ["p", "q"]
    assert moved.attrs["class_names"] == ["a"]
