"""One door for all formats of cubes."""

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Final

import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.cubes.wavelengths import WavelengthSource
from lrprism.spectral.io.bad_bands import BadBands, mark_bad_bands
from lrprism.spectral.io.detect import format_of
from lrprism.spectral.io.formats.envi import read_envi
from lrprism.spectral.io.formats.geotiff import read_geotiff
from lrprism.spectral.io.formats.matlab import read_matlab
from lrprism.spectral.io.formats.netcdf import read_netcdf, read_zarr
from lrprism.spectral.io.formats.numpy_file import read_numpy
from lrprism.spectral.io.missions.desis import read_desis
from lrprism.spectral.io.missions.emit import read_emit
from lrprism.spectral.io.missions.enmap import read_enmap
from lrprism.spectral.io.missions.neon import read_neon
from lrprism.spectral.io.missions.prisma import read_prisma
from lrprism.spectral.knowledge.indian_pines import load_indian_pines

_INDIAN_PINES: Final = "indian-pines"
_SATELLITES: Final[Mapping[str, Callable[[Path], xr.DataArray]]] = {
    "emit": read_emit,
    "prisma": read_prisma,
    "enmap": read_enmap,
    "desis": read_desis,
    "neon": read_neon,
}


def read_cube(
    path: str | PathLike[str],
    *,
    wavelengths: WavelengthSource | None = None,
    bad_bands: BadBands | None = None,
    key: str | None = None,
) -> xr.DataArray:
    """Open a cube of any known format; its values are read piece by piece when they are needed.

    The format is told by what the file holds, not only by its name.

    Args:
        path: A file or folder, or the word ``indian-pines`` for the scene that comes with the installation.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file, for a file that has none, or in
            place of its own.
        bad_bands: "water-vapour", or positions from 0, to be flagged besides those that the file flags.
        key: Name of the array, for a file that holds several (MATLAB, ``.npz``, NetCDF, Zarr).

    Returns:
        The cube ``(band, y, x)`` with wavelengths in nm; ``attrs["assumed"]`` lists what was taken for
        granted.

    Raises:
        InputError: If an argument does not go with the format, or a package for the format is missing.
        DataError: If the format is unknown, or the file is not what it should be.
    """
    if str(path) == _INDIAN_PINES:
        _refuse(_INDIAN_PINES, key=key, wavelengths=wavelengths)
        return mark_bad_bands(load_indian_pines().cube, bad_bands)
    return mark_bad_bands(_read(Path(path), wavelengths, key), bad_bands)


def _read(path: Path, wavelengths: WavelengthSource | None, key: str | None) -> xr.DataArray:
    kind = format_of(path)
    if kind in _SATELLITES:
        _refuse(str(path), key=key, wavelengths=wavelengths)
        return _SATELLITES[kind](path)
    match kind:
        case "matlab":
            return read_matlab(path, key=key, wavelengths=wavelengths)
        case "numpy":
            return read_numpy(path, key=key, wavelengths=wavelengths)
        case "netcdf":
            return read_netcdf(path, variable=key, wavelengths=wavelengths)
        case "zarr":
            return read_zarr(path, variable=key, wavelengths=wavelengths)
    _refuse(str(path), key=key)
    read_image = read_envi if kind == "envi" else read_geotiff
    return read_image(path, wavelengths=wavelengths)


def _refuse(path: str, **given: object) -> None:
    for name, value in given.items():
        if value is not None:
            raise InputError(
                f"{name} should be given only for a format that leaves it open. Found {value!r} for "
                f"'{path}', which settles it. Leave it out."
            )
