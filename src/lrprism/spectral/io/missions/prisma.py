"""PRISMA, the Italian Space Agency's satellite: L1 and L2B radiance, L2C and L2D reflectance."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final, final

import dask.array as da
import h5py
import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.decode import decode_values
from lrprism.spectral.io.format import FileMarks, Format
from lrprism.spectral.io.hdf5 import open_hdf5
from lrprism.spectral.io.hdf5_values import open_hdf5_cube, read_number_attribute

_SWATHS: Final = "HDFEOS/SWATHS"
_LEVELS: Final = ("L2D", "L2C", "L2B", "L1")
_RADIANCE_UNITS: Final = "W m-2 sr-1 um-1"
_LARGEST: Final = 65535.0
_PIXEL_M: Final = 30.0


@final
@dataclass(frozen=True)
class _Spectrometer:
    """The lazy cube of one spectrometer; ``outside`` marks the pixels that are 0 in all its bands."""

    values: da.Array
    outside: da.Array
    centre: npt.NDArray[np.float64]
    fwhm: npt.NDArray[np.float64]
    names: list[str]
    scale: float


def read_prisma(path: str | PathLike[str]) -> xr.DataArray:
    r"""Open a PRISMA file: both spectrometers in one cube, by increasing wavelength.

    L2D and L2C are reflectance, L2B and L1 radiance; only L2D lies on a map grid. With the stored number s
    and the file's bounds of each spectrometer, or at L1 its factor d:

    .. math:: v = v_\min + \frac{s}{65535} (v_\max - v_\min) \quad\text{or}\quad v = s / d

    A pixel that is 0 in every band of the visible spectrometer lies outside the scene and becomes NaN.
    Where the spectrometers overlap, the bands of both are kept; ``original_band`` tells them apart
    ("vnir:12", "swir:0").

    Args:
        path: The ``.he5`` file.

    Returns:
        The cube ``(band, y, x)``.

    Raises:
        DataError: If the file is damaged or is not such a file.
    """
    with open_hdf5(path, "a PRISMA file") as file:
        level = _find_level(file)
        vnir, swir = (_open_spectrometer(file, level, name) for name in ("Vnir", "Swir"))
        if vnir.values.shape[1:] != swir.values.shape[1:]:
            raise DataError(
                "both cubes should cover the same pixels. "
                f"Found {vnir.values.shape[1:]} and {swir.values.shape[1:]} (y, x). Download it again."
            )
        centre = np.concatenate([vnir.centre, swir.centre])
        order = np.argsort(centre, kind="stable")  # VNIR before SWIR where they overlap
        names = vnir.names + swir.names
        both = da.concatenate([vnir.values, swir.values])  # type: ignore[no-untyped-call]  # dask is not typed
        reference, note = _find_place(file, level, vnir.values.shape[1:])
        cube = make_cube(
            da.where(vnir.outside, np.float32(np.nan), both[order]),
            centre[order],
            fwhm=np.concatenate([vnir.fwhm, swir.fwhm])[order],
            original_band=[names[position] for position in order],
            title=f"PRISMA {level} {Path(path).name}",
            attribution="Product generated under a licence of ASI, the Italian Space Agency",
            quantity="reflectance" if level in {"L2C", "L2D"} else "radiance",
            units="1" if level in {"L2C", "L2D"} else _RADIANCE_UNITS,
            assumed=(note, "pixels that are 0 in every visible band are taken to lie outside the scene"),
        )
        cube = cube.assign_attrs(scale=vnir.scale, source=Path(path).name)
        return cube if reference is None else assign_georeference(cube, reference)


def _find_level(file: h5py.File) -> str:
    for level in _LEVELS:
        if f"{_SWATHS}/PRS_{level}_HCO" in file:
            return level
    raise DataError(
        f"'{file.filename}' should be a PRISMA file of level {', '.join(_LEVELS)}, swath PRS_LEVEL_HCO. "
        f"Found {', '.join(file[_SWATHS])}. Download one of these levels."
    )


def _find_place(file: h5py.File, level: str, shape: tuple[int, ...]) -> tuple[Georeference | None, str]:
    if level != "L2D":
        return None, f"y, x are as scanned: {level} lies on no map grid"
    try:
        return _read_prisma_georeference(file, shape)
    except DataError as error:
        return None, f"the map information is left out: {error}"


def _open_spectrometer(file: h5py.File, level: str, name: str) -> _Spectrometer:
    fields = f"{_SWATHS}/PRS_{level}_HCO/Data Fields"
    stored = open_hdf5_cube(file, f"{fields}/{name.upper()}_Cube", (1, 0, 2))
    bands = stored.shape[0]
    centre = read_number_attribute(file, f"List_Cw_{name}", bands)
    fwhm = read_number_attribute(file, f"List_Fwhm_{name}", bands)
    used = np.flatnonzero(centre)  # the list has 0 for a channel that is switched off
    low, high = _read_bounds(file, level, name)
    if not low < high or not used.size:
        raise DataError(
            f"{name} should have bands in use and increasing bounds. Found {used.size} bands, {low:g} to "
            f"{high:g}. Download the file again."
        )
    scale = _LARGEST / (high - low)
    return _Spectrometer(
        decode_values(stored, divisor=scale, offset=low)[used],
        (stored == 0).all(axis=0),
        centre[used],
        np.where(fwhm[used] > 0, fwhm[used], np.nan),
        [f"{name.lower()}:{band}" for band in used],
        scale,
    )


def _read_bounds(file: h5py.File, level: str, name: str) -> tuple[float, float]:
    """Return the values that the stored numbers 0 and 65535 stand for.

    Raises:
        DataError: If the file does not say so, or at L1 states an offset.
    """
    if level != "L1":
        low, high = (
            float(read_number_attribute(file, f"L2Scale{name}{end}", 1)[0]) for end in ("Min", "Max")
        )
        return low, high
    factor, offset = (
        float(read_number_attribute(file, f"{n}_{name}", 1)[0]) for n in ("ScaleFactor", "Offset")
    )
    # programs disagree about its sign, and it is 0 in the products
    if factor <= 0 or offset != 0:
        raise DataError(
            f"'ScaleFactor_{name}' in '{file.filename}' should be positive, 'Offset_{name}' 0. Found "
            f"{factor:g} and {offset:g}. Give the L2D product."
        )
    return 0.0, _LARGEST / factor


def _read_prisma_georeference(file: h5py.File, shape: tuple[int, ...]) -> tuple[Georeference, str]:
    west, north, east, south = (
        float(read_number_attribute(file, f"Product_{corner}corner_{axis}", 1)[0])
        for corner in ("UL", "LR")
        for axis in ("easting", "northing")
    )
    rows, columns = shape
    crs = f"EPSG:{int(read_number_attribute(file, 'Epsg_Code', 1)[0])}"
    # the product's description does not say whether its corners are edges or centres: 30 m pixels decide
    if np.isclose((east - west) / columns, _PIXEL_M):
        width, height = (east - west) / columns, (north - south) / rows
        note = "the corners are taken to be outer edges, which gives 30 m pixels"
        return Georeference(crs, (west, width, 0.0, north, 0.0, -height)), note
    width, height = (east - west) / max(1, columns - 1), (north - south) / max(1, rows - 1)
    transform = (west - width / 2, width, 0.0, north + height / 2, 0.0, -height)
    return Georeference(crs, transform), "the corners are taken to be pixel centres"


def _is_prisma(marks: FileMarks) -> bool:
    return any(name.startswith("PRS_") for name in marks.swaths)


PRISMA: Final = Format("PRISMA", _is_prisma, read_prisma)
