"""Reflectance of EnMAP and DESIS, spectrometers of DLR: L2A products, an image beside an XML file."""

from os import PathLike
from typing import Final

import xarray as xr

from lrprism.spectral.io.format import Format
from lrprism.spectral.io.missions.metadata_xml import names_mission, read_product


def read_enmap(path: str | PathLike[str]) -> xr.DataArray:
    """Open an EnMAP L2A product.

    Args:
        path: The file ``*METADATA.XML``, the file ``*SPECTRAL_IMAGE.TIF``, or their folder.

    Returns:
        The cube ``(band, y, x)``, on the image's map grid.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If a file is missing or damaged, or they do not fit each other.
    """
    return read_product(path, band="bandID", fwhm="FWHMOfBand", title="EnMAP L2A")


def read_desis(path: str | PathLike[str]) -> xr.DataArray:
    """Open a DESIS L2A product; argument and result are those of :func:`read_enmap`."""
    return read_product(path, band="band", fwhm="wavelengthWidthOfBand", title="DESIS L2A")


ENMAP: Final = Format("EnMAP", lambda marks: names_mission(marks, "enmap"), read_enmap)
DESIS: Final = Format("DESIS", lambda marks: names_mission(marks, "desis"), read_desis)
