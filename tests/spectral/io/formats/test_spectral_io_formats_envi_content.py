"""Files beside a header that hold something other than numbers."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.formats.envi_content import check_plain_numbers
from lrprism.spectral.io.formats.envi_header import EnviHeader

SHAPE = (2, 3, 4)  # 24 numbers of 2 bytes
PNG = b"\x89PNG\r\n\x1a\n"


def header(folder: Path, content: bytes, name: str = "a.img", **fields: str) -> EnviHeader:
    (folder / name).write_bytes(content)
    stated = {"data type": "2"} | {k.replace("_", " "): v for k, v in fields.items()}
    return EnviHeader(folder / "a.hdr", folder / name, stated)


def test_plain_numbers_pass_without_a_word(tmp_path: Path) -> None:
    assert check_plain_numbers(header(tmp_path, bytes(48)), SHAPE) == ()
    assert check_plain_numbers(header(tmp_path, bytes(48), file_compression="0"), SHAPE) == ()


def test_a_file_larger_than_declared_is_said(tmp_path: Path) -> None:
    notes = check_plain_numbers(header(tmp_path, bytes(50)), SHAPE)
    assert notes == ("the file of numbers has 2 bytes more than its header declares",)


@pytest.mark.parametrize(
    ("content", "name", "fields", "found"),
    [
        (bytes(48), "a.img", {"file_compression": "1"}, "packed data: 'file compression' is 1"),
        (gzip.compress(np.arange(99, dtype="<i2").tobytes()), "a.img", {}, "data packed by gzip"),
        (PNG + bytes(40), "a.png", {}, "a PNG picture"),
        (b"1,2,3\n" * 8, "a.csv", {}, "a text"),
        (b"II*\0" + bytes(44), "a.img", {}, "a TIFF image"),
    ],
)
def test_other_content_is_named(
    tmp_path: Path, content: bytes, name: str, fields: dict[str, str], found: str
) -> None:
    message = rf"{name}' should hold plain numbers, as 'a.hdr' beside it says. Found {found}. Give the file"
    with pytest.raises(DataError, match=message):
        check_plain_numbers(header(tmp_path, content, name, **fields), SHAPE)


def test_numbers_that_begin_like_gzip_are_numbers_if_the_size_is_right(tmp_path: Path) -> None:
    assert check_plain_numbers(header(tmp_path, b"\x1f\x8b\x08" + bytes(45)), SHAPE) == ()


def test_too_few_numbers(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"should have at least 48 bytes, 2 x 3 x 4 of 2 bytes each. Found 40"
    ):
        check_plain_numbers(header(tmp_path, bytes(40)), SHAPE)
