import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral import (
    TUTORIAL_BANDS,
    PatchSet,
    Scene,
    average_pairs,
    make_cube,
    parse_bands,
    read_wavelengths,
    select_bands,
)
from lrprism.spectral.cubes.bands import (
    check_bands_hold_data,
    describe_bands,
    find_empty_bands,
    flag_empty_bands,
    good_bands,
)

# Wavelength of each of the tutorial's 18 bands, worked out apart from this code: 387.12 + 2.1284 (2 i + 0.5).
TUTORIAL_NM = [
    388.2, 392.4, 401.0, 435.0, 486.1, 528.7, 601.0, 677.6, 711.7,
    737.2, 839.4, 933.0, 950.1, 967.1, 979.9, 996.9, 1001.2, 1009.7,
]  # fmt: skip


def test_a_pair_by_hand(small_cube: xr.DataArray) -> None:
    averaged = average_pairs(small_cube)
    # bands 0 and 1: values 100 b + 10 y + x, so the mean is 50 + 10 y + x
    assert averaged.values[0, 2, 3] == 50 + 23
    assert averaged.values[1, 3, 5] == 250 + 35
    assert averaged["wavelength"].values.tolist() == [405, 425]
    # |410 - 400| + (8 + 10) / 2 and |430 - 420| + (12 + 14) / 2
    assert averaged["fwhm"].values.tolist() == [19, 23]
    assert averaged["original_band"].values.tolist() == ["0+1", "2+5"]
    assert averaged["band"].values.tolist() == [0, 1]
    assert averaged.dtype == np.float32


def test_the_last_of_an_odd_number_of_bands_is_dropped_and_named(small_cube: xr.DataArray) -> None:
    averaged = average_pairs(small_cube)
    assert averaged.attrs["assumed"] == [
        "made up",
        "the last band, 440.0 nm, had no partner to average with and was dropped",
    ]
    assert small_cube.attrs["assumed"] == ["made up"]
    assert averaged.attrs["units"] == "code"


def test_pairs_of_indian_pines(indian_pines: Scene) -> None:
    averaged = average_pairs(indian_pines.cube)
    assert averaged.shape == (100, 145, 145)
    assert averaged.attrs["assumed"][-1] == "band 51 averages 1352.7 and 1412.4 nm across a gap"
    assert len(averaged.attrs["assumed"]) == len(indian_pines.cube.attrs["assumed"]) + 1
    assert averaged["original_band"].values[[18, 51, 99]].tolist() == ["36+37", "102+108", "217+218"]


def test_pairs_of_integers_do_not_overflow() -> None:
    cube = xr.DataArray(
        np.full((2, 1, 1), 40000, dtype=np.uint16),
        dims=("band", "y", "x"),
        coords={name: ("band", [1, 2]) for name in ("band", "wavelength", "fwhm", "original_band", "good")},
    )
    assert average_pairs(cube).values.ravel().tolist() == [40000]


def test_pairs_of_patches_leave_labels_and_places(small_patches: PatchSet) -> None:
    placed = small_patches.assign_coords(row=("sample", np.arange(6)), column=("sample", np.arange(6)))
    averaged = average_pairs(placed)
    assert averaged["patch"].shape == (6, 2, 3, 3)
    np.testing.assert_allclose(
        averaged["patch"][:, 1], placed["patch"].values[:, 2:4].mean(axis=1), rtol=1e-6
    )
    assert averaged["label"].identical(placed["label"])
    assert averaged["row"].values.tolist() == [0, 1, 2, 3, 4, 5]
    assert averaged.attrs["class_names"] == ["a", "b", "c"]


def test_one_band_has_no_pairs(small_cube: xr.DataArray) -> None:
    with pytest.raises(DataError, match=r"pairs need at least 2 bands. Found 1"):
        average_pairs(small_cube.isel(band=[0]))


def test_the_tutorials_bands_in_nm() -> None:
    nm, _ = read_wavelengths("387.12:1023.5", 300)
    cube = make_cube(np.zeros((300, 1, 1)), nm, title="t", quantity="q", units="u")
    chosen = select_bands(average_pairs(cube), TUTORIAL_BANDS)
    assert chosen["wavelength"].values.round(1).tolist() == TUTORIAL_NM
    assert chosen["band"].values.tolist() == list(range(18))
    assert chosen["original_band"].values[7] == "136+137"


