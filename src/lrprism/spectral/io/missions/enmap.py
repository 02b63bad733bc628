"""Reflectance of the EnMAP spectrometer: L2A products of DLR."""

from os import PathLike

import xarray as xr

from lrprism.spectral.io.missions.metadata_xml import read_product


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
