"""One door for all formats of cubes."""

from os import PathLike, fspath
from pathlib import Path

import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.cubes.cube import with_note
from lrprism.spectral.cubes.wavelengths import WavelengthSource
from lrprism.spectral.io.bad_bands import BadBands, mark_bad_bands
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.format import Option
from lrprism.spectral.io.registry import detect_format
from lrprism.spectral.io.value_range import note_reflectance


def read_cube(
    path: str | PathLike[str],
    *,
    wavelengths: WavelengthSource | None = None,
    bad_bands: BadBands | None = None,
    key: str | None = None,
    band_axis: int | None = None,
) -> xr.DataArray:
    """Open a cube of any known format; its values are read piece by piece when they are needed.

    The format is recognised by what the file holds, not only by its name.

    Args:
        path: A file or folder, or the word ``indian-pines`` for the scene that comes with the installation.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file, for a file that has none, or in
            place of its own.
        bad_bands: "water-vapour", or positions from 0, to be flagged besides those that the file flags.
        key: Name of the array, for a file that holds several (MATLAB, ``.npz``, NetCDF, Zarr).
        band_axis: Axis of the bands, 0 to 2 or -1, for an array whose axes have no names (MATLAB, ``.npy``,
            ``.npz``).

    Returns:
        The cube ``(band, y, x)`` with wavelengths in nm; ``attrs["assumed"]`` lists what was taken for
        granted.

    Raises:
        InputError: If an argument does not go with the format, or a package for the format is missing.
        DataError: If the format is unknown, or the file is not what it should be.
    """
    name = fspath(path)
    file_format = detect_format(name)
    options: dict[Option, object] = {"key": key, "wavelengths": wavelengths, "band_axis": band_axis}
    for option, value in options.items():
        if value is not None and option not in file_format.options:
            raise InputError(
                f"{option} should be given only for a format that leaves it open. Found {value!r} for "
                f"'{name}', which settles it. Leave it out."
            )
    cube = file_format.read(Path(name), **{option: options[option] for option in file_format.options})
    return mark_bad_bands(_check_reflectance(Path(name), cube), bad_bands)


def _check_reflectance(path: Path, cube: xr.DataArray) -> xr.DataArray:
    """Add a note if a cube of reflectance is far from 0 to 1, as one whose scale is not stated is."""
    if cube.attrs["quantity"] != "reflectance":
        return cube
    with reading(path, "a cube", folder=path.is_dir()):
        notes = note_reflectance(cube.data)
    return cube.assign_attrs(with_note(cube.attrs, *notes)) if notes else cube
