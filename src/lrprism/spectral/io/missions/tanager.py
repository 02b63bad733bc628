"""Planet's satellite Tanager: radiance and surface reflectance in HDF-EOS files."""

from os import PathLike
from pathlib import Path
from typing import Final

import dask.array as da
import h5py
import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.wavelengths import (
    ASK_FOR_WAVELENGTHS,
    MissingWavelengthsError,
    WavelengthSource,
    read_wavelengths,
)
from lrprism.spectral.io.decode import convert_bands_to_nm
from lrprism.spectral.io.format import Format
from lrprism.spectral.io.hdf5 import find_dataset, list_members, open_hdf5
from lrprism.spectral.io.hdf5_values import (
    StoredDataset,
    decode_hdf5_cube,
    read_number_attribute,
    read_text_attribute,
)
from lrprism.spectral.io.lazy import lazy

_KINDS: Final = ("SWATHS", "GRIDS")  # as scanned, and orthorectified
_SWATH: Final = "HYP"
_CUBES: Final = {"surface_reflectance": "reflectance", "toa_radiance": "radiance"}
_NODATA: Final = -9999.0


def read_tanager(path: str | PathLike[str], *, wavelengths: WavelengthSource | None = None) -> xr.DataArray:
    """Open a Tanager file of radiance or surface reflectance.

    Args:
        path: The ``.h5`` file.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file, in place of the file's own.

    Returns:
        The cube ``(band, y, x)``, without a place on the map.

    Raises:
        DataError: If the file is damaged, or holds neither.
    """
    with open_hdf5(path, "a Tanager file") as file:
        fields, name = _find_cube(file)
        dataset = find_dataset(file, f"{fields}/{name}")
        values, divisor = decode_hdf5_cube(file, f"{fields}/{name}", (0, 1, 2), nodata=_NODATA)
        centre, fwhm, notes = _settle_axis(dataset, len(values), wavelengths)
        quantity = _CUBES[name]
        cube = make_cube(
            _mask_outside(file, fields, values),
            centre,
            fwhm=fwhm,
            title=f"Tanager {name} {Path(path).name}",
            attribution="Planet Labs PBC",
            quantity=quantity,
            units="1" if quantity == "reflectance" else read_text_attribute(dataset, "units", "unknown"),
            assumed=(*notes, "the place on the map is left out: the file names it for each pixel alone"),
        )
    return cube.assign_attrs(scale=divisor, source=Path(path).name)


def _find_cube(file: h5py.File) -> tuple[str, str]:
    for kind in _KINDS:
        fields = f"HDFEOS/{kind}/{_SWATH}/Data Fields"
        for name in _CUBES:
            if f"{fields}/{name}" in file:
                return fields, name
    raise DataError(
        f"'{file.filename}' should be a Tanager file of {' or '.join(_CUBES)}. Found neither. Give the "
        "product basic_radiance, basic_sr, ortho_radiance or ortho_sr."
    )


def _settle_axis(
    dataset: h5py.Dataset, bands: int, wavelengths: WavelengthSource | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, tuple[str, ...]]:
    if wavelengths is not None:
        return (*read_wavelengths(wavelengths, bands), ("wavelengths are those given, not the file's",))
    if "wavelengths" not in dataset.attrs:
        raise MissingWavelengthsError(
            f"'{dataset.file.filename}' should list the wavelengths of its {bands} bands at "
            f"'{dataset.name}'. Found none. {ASK_FOR_WAVELENGTHS}"
        )
    centre = read_number_attribute(dataset, "wavelengths", bands)
    fwhm = read_number_attribute(dataset, "fwhm", bands) if "fwhm" in dataset.attrs else None
    return convert_bands_to_nm(centre, fwhm, read_text_attribute(dataset, "wavelengths_units", "nm"))


def _mask_outside(file: h5py.File, fields: str, values: da.Array) -> da.Array:
    """Leave out the pixels that the file marks as lying outside the scene.

    Raises:
        DataError: If the mask does not fit the cube.
    """
    if "nodata_pixels" not in list_members(file[fields]):
        return values
    mask = find_dataset(file, f"{fields}/nodata_pixels")
    if mask.shape != values.shape[1:] or mask.dtype.kind not in "iub":
        raise DataError(
            f"'nodata_pixels' in '{file.filename}' should mark the {values.shape[1:]} pixels (y, x). Found "
            f"shape {mask.shape} of {mask.dtype}. Download it again."
        )
    stored = StoredDataset(Path(file.filename), mask.shape, mask.dtype, (0, 1), str(mask.name))
    masked: da.Array = da.where(lazy(stored) != 0, np.float32(np.nan), values)
    return masked


TANAGER: Final = Format(
    "Tanager", lambda marks: _SWATH in marks.swaths, read_tanager, options=("wavelengths",)
)
