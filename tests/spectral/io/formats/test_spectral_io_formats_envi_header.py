"""Fields of ENVI headers, read from headers of a few lines."""

from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.formats.envi_header import EnviHeader, find_header, is_header_start, read_header


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "a.img").write_bytes(bytes(12))
    (tmp_path / "a.hdr").write_text(
        "ENVI\n; bands = 9\nBands = 3\nwavelength = {400,\n 500, 600}\nfwhm = {8, 0, 9}\n"
        "data type = 12\nbyte order = 1\ndescription = {a field}\n"
    )
    return tmp_path


def edit(folder: Path, old: str, new: str) -> EnviHeader:
    text = (folder / "a.hdr").read_text()
    assert old in text
    (folder / "a.hdr").write_text(text.replace(old, new))
    return read_header(folder / "a.hdr")


def test_fields_are_numbers_words_and_a_type(files: Path) -> None:
    header = read_header(files / "a.img")
    assert header.integer("bands") == 3  # a capital, and a comment that says 9
    assert header.integer("header offset", 0) == 0
    assert header.real("data ignore value") is None
    assert header.words("wavelength") == ["400", "500", "600"]
    assert header.fields["description"] == "a field"
    assert header.dtype() == np.dtype(">u2")
    header.check_size((1, 2, 3))  # 12 bytes


def test_text_that_is_not_utf_8_is_read(files: Path) -> None:
    (files / "a.hdr").write_bytes((files / "a.hdr").read_bytes() + "sensor type = caméra\n".encode("latin-1"))
    assert read_header(files / "a.hdr").integer("bands") == 3


def test_the_header_of_a_file_has_either_form(files: Path) -> None:
    assert find_header(files / "a.img") == files / "a.hdr"
    assert find_header(files / "a.hdr") == files / "a.hdr"
    (files / "a.hdr").rename(files / "a.img.HDR")
    assert find_header(files / "a.img") == files / "a.img.HDR"
    assert find_header(files / "b.img") is None
    assert find_header(files / "b.hdr") is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("byte order = 1", "byte order = 2", r"should be 0 \(little endian\) or 1. Found 2. Correct"),
        ("data type = 12", "data type = 9", r"'data type' in .* Found 9, which is complex. Convert"),
        ("{a field}", "{a field", r"'description' in .* should end with '}'. Found the end of the file"),
        ("ENVI", "EMVI", r"should be an ENVI header, whose first word is ENVI. Found another file"),
    ],
)
def test_a_damaged_header(files: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        edit(files, old, new).dtype()


def test_data_that_are_missing_or_too_short(files: Path) -> None:
    with pytest.raises(DataError, match=r"should have at least 14 bytes, 1 x 7 of 2 bytes each. Found 12"):
        read_header(files / "a.hdr").check_size((1, 7))
    (files / "a.img").unlink()
    with pytest.raises(DataError, match=r"should have its data beside it, 'a' with no ending or one of .dat"):
        read_header(files / "a.hdr")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Bands = 3", "Bands = 3 ; three of them"),
        ("600}", "600} ; nm"),
        ("400,\n", "400,\n; a gap\n"),
        ("600}", "600,\n}"),
        ("ENVI", "\ufeffENVI"),
    ],
)
def test_forms_that_other_programs_write(files: Path, old: str, new: str) -> None:
    header = edit(files, old, new)
    assert header.integer("bands") == 3
    assert header.reals("wavelength", 3).tolist() == [400, 500, 600]


def test_a_semicolon_inside_a_value_is_no_comment(files: Path) -> None:
    assert edit(files, "{a field}", "{a; field}").fields["description"] == "a; field"


@pytest.mark.parametrize("text", ["1.#QNAN", "-1.#IND", "nan"])
def test_a_mark_that_is_no_number_is_nan(files: Path, text: str) -> None:
    assert np.isnan(edit(files, "Bands", f"data ignore value = {text}\nBands").real("data ignore value"))


def test_a_header_of_windows_keeps_its_letters(files: Path) -> None:
    (files / "a.hdr").write_bytes((files / "a.hdr").read_bytes() + "wavelength units = µm\n".encode("cp1252"))
    assert read_header(files / "a.hdr").fields["wavelength units"] == "µm"


def test_a_header_begins_with_its_word() -> None:
    assert is_header_start(b"\xef\xbb\xbfENVI\n")
    assert not is_header_start(b"BYTEORDER I\n")


def test_the_header_of_a_tiff_is_not_its_image(files: Path) -> None:
    (files / "a.img").rename(files / "a.tif")
    with pytest.raises(DataError, match=r"should be given by its image. Found 'a.tif'. Give '.*a.tif'"):
        read_header(files / "a.hdr")
