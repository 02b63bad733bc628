"""Products of DLR, EnMAP and DESIS: an image and an XML file with the level, the bands and their gains."""

import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final, final
from xml.etree import ElementTree

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import check_wavelengths, make_cube
from lrprism.spectral.io.decode import decode_values
from lrprism.spectral.io.failures import naming
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.missions.product_image import IMAGE_ENDINGS, open_product_image
from lrprism.spectral.io.plain_xml import parse_plain_xml

_METADATA: Final = "METADATA.XML"
_WAVELENGTH: Final = "wavelengthCenterOfBand"
_START_BYTES: Final = 2**20
_REFLECTANCE_GAIN: Final = 1e-4
_NODATA: Final = -32768.0
_LEVEL: Final = re.compile(r"(?<![A-Z0-9])L([12][A-D])(?![A-Z0-9])")


@final
@dataclass(frozen=True)
class BandElements:
    """The words of a mission in its metadata.

    Args:
        mission: Name of the mission.
        band: Name of the element of each band.
        fwhm: Its element with the width in nm.
        gain: Its element with the gain.
        offset: Its element with the offset.
        radiance_units: Units of radiance at level 1.
    """

    mission: str
    band: str
    fwhm: str
    gain: str
    offset: str
    radiance_units: str


@final
@dataclass(frozen=True)
class _Scale:
    """How the stored numbers of a product become values: ``gain`` and ``offset`` are ``[band]``."""

    quantity: str
    units: str
    gain: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]
    notes: tuple[str, ...]

    def apply(self, stored: da.Array) -> da.Array:
        """Return the values of stored numbers, ``[band, y, x]``."""
        gain, offset = (numbers.astype(np.float32)[:, None, None] for numbers in (self.gain, self.offset))
        values: da.Array = stored * gain + offset
        return values

    @property
    def divisor(self) -> float:
        """The number that all bands are divided by; 1 where each has its own gain."""
        return 1.0 / float(self.gain[0]) if np.ptp(self.gain) == 0 and self.gain[0] != 0 else 1.0


def read_product(path: str | PathLike[str], words: BandElements) -> xr.DataArray:
    r"""Open the image of a product with the wavelengths, level and gains of its metadata.

    .. math:: v_b = s_b\,\mathrm{gain}_b + \mathrm{offset}_b

    Level 1 is radiance; level 2A is reflectance, times 10000 where the metadata state no gains.

    Args:
        path: The file ``*METADATA.XML``, the file ``*SPECTRAL_IMAGE.TIF``, or their folder.
        words: The words of the mission.

    Returns:
        The cube ``(band, y, x)``.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If a file is missing or damaged, or they do not fit each other.
    """
    with naming(path):
        metadata, image = _find_pair(Path(path))
        root = parse_plain_xml(metadata)
        elements = [e for e in root.iter(words.band) if e.find(_WAVELENGTH) is not None]
        if not elements:
            raise DataError(
                f"'{metadata}' should describe each band in an element '{words.band}' with "
                f"'{_WAVELENGTH}'. Found none. Download it again."
            )
        centre, fwhm = (_read_numbers(metadata, elements, name) for name in (_WAVELENGTH, words.fwhm))
        level = _find_level(root, image)
        scale = _settle_scale(metadata, elements, words, level)
        stored, place, notes = open_product_image(image)
        check_wavelengths(centre, len(stored))
        cube = make_cube(
            scale.apply(decode_values(stored, nodata=_find_nodata(root))),
            centre,
            fwhm=fwhm,
            title=f"{words.mission} L{level or '2A'} {image.name}",
            attribution="contains DLR data",
            quantity=scale.quantity,
            units=scale.units,
            assumed=(*scale.notes, *notes),
        )
        return place(cube.assign_attrs(scale=scale.divisor, source=image.name))


def _find_level(root: ElementTree.Element, image: Path) -> str | None:
    """Return the level, "1C" or "2A", by the metadata, else by the name; None where neither says."""
    texts = [*(element.text or "" for element in root.iter("level")), image.name.upper()]
    return next((match[1] for text in texts if (match := _LEVEL.search(text.upper()))), None)


