"""One door for all formats: the ending of the name says which."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import xarray as xr

from lrprism.errors import InputError, ResultsError
from lrprism.spectral.io.writers.envi import envi_files, write_envi
from lrprism.spectral.io.writers.geotiff import write_geotiff
from lrprism.spectral.io.writers.netcdf import write_netcdf, write_zarr

_ZARR_MARKS: Final = (".zgroup", ".zmetadata", ".zarray", "zarr.json")
_ENVI_ENDINGS: Final = ("", ".dat", ".img", ".bsq", ".bil", ".bip", ".sli", ".raw", ".bin")
_WRITERS: Final[Mapping[str, Callable[[xr.DataArray, Path], None]]] = {
    ".nc": write_netcdf,
    ".zarr": write_zarr,
    ".hdr": write_envi,
    ".dat": write_envi,
    ".img": write_envi,
    ".bsq": write_envi,
    ".tif": write_geotiff,
    ".tiff": write_geotiff,
}


def write_cube(cube: xr.DataArray, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a cube, a relevance cube or a map over the pixels into a file that other programs read.

    It is written piece by piece under a hidden name in the same folder and renamed at the end: a lazy cube
    is never whole in memory and may be read from the very file that it replaces, and nothing half-written
    is left under the final name.

    Args:
        cube: ``(band, y, x)`` or ``(y, x)``, with or without wavelengths; NetCDF and Zarr take any.
        path: The file to be. ``.nc``: NetCDF 4; ``.zarr``: Zarr; ``.hdr``, ``.dat``, ``.img`` or ``.bsq``:
            ENVI; ``.tif``: GeoTIFF. Missing parents are created.
        overwrite: Whether a file of that name may be replaced.

    Raises:
        InputError: If the ending is not one of these, or rasterio is missing for a GeoTIFF.
        ResultsError: If the file exists and ``overwrite`` is not set, or it cannot be written.
    """
    target = Path(os.path.abspath(Path(path).expanduser()))
    write = _WRITERS.get(target.suffix.lower())
    if write is None:
        raise InputError(
            f"a cube should be written to a name that ends in {', '.join(_WRITERS)}. Found '{target.name}'. "
            "Choose one of these endings."
        )
    for file in envi_files(target) if write is write_envi else (target,):
        _check_free(file, overwrite=overwrite, folder=write is write_zarr)
    if write is write_envi:
        _check_alone(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(
            f"A cube should go where it can be written. Found {target.parent}: {error.strerror}. Choose "
            "another place."
        ) from error
    write(cube, target)


def _check_alone(target: Path) -> None:
    header, data = envi_files(target)
    for ending in _ENVI_ENDINGS:  # of an older file of numbers, which a reader could find first
        other = header.with_suffix(ending)
        if other != data and other.is_file():
            raise ResultsError(
                f"An ENVI image should be the only one with its header. Found {other}, which {header.name} "
                "would describe as well. Choose another name."
            )


def _check_free(target: Path, *, overwrite: bool, folder: bool) -> None:
    if not os.path.lexists(target):
        return
    if not overwrite:
        raise ResultsError(
            f"A cube should be written to a new name. Found {target} already there. Choose another name, or "
            "allow it to be replaced with overwrite=True."
        )
    if folder and not (target.is_dir() and any((target / mark).is_file() for mark in _ZARR_MARKS)):
        raise ResultsError(
            f"A Zarr store should replace a Zarr store only. Found something else at {target}. Choose "
            "another name."
        )
    if not folder and not target.is_file():
        raise ResultsError(
            f"A cube should replace a plain file only. Found something else at {target}. Choose another name."
        )
