"""XML that brings nothing in."""

from pathlib import Path

import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.plain_xml import parse_plain_xml


def test_plain_elements_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<a><b>1</b></a>")
    assert parse_plain_xml(tmp_path / "a.xml").findtext("b") == "1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<a>", r"should be XML. Found: no element|should be XML. Found: "),
        (b"<!DOCTYPE a><a/>", r"should be plain XML. Found a document type"),
        ("<!ENTITY a 'b'><a/>".encode("utf-16"), r"should be plain XML. Found a document type"),
    ],
)
def test_what_is_not_plain_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.xml").write_bytes(content)
    with pytest.raises(DataError, match=message):
        parse_plain_xml(tmp_path / "a.xml")