def test_bands_come_in_the_order_asked_for(small_patches: PatchSet) -> None:
    chosen = select_bands(small_patches, [3, 0])
    assert chosen["wavelength"].values.tolist() == [430, 400]
    assert chosen["band"].values.tolist() == [0, 1]
    np.testing.assert_array_equal(chosen["patch"].values, small_patches["patch"].values[:, [3, 0]])
    assert chosen.attrs == small_patches.attrs


@pytest.mark.parametrize(
    ("bands", "message"),
    [
        ([0, 5, 9], r"bands should be numbers in 0..4. Found 5, 9. Bands count from 0"),
        ([-1], r"numbers in 0..4. Found -1"),
        ([], r"numbers in 0..4. Found none at all"),
        ([2, 1, 2], r"named once each. Found 2 more than once"),
    ],
)
def test_bands_that_cannot_be_chosen(small_cube: xr.DataArray, bands: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        select_bands(small_cube, bands)


@pytest.mark.parametrize(
    ("text", "bands"),
    [
        ("0,1,3,10-12", (0, 1, 3, 10, 11, 12)),
        (" 4 ", (4,)),
        ("7 - 8, 2", (7, 8, 2)),
        ("5-5", (5,)),
        ("Tutorial", TUTORIAL_BANDS),
    ],
)
def test_bands_as_text(text: str, bands: tuple[int, ...]) -> None:
    assert parse_bands(text) == bands


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", ""),
        ("1,,2", ""),
        ("a", "a"),
        ("9-3", "9-3"),
        ("-1", "-1"),
        ("1-2-3", "1-2-3"),
        ("1.5", "1.5"),
        ("3-", "3-"),
    ],
)
def test_text_that_names_no_bands(text: str, part: str) -> None:
    with pytest.raises(
        DataError, match=rf"should read like 0,1,3,10-20 or tutorial. Found '{part}' in '{text}'"
    ):
        parse_bands(text)


def test_averages_of_a_lazy_cube_stay_lazy(small_cube: xr.DataArray) -> None:
    averaged = average_pairs(small_cube.chunk({"band": 2, "y": 2, "x": 6}))
    assert averaged.chunks is not None
    np.testing.assert_array_equal(averaged.values, average_pairs(small_cube).values)


def empty_some(cube: xr.DataArray, *bands: int) -> xr.DataArray:
    values = cube.values.copy()
    values[list(bands)] = np.nan
    return cube.copy(data=values)


@pytest.mark.parametrize("lazy", [False, True])
def test_bands_without_any_value_are_found(small_cube: xr.DataArray, lazy: bool) -> None:
    cube = empty_some(small_cube, 1, 3)
    cube[0, :3] = np.nan  # one row is left
    data = cube.chunk({"y": 1}) if lazy else cube
    assert find_empty_bands(data).tolist() == [False, True, False, True, False]
    assert not find_empty_bands(small_cube).any()


def test_empty_bands_are_flagged_and_named(small_cube: xr.DataArray) -> None:
    flagged = flag_empty_bands(empty_some(small_cube, 1, 3, 4))
    assert flagged["good"].values.tolist() == [True, False, True, False, False]
    assert flagged.attrs["assumed"] == ["made up", "no data in bands 1, 3-4 (410.0 to 440.0 nm)"]
    assert flag_empty_bands(small_cube) is small_cube
    left = good_bands(flagged)
    assert left["wavelength"].values.tolist() == [400, 420]
    assert left.attrs["assumed"][-1] == "3 of 5 bands are flagged bad and were left out"


def test_one_band_is_named_with_its_wavelength(small_cube: xr.DataArray) -> None:
    mask = np.array([False, False, True, False, False])
    assert describe_bands(small_cube, mask) == "band 2 (420.0 nm)"


def test_patches_have_empty_bands_too(small_patches: PatchSet) -> None:
    patches = small_patches.copy(deep=True)
    patches["patch"] = patches["patch"].astype(np.float32)
    patches["patch"].values[:, 2] = np.nan
    assert np.flatnonzero(find_empty_bands(patches)).tolist() == [2]


def test_chosen_bands_hold_data(small_cube: xr.DataArray) -> None:
    check_bands_hold_data(small_cube)
    chosen = select_bands(empty_some(small_cube, 3), [3, 0])
    with pytest.raises(
        DataError, match=r"chosen bands should hold data. Found none at 5 of the file, band 0 \(430.0 nm\) of"
    ):
        check_bands_hold_data(chosen)


def test_a_cube_without_any_data(small_cube: xr.DataArray) -> None:
    with pytest.raises(DataError, match=r"at least one band should be fit for use. Found all 5 flagged bad"):
        good_bands(flag_empty_bands(empty_some(small_cube, 0, 1, 2, 3, 4)))
