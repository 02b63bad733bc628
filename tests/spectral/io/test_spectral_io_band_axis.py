"""The axis of the bands, found by the number of wavelengths."""

from pathlib import Path

import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.band_axis import count_wavelengths, find_band_axis


def test_the_axis_as_long_as_the_list() -> None:
    assert find_band_axis((3, 4, 5), [1.0, 2.0, 3.0, 4.0]) == (
        1, ("axis 1 of (3, 4, 5) is taken for the bands by its length, the others, in order, for y, x",),
    )  # fmt: skip


def test_the_lines_of_a_file_are_counted_without_comments(tmp_path: Path) -> None:
    (tmp_path / "nm.txt").write_text("# centre FWHM\n400 8\n\n410 8  # the last\n")
    assert find_band_axis((2, 4, 5), tmp_path / "nm.txt")[0] == 0


@pytest.mark.parametrize("wavelengths", [None, "400:500"])
def test_the_last_axis_where_no_number_is_stated(wavelengths: str | None) -> None:
    axis, notes = find_band_axis((3, 4, 5), wavelengths)
    assert axis == 2
    assert notes == ("the last axis of (3, 4, 5) is taken for the bands, the others for y, x",)


def test_an_axis_that_the_user_states_counts_from_either_end() -> None:
    assert find_band_axis((3, 3, 3), [1.0, 2.0, 3.0], band_axis=0) == (0, ())
    assert find_band_axis((3, 3, 3), [1.0, 2.0, 3.0], band_axis=-2) == (1, ())
    with pytest.raises(InputError, match=r"band_axis should be 0, 1, 2 or -1. Found -4"):
        find_band_axis((3, 3, 3), None, band_axis=-4)


def test_no_axis_or_two_of_that_length() -> None:
    with pytest.raises(
        DataError, match=r"as long as the 2 wavelengths. Found 2 in shape \(2, 2, 5\). Say .* --band-axis"
    ):
        find_band_axis((2, 2, 5), [1.0, 2.0])
    with pytest.raises(DataError, match=r"as long as the 1 wavelengths. Found shape \(2, 2, 5\). Give"):
        find_band_axis((2, 2, 5), [1.0])


def test_a_range_says_nothing_of_the_number(tmp_path: Path) -> None:
    (tmp_path / "nm.txt").write_text("400\n410\n")
    assert count_wavelengths(tmp_path / "nm.txt") == 2
    assert count_wavelengths([400.0]) == 1
    assert count_wavelengths("400:500") is None
    assert count_wavelengths(None) is None
