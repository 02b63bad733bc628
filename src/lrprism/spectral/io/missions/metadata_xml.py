"""The metadata of EnMAP and DESIS: an XML file beside the image, with the wavelength of each band."""

from os import PathLike
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.georeference import assign_georeference
from lrprism.spectral.io.decode import decode_values
from lrprism.spectral.io.failures import naming
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.raster import open_raster, open_raster_values, read_raster_georeference

_ENDINGS: Final = ("METADATA.XML", "SPECTRAL_IMAGE.TIF")
_WAVELENGTH: Final = "wavelengthCenterOfBand"
_LARGEST_BYTES: Final = 64 * 2**20
_START_BYTES: Final = 2**20
_DIVISOR: Final = 10000.0
_NODATA: Final = -32768.0


def read_product(path: str | PathLike[str], *, band: str, fwhm: str, title: str) -> xr.DataArray:
    """Open the image of a product with the wavelengths of its metadata.

    Args:
        path: The file ``*METADATA.XML``, the file ``*SPECTRAL_IMAGE.TIF``, or their folder.
        band: Name of the element of each band.
        fwhm: Name of its element with the width in nm.
        title: Satellite and product level.

    Returns:
        The cube ``(band, y, x)``.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If a file is missing or damaged, or they do not fit each other.
    """
    with naming(path):
        metadata, image = _find_pair(Path(path))
        axis = _read_band_elements(metadata, band, fwhm)
        with open_raster(image) as dataset:
            cube = make_cube(
                decode_values(open_raster_values(dataset), divisor=_DIVISOR, nodata=_NODATA),
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
            reference = read_raster_georeference(dataset)
            return cube if reference is None else assign_georeference(cube, reference)


def names_mission(marks: FileMarks, mission: str) -> bool:
    """Return True if the metadata of a product name a mission.

    Args:
        marks: The product's folder, image or metadata.
        mission: The name in lower case.
    """
    return any(mission.encode() in _read_start(path).lower() for path in _find_metadata(marks))


def _find_metadata(marks: FileMarks) -> list[Path]:
    if marks.path.is_dir():
        return sorted(marks.path.glob("*METADATA.[xX][mM][lL]"))
    if marks.start.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<"):
        return [marks.path]
    # names of one product agree up to the part's name: X-SPECTRAL_IMAGE.TIF, X-METADATA.XML
    product, image, _ = marks.path.name.partition("SPECTRAL_IMAGE")
    if not (marks.is_tiff and image):
        return []
    name = f"{product}METADATA.XML".upper()
    return [file for file in marks.path.parent.iterdir() if file.name.upper() == name]


def _read_start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_START_BYTES)


def _find_pair(path: Path) -> tuple[Path, Path]:
    folder = path if path.is_dir() else path.parent
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    pair = []
    for ending in _ENDINGS:
        fitting = [file for file in files if file.name.upper().endswith(ending)]
        if path.is_file() and path in fitting:  # several products in the folder: the user names one file
            fitting = [path]
        if len(fitting) != 1:
            raise DataError(
                f"'{folder}' should hold one file *{ending}. Found {len(fitting)}. "
                "Keep each product in a folder of its own."
            )
        pair.append(fitting[0])
    return pair[0], pair[1]


def _read_band_elements(metadata: Path, band: str, fwhm: str) -> npt.NDArray[np.float64]:
    # wavelength and width in nm, [band, 2]
    elements = [
        element for element in _parse_xml(metadata).iter(band) if element.find(_WAVELENGTH) is not None
    ]
    try:
        table = [[float(element.findtext(name, "")) for name in (_WAVELENGTH, fwhm)] for element in elements]
    except ValueError as error:
        raise DataError(
            f"'{_WAVELENGTH}' and '{fwhm}' in '{metadata}' should be numbers. Found: {error}. "
            "Download it again."
        ) from error
    return np.array(table).reshape(-1, 2)


def _parse_xml(path: Path) -> ElementTree.Element:
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
