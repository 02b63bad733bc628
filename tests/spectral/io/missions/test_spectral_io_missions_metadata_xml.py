"""Products whose image or metadata are missing, double or damaged."""

from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.io.missions.metadata_xml import BandElements, read_product

WORDS = BandElements("satellite", "band", "width", "gain", "offset", radiance_units="W m-2 sr-1 nm-1")
GOOD = "<band><wavelengthCenterOfBand>420</wavelengthCenterOfBand><width>7</width></band>"


def read(path: Path) -> xr.DataArray:
    return read_product(path, WORDS)


def test_other_elements_of_that_name_are_passed_over(write_product: Callable[[str], Path]) -> None:
    folder = write_product(GOOD + "<statistics><band>1</band></statistics>" + GOOD.replace("420", "430"))
    assert read(folder).wavelength.values.tolist() == [420, 430]


def test_each_file_is_there_once(write_product: Callable[[str], Path]) -> None:
    folder = write_product(GOOD)
    (folder / "Y-METADATA.XML").write_text("<product/>")
    with pytest.raises(DataError, match=r"should hold one file \*METADATA.XML. Found 2. Keep each product"):
        read(folder)
    (folder / "X-SPECTRAL_IMAGE.tif").unlink()
    with pytest.raises(DataError, match=r"should hold one file \*SPECTRAL_IMAGE.TIF. Found 0"):
        read(folder / "X-METADATA.XML")
    with pytest.raises(DataError, match=r"none' should hold one file \*METADATA.XML. Found 0"):
        read(folder / "none" / "X-METADATA.XML")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            GOOD.replace("420", "blue"),
            r"'wavelengthCenterOfBand' in .* should be numbers. Found: .*blue",
        ),
        (GOOD.replace("<width>7</width>", ""), r"'width' in .* should be numbers. Found: "),
        ("<band>", r"should be XML. Found: mismatched tag"),
        ("<!DOCTYPE a><a/>", r"should be plain XML. Found a document type"),
    ],
)
def test_damaged_metadata(write_product: Callable[[str], Path], text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(write_product(text))


def test_a_document_type_in_another_encoding_is_seen(write_product: Callable[[str], Path]) -> None:
    folder = write_product(GOOD)
    (folder / "X-METADATA.XML").write_bytes("<!ENTITY a 'b'><product/>".encode("utf-16"))
    with pytest.raises(DataError, match=r"Found a document type in it"):
        read(folder)


def test_metadata_too_large_to_be_metadata_are_not_read(write_product: Callable[[str], Path]) -> None:
    folder = write_product(GOOD)
    with (folder / "X-METADATA.XML").open("r+b") as file:
        file.truncate(64 * 2**20 + 1)
    with pytest.raises(DataError, match=r"should have at most 67108864 bytes. Found 67108865"):
        read(folder)
