"""Files beside an ENVI header that hold no plain numbers: packed data, pictures, tables."""

import math
from pathlib import Path
from typing import Final

from lrprism.errors import DataError
from lrprism.spectral.io.formats.envi_header import EnviHeader

_STARTS: Final = {
    b"\x1f\x8b\x08": "data packed by gzip",
    b"BZh": "data packed by bzip2",
    b"\xfd7zXZ": "data packed by xz",
    b"(\xb5/\xfd": "data packed by zstd",
    b"PK\x03\x04": "a zip archive",
    b"\x89PNG\r\n": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\0\0\0\x0cjP": "a JPEG 2000 picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF page",
    b"\x89HDF\r\n": "an HDF5 file",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
}
_CERTAIN: Final = 4  # of so many bytes: plain numbers begin like that once in four thousand million files
_TEXTS: Final = frozenset({".csv", ".tsv", ".txt", ".json", ".xml", ".md", ".html", ".log"})


def check_plain_numbers(header: EnviHeader, shape: tuple[int, ...]) -> tuple[str, ...]:
    """Check that the data file of a header holds plain numbers.

    Args:
        header: The header with its data file.
        shape: Numbers along each axis.

    Returns:
        A sentence where the file is larger than the header declares.

    Raises:
        DataError: If it is packed, a picture, a table, or smaller than declared.
    """
    content = _find_content(header)
    needed = header.integer("header offset", 0) + math.prod(shape) * header.dtype().itemsize
    size = header.data.stat().st_size
    if content is not None and (size != needed or content[1]):
        raise DataError(
            f"'{header.data}' should hold plain numbers, as '{header.path.name}' beside it says. Found "
            f"{content[0]}. Give the file of numbers, or unpack or convert this one."
        )
    header.check_size(shape)
    if size == needed:
        return ()
    return (f"the file of numbers has {size - needed} bytes more than its header declares",)


def _find_content(header: EnviHeader) -> tuple[str, bool] | None:
    """Return what the file holds in place of numbers, and whether that is certain; None for numbers."""
    compression = header.fields.get("file compression", "0")
    if compression not in {"", "0"}:
        return f"packed data: 'file compression' is {compression}", True
    if Path(header.data).suffix.lower() in _TEXTS:
        return "a text", True
    with header.data.open("rb") as file:
        start = file.read(max(map(len, _STARTS)))
    known = next((mark for mark in _STARTS if start.startswith(mark)), None)
    return None if known is None else (_STARTS[known], len(known) >= _CERTAIN)
