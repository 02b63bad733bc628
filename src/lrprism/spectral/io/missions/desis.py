"""Reflectance of the DESIS spectrometer: L2A products of DLR."""

from os import PathLike

import xarray as xr

from lrprism.spectral.io.missions.metadata_xml import read_product


def read_desis(path: str | PathLike[str]) -> xr.DataArray:
    """Open a DESIS L2A product.

    Args:
        path: The file ``*METADATA.XML``, the file ``*SPECTRAL_IMAGE.TIF``, or their folder.

    Returns:
        The cube ``(band, y, x)``, on the image's map grid.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If a file is missing or damaged, or they do not fit each other.
    """
    return read_product(path, band="band", fwhm="wavelengthWidthOfBand", title="DESIS L2A")
