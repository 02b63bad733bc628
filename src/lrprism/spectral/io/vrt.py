"""GDAL's virtual rasters: a text that puts an image together from others on this disk."""

from pathlib import Path
from typing import Final

from lrprism.errors import DataError
from lrprism.spectral.io.plain_xml import parse_plain_xml

_ROOT: Final = b"<VRTDataset"
_SOURCES: Final = ("SourceFilename", "SourceDataset")
_RAW_BAND: Final = "VRTRawRasterBand"
_DEEPEST: Final = 8  # virtual rasters of virtual rasters


def is_vrt(start: bytes) -> bool:
    """Return True if a file begins as a virtual raster does."""
    return start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(_ROOT)


def list_vrt_sources(path: Path, depth: int = 0) -> tuple[Path, ...]:
    """List the images that a virtual raster is put together from, those of its sources too.

    Args:
        path: The virtual raster.
        depth: How many others led to it.

    Raises:
        DataError: If it names something other than a file on this disk, takes a file for raw numbers, or
            leads to itself.
    """
    if depth > _DEEPEST:
        raise DataError(
            f"'{path}' should not lead back to itself. Found a circle of virtual rasters. Mend it."
        )
    root = parse_plain_xml(path)
    # any file at all could be shown as numbers so
    if any(band.get("subClass") == _RAW_BAND for band in root.iter("VRTRasterBand")):
        raise DataError(
            f"'{path}' should be put together from images. Found raw numbers, {_RAW_BAND}. Give their ENVI "
            "header, or convert them."
        )
    sources: list[Path] = []
    for element in (element for name in _SOURCES for element in root.iter(name)):
        source = _find_source(path, (element.text or "").strip(), element.get("relativeToVRT") == "1")
        sources.append(source)
        with source.open("rb") as file:
            nested = is_vrt(file.read(64))
        if nested:
            sources += list_vrt_sources(source, depth + 1)
    return tuple(dict.fromkeys(sources))


def _find_source(path: Path, name: str, is_relative: bool) -> Path:
    source = path.parent / name if is_relative else Path(name)
    # an address on the network, an archive or a part of a file is no file, and is refused with the rest
    if not name or not source.is_file():
        raise DataError(
            f"'{path}' should be put together from files on this disk. Found '{name}', which is none. Keep "
            "the files where it says, or convert it to a GeoTIFF."
        )
    return source
