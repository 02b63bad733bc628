import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.io.spectra.band_columns import convert_to_nm, find_band_columns


@pytest.mark.parametrize(
    ("names", "nm"),
    [
        (["id", "450", "label", "550.5"], [450, 550.5]),
        (["450 nm", "550 nm"], [450, 550]),
        (["X450", "X550.5"], [450, 550.5]),
        (["X450.nm", "X550.nm"], [450, 550]),
        (["wl_450.5", "wl_460,5"], [450.5, 460.5]),
        (["0.45 um", "1.65 µm"], [450, 1650]),
        (["0.45", "2.2"], [450, 2200]),
        (["Reflectance (450 nm)", "450 (nm)", "550 [nm]"], [450, 550]),
        (["wn4000", "wn5000"], [2000, 2500]),
        (["10000 cm-1", "4000 cm^-1"], [1000, 2500]),
    ],
)
def test_names_that_are_wavelengths(names: list[str], nm: list[float]) -> None:
    bands = find_band_columns(names)
    assert bands.wavelength.tolist() == pytest.approx(sorted(nm))
    assert [names[column] for column in bands.columns] == list(bands.names)


@pytest.mark.parametrize("name", ["plant1", "rep 2", "P2O5", "B1", "pc1", "day3", "nitrogen", "450 kg", ""])
def test_other_names_are_no_bands(name: str) -> None:
    assert name not in find_band_columns([name, "450", "550"]).names


def test_wavenumbers_are_turned_and_sorted() -> None:
    # 10^7 / 4000 = 2500 nm, 10^7 / 5000 = 2000 nm, 10^7 / 8000 = 1250 nm
    bands = find_band_columns(["4000", "label", "5000", "8000"], "cm-1")
    assert bands.wavelength.tolist() == [1250, 2000, 2500]
    assert bands.columns.tolist() == [3, 2, 0]
    assert bands.notes == ()


def test_unsorted_columns_are_sorted_and_said() -> None:
    bands = find_band_columns(["500", "400", "600"])
    assert bands.columns.tolist() == [1, 0, 2]
    assert bands.notes == (
        "column names without a unit are taken to be wavelengths in nm",
        "columns were sorted by wavelength: '400' does not follow '500'",
    )


def test_wavelengths_of_the_user_take_the_place_of_counts() -> None:
    bands = find_band_columns(["0", "1", "2"], "400:600")
    assert bands.wavelength.tolist() == [400, 500, 600]
    assert bands.notes == ("3 bands evenly spaced over 400:600 nm",)
    assert find_band_columns(["0", "1"], [500.0, 400.0]).columns.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("names", "wavelengths", "message"),
    [
        (
            ["id", "450"],
            None,
            r"named 450, 450 nm, X450 or wl_450\.5\. Found 1 such among 'id', '450'\. Name",
        ),
        ([f"c{n}" for n in range(20)], None, r"Found 0 such among 'c0', .*, 'c11' and 8 more\. Name"),
        (["0", "1", "2"], None, r"Found 0, 1, \.\.\., 2, which count them\. Pass wavelengths='FIRST"),
        (["1", "2", "3"], None, r"Found 1, 2, \.\.\., 3, which count them"),
        (
            ["1800", "1000"],
            None,
            r"unit .* clear\. Found columns from 1800 to 1000, descending, without a unit",
        ),
        (
            ["4000", "10000"],
            None,
            r"Found columns from 4000 to 10000, without a unit\. Give --wavelengths nm",
        ),
        (["450 nm", "0.55 um"], None, r"should have one unit\. Found nm and um\. Write them in one"),
        (["450 nm", "550 nm"], "um", r"should be in um\. Found nm\. Leave it out"),
        (
            ["450", "550", "450.0"],
            None,
            r"wavelength of its own\. Found 450 nm for '450' and '450\.0' \(1 such",
        ),
        (["450", "550"], [1.0, 2.0, 3.0], r"one list with a value per band, 2 in all"),
    ],
)
def test_names_that_leave_something_open(names: list[str], wavelengths: object, message: str) -> None:
    with pytest.raises(lp.DataError, match=message):
        find_band_columns(names, wavelengths)  # type: ignore[arg-type]


def test_a_wavenumber_of_zero_has_no_wavelength() -> None:
    with pytest.raises(lp.DataError, match=r"above 0\. Found 0\. Leave"):
        convert_to_nm(np.array([0.0, 4000.0]), "cm-1")
