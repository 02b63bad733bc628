"""The metadata of EnMAP and DESIS: an XML file beside the image, with the wavelength of each band."""

from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
import xarray as xr

from lrprism._errors import DataError
from lrprism.spectral.cube import make_cube
from lrprism.spectral.georeference import georeferenced
from lrprism.spectral.readers.facts import decoded
from lrprism.spectral.readers.raster import opened_raster, raster_georeference, raster_values

_LARGEST_BYTES: Final = 64 * 2**20
_DIVISOR: Final = 10000.0
_NODATA: Final = -32768.0


def find_pair(path: Path, image_ending: str) -> tuple[Path, Path]:
    """Find metadata and image of a product from either of them or from their folder.

    Args:
        path: ``*METADATA.XML``, the image, or the folder.
        image_ending: How the image's name ends, e.g. "SPECTRAL_IMAGE.TIF".

    Returns:
        The metadata and the image.

    Raises:
        DataError: If there is not exactly one of each.
    """
    folder = path if path.is_dir() else path.parent
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    found = []
    for ending in ("METADATA.XML", image_ending):
        fitting = [file for file in files if file.name.upper().endswith(ending)]
        if path.is_file() and path in fitting:
            fitting = [path]
        if len(fitting) != 1:
            raise DataError(
                f"'{folder}' should hold one file *{ending}. "
                f"Found {len(fitting)}. Keep each product in a folder "
                "of its own."
            )
        found.append(fitting[0])
    return found[0], found[1]


def read_metadata(path: Path) -> ElementTree.Element:
    """Parse a metadata file; no document type, and so no entity, is accepted.

    Args:
        path: The file.

    Returns:
        Its root element.

    Raises:
        DataError: If it is too large, declares a document type, or is not XML.
    """
    content = path.read_bytes() if path.stat().st_size <= _LARGEST_BYTES else b"<!DOCTYPE"
    plain = content.replace(b"\0", b"").upper()
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise DataError(
            f"'{path}' should be plain XML of at most 64 MiB. "
            "Found a document type or more. Download it again."
        )
    try:
        return ElementTree.fromstring(content)  # entities are refused above
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"'{path}' should be XML. Found: {error}. Download it again.") from error


def read_product(metadata: Path, image: Path, band: str, centre: str, fwhm: str, title: str) -> xr.DataArray:
    """Open the image with the wavelengths of its metadata.

    Args:
        metadata: The XML file.
        image: The GeoTIFF.
        band: Name of the element of each band.
        centre: Name of its element with the wavelength in nm.
        fwhm: Name of its element with the width in nm.
        title: Satellite and product level.

    Returns:
        The cube ``(band, y, x)``.

    Raises:
        DataError: If either file is damaged, or they do not fit each other.
    """
    elements = [element for element in read_metadata(metadata).iter(band) if element.find(centre) is not None]
    try:
        table = [[float(element.findtext(name, "")) for name in (centre, fwhm)] for element in elements]
    except ValueError as error:
        raise DataError(
            f"'{centre}' and '{fwhm}' in '{metadata}' should be numbers. Found: {error}. Download it again."
        ) from error
    axis = np.array(table).reshape(-1, 2)
    with opened_raster(image) as dataset:
        cube = make_cube(
            decoded(raster_values(dataset), divisor=_DIVISOR, nodata=_NODATA),
            axis[:, 0],
            fwhm=axis[:, 1],
            title=f"{title} {image.name}",
            attribution="contains DLR data",
            quantity="reflectance",
            units="1",
            assumed=(
                "values are taken to be reflectance times 10000, and -32768 to mark that there is none",
            ),
        ).assign_attrs(scale=_DIVISOR, source=image.name)
        reference = raster_georeference(dataset)
        return cube if reference is None else georeferenced(cube, reference)
