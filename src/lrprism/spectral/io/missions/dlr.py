"""EnMAP and DESIS, spectrometers of DLR: an image beside an XML file."""

from os import PathLike
from typing import Final

import xarray as xr

from lrprism.spectral.io.format import Format
from lrprism.spectral.io.missions.metadata_xml import BandElements, names_mission, read_product

_ENMAP: Final = BandElements(
    "EnMAP", "bandID", "FWHMOfBand", "GainOfBand", "OffsetOfBand", radiance_units="W m-2 sr-1 nm-1"
)
_DESIS: Final = BandElements(
    "DESIS", "band", "wavelengthWidthOfBand", "gainOfBand", "offsetOfBand", radiance_units="unknown"
)


def read_enmap(path: str | PathLike[str]) -> xr.DataArray:
    """Open an EnMAP product: level L2A, reflectance, or L1C, radiance in W m-2 sr-1 nm-1.

    Args:
        path: The file ``*METADATA.XML``, the file ``*SPECTRAL_IMAGE.TIF`` (or ``.BSQ``, ``.BIL``, ``.BIP``
            with its ENVI header), or their folder.

    Returns:
        The cube ``(band, y, x)``, on the image's map grid.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If a file is missing or damaged, or they do not fit each other.
    """
    return read_product(path, _ENMAP)


def read_desis(path: str | PathLike[str]) -> xr.DataArray:
    """Open a DESIS product, L2A or L1C, whose units are not stated; argument and result as of EnMAP's."""
    return read_product(path, _DESIS)


ENMAP: Final = Format("EnMAP", lambda marks: names_mission(marks, "enmap"), read_enmap)
DESIS: Final = Format("DESIS", lambda marks: names_mission(marks, "desis"), read_desis)
