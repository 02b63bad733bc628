"""The package rasterio, which readers and writers of GeoTIFF share."""

import warnings
from pathlib import Path
from threading import Lock
from typing import Any, Final

from lrprism.errors import InputError

_OPENING: Final = Lock()  # rasterio always warns, and a filter holds for all threads: one opens at a time


def rasterio_package() -> Any:  # rasterio is not typed
    """Import rasterio, which is installed by the extra "geo" only.

    Returns:
        The package.

    Raises:
        InputError: If it is not installed.
    """
    try:
        import rasterio  # an optional dependency
    except ImportError as error:
        raise InputError(
            "GeoTIFF should be read and written with the package rasterio. Found it missing. "
            "Install it: pip install 'lrprism[geo]'."
        ) from error
    return rasterio


def open_quietly(path: Path, mode: str = "r", **options: Any) -> Any:  # rasterio is not typed
    """Open a GeoTIFF without rasterio's warning that it lies on no map, which is nothing to warn of here.

    Args:
        path: The file.
        mode: "r" or "w".
        **options: What :func:`rasterio.open` takes.

    Returns:
        The open dataset.

    Raises:
        InputError: If rasterio is not installed.
    """
    rasterio = rasterio_package()
    with _OPENING, warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        return rasterio.open(path, mode, driver="GTiff", **options)
