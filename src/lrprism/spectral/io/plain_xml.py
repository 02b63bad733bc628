"""XML files of others, read without what an entity could bring in."""

from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from lrprism.errors import DataError

_LARGEST_BYTES: Final = 64 * 2**20


def parse_plain_xml(path: Path) -> ElementTree.Element:
    """Read an XML file without a document type.

    Args:
        path: The file.

    Returns:
        Its root element.

    Raises:
        DataError: If it is no XML, too large, or holds a document type.
    """
    # an entity of a document type may read any file, or fill the memory
    size = path.stat().st_size
    if size > _LARGEST_BYTES:
        raise DataError(
            f"'{path}' should have at most {_LARGEST_BYTES} bytes. Found {size}. Download it again."
        )
    content = path.read_bytes()
    plain = content.replace(b"\0", b"").upper()  # UTF-16 puts zeros between the letters
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise DataError(f"'{path}' should be plain XML. Found a document type in it. Download it again.")
    try:
        return ElementTree.fromstring(content)  # entities are refused above
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"'{path}' should be XML. Found: {error}. Download it again.") from error
