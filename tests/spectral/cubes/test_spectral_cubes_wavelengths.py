from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral import read_wavelengths


def test_a_range_is_evenly_spaced_with_both_ends() -> None:
    nm, fwhm = read_wavelengths("387.12:1023.5", 300)
    assert fwhm is None
    assert (nm[0], nm[-1]) == (387.12, 1023.5)
    # SPECTRAL step of the tutorial's camera: 636.38 nm over 299 steps
    assert np.diff(nm) == pytest.approx(np.full(299, 2.1284), abs=1e-4)


def test_a_list_is_taken_as_it_is() -> None:
    assert read_wavelengths([500, 400], 2)[0].tolist() == [500, 400]


@pytest.mark.parametrize("text", ["# nm fwhm\n400, 9\n410 10 # noisy\n\n", "400 9\n410 10\n"])
def test_a_file_with_two_columns_gives_the_width_too(tmp_path: Path, text: str) -> None:
    path = tmp_path / "nm.txt"
    path.write_text(text)
    nm, fwhm = read_wavelengths(path, 2)
    assert nm.tolist() == [400, 410]
    assert fwhm is not None
    assert fwhm.tolist() == [9, 10]


def test_a_file_with_one_column_gives_the_centres(tmp_path: Path) -> None:
    path = tmp_path / "nm.txt"
    path.write_text("400\n410\n")
    nm, fwhm = read_wavelengths(str(path), 2)
    assert nm.tolist() == [400, 410]
    assert fwhm is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nm\n400\n", r"should hold numbers: .* Found: could not convert string to float: 'nm'"),
        ("400\n410 9\n", r"one or two numbers. Found 2 lines with \[1, 2\] numbers"),
        ("1 2 3\n", r"Found 1 lines with \[3\] numbers"),
        ("\n", r"Found 0 lines with \[\] numbers"),
        ("400\n", r"value per band, 2 in all. Found shape \(1,\)"),
    ],
)
def test_a_file_that_is_not_understood(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "nm.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_wavelengths(path, 2)


@pytest.mark.parametrize("text", ["400-500", "no_such_file.txt", "400:500:2"])
def test_neither_range_nor_file(text: str) -> None:
    with pytest.raises(DataError, match=rf"should be FIRST:LAST in nm .* Found '{text}', which is neither"):
        read_wavelengths(text, 2)