def _settle_scale(
    metadata: Path, elements: list[ElementTree.Element], words: BandElements, level: str | None
) -> _Scale:
    stated = all(e.find(words.gain) is not None for e in elements)
    is_radiance = level is not None and level.startswith("1")
    if is_radiance and not stated:
        raise DataError(
            f"'{metadata}' should state '{words.gain}' of each band, as level L{level} is radiance. "
            "Found none. Download it again."
        )
    if not stated:
        gain = np.full(len(elements), _REFLECTANCE_GAIN)
        note = "values are taken to be reflectance times 10000, and -32768 to mark that there is none"
        return _Scale("reflectance", "1", gain, np.zeros(len(elements)), (*_note_level(level), note))
    gain = _read_numbers(metadata, elements, words.gain)
    offset = _read_numbers(metadata, elements, words.offset)
    if is_radiance:
        return _Scale("radiance", words.radiance_units, gain, offset, ())
    return _Scale("reflectance", "1", gain, offset, _note_level(level))


def _note_level(level: str | None) -> tuple[str, ...]:
    return () if level else ("the level is not stated and taken to be L2A, reflectance",)


def _find_nodata(root: ElementTree.Element) -> float:
    """Return the number that marks a missing value: as the metadata say, else that of the missions."""
    for element in root.iter("backgroundValue"):
        try:
            return float(element.text or "")
        except ValueError:  # a word
            continue
    return _NODATA


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
    name = marks.path.name.upper()
    # another text that names the mission, such as a virtual raster of its image, is not its metadata
    if name.endswith(_METADATA):
        return [marks.path] if marks.start.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<") else []
    # names of one product agree up to the part's name: X-SPECTRAL_IMAGE.TIF, X-METADATA.XML
    product, image, ending = name.partition("SPECTRAL_IMAGE")
    if not image or ending not in IMAGE_ENDINGS:
        return []
    return [file for file in marks.path.parent.iterdir() if file.name.upper() == f"{product}{_METADATA}"]


def _read_start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_START_BYTES)


def _find_pair(path: Path) -> tuple[Path, Path]:
    folder = path if path.is_dir() else path.parent
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    names = {file: file.name.upper() for file in files}
    metadata = _choose_one(path, folder, "METADATA.XML", [f for f in files if names[f].endswith(_METADATA)])
    images = [f for f in files if any(names[f].endswith(f"SPECTRAL_IMAGE{end}") for end in IMAGE_ENDINGS)]
    product = metadata.name.upper().removesuffix(_METADATA)
    # several products in one folder: names of one agree up to the part's name
    same = [file for file in images if names[file].startswith(product)] or images
    if not same and any("SPECTRAL_IMAGE_" in name for name in names.values()):
        raise DataError(
            f"'{folder}' should hold one image, *SPECTRAL_IMAGE.TIF. Found two, as they were scanned, of "
            "level L1B. Give the L1C or L2A product."
        )
    return metadata, _choose_one(path, folder, "SPECTRAL_IMAGE.TIF", same)


def _choose_one(path: Path, folder: Path, ending: str, files: list[Path]) -> Path:
    if path.is_file() and path in files:  # several products in the folder: the user names one file
        return path
    product = path.name.upper().partition("SPECTRAL_IMAGE")[0]
    if path.is_file() and len(files) > 1:
        files = [file for file in files if file.name.upper().startswith(product)]
    if len(files) != 1:
        raise DataError(
            f"'{folder}' should hold one file *{ending}. Found {len(files)}. "
            "Keep each product in a folder of its own."
        )
    return files[0]


def _read_numbers(metadata: Path, elements: list[ElementTree.Element], name: str) -> npt.NDArray[np.float64]:
    """Read one number of each band, ``[band]``.

    Raises:
        DataError: If one is missing or no number.
    """
    try:
        return np.array([float(element.findtext(name, "")) for element in elements])
    except ValueError as error:
        raise DataError(
            f"'{name}' in '{metadata}' should be numbers. Found: {error}. Download it again."
        ) from error
