"""One door for all formats: the ending of the name says which."""

import os
from pathlib import Path
from typing import Final

import xarray as xr

from lrprism.errors import InputError, ResultsError
from lrprism.spectral.files import report_write_errors
from lrprism.spectral.io.format import Writer
from lrprism.spectral.io.writers.envi import ENVI
from lrprism.spectral.io.writers.geotiff import GEOTIFF
from lrprism.spectral.io.writers.layout import CANNOT_WRITE
from lrprism.spectral.io.writers.netcdf import NETCDF, ZARR

WRITERS: Final[tuple[Writer, ...]] = (NETCDF, ZARR, ENVI, GEOTIFF)
"""The registry of formats that cubes are written to: a writer is one file and one entry here."""


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
    target, writer = check_output(path, cube, overwrite=overwrite)
    with report_write_errors(target.parent, CANNOT_WRITE):
        target.parent.mkdir(parents=True, exist_ok=True)
    writer.write(cube, target)


def check_output(
    path: str | os.PathLike[str], cube: xr.DataArray | None = None, *, overwrite: bool = False
) -> tuple[Path, Writer]:
    """Find the writer of a name, and refuse what could not be written, before anything is read or computed.

    Args:
        path: The file to be.
        cube: What is to be written, if it is there already; none of its values is read.
        overwrite: Whether a file of that name may be replaced.

    Returns:
        The absolute path, and the writer.

    Raises:
        InputError: If the ending is unknown, or a package is missing.
        ResultsError: If the file exists and ``overwrite`` is not set.
        DataError: If the format cannot hold such a cube.
    """
    target = Path(os.path.abspath(Path(path).expanduser()))
    writer = next((writer for writer in WRITERS if target.suffix.lower() in writer.suffixes), None)
    if writer is None:
        endings = ", ".join(suffix for writer in WRITERS for suffix in writer.suffixes)
        raise InputError(
            f"a cube should be written to a name that ends in {endings}. Found '{target.name}'. "
            "Choose one of these endings."
        )
    for file in writer.files(target):
        _check_target(file, writer, overwrite=overwrite)
    writer.check(target)
    if cube is not None:
        writer.check_data(cube)
    return target, writer


def choose_writers(words: str) -> tuple[Writer, ...]:
    """Return the writers of some formats.

    Args:
        words: Their names by commas, such as ``"geotiff,envi"``.

    Raises:
        InputError: If one is unknown or named twice.

    Example:
        >>> [writer.name for writer in choose_writers("geotiff, envi")]
        ['GeoTIFF', 'ENVI']
    """
    known = {writer.word: writer for writer in WRITERS}
    chosen = [word.strip().lower() for word in words.split(",")]
    wrong = [word for word in chosen if word not in known or chosen.count(word) > 1]
    if wrong:
        raise InputError(
            f"formats should be among {', '.join(known)}, by commas, each once. Found '{wrong[0]}' in "
            f"'{words}'. Correct the list."
        )
    return tuple(known[word] for word in chosen)


def _check_target(target: Path, writer: Writer, *, overwrite: bool) -> None:
    if not os.path.lexists(target):
        return
    if not overwrite:
        raise ResultsError(
            f"A cube should be written to a new name. Found {target} already there. Choose another name, or "
            "allow it to be replaced: overwrite=True, on the command line --overwrite."
        )
    # a home folder named like a store must not be lost
    if writer.is_own_folder is not None and not writer.is_own_folder(target):
        raise ResultsError(
            f"A {writer.name} store should replace a {writer.name} store only. Found something else at "
            f"{target}. Choose another name."
        )
    if writer.is_own_folder is None and not target.is_file():
        raise ResultsError(
            f"A cube should replace a plain file only. Found something else at {target}. Choose another name."
        )
