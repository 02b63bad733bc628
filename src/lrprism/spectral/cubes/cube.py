"""A spectral cube with its wavelengths, and a scene: a cube with a label for each pixel."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xarray as xr
from typing_extensions import TypeIs

from lrprism.errors import DataError

if TYPE_CHECKING:
    import dask.array as da

_SMALLEST_NM = 100.0  # below this a list of wavelengths is in µm, not nm


def make_cube(  # noqa: PLR0913  # one argument for each fact that a cube must state
    values: npt.ArrayLike,
    wavelength: npt.ArrayLike,
    *,
    fwhm: npt.ArrayLike | None = None,
    original_band: Sequence[str | int] | None = None,
    good: npt.ArrayLike | None = None,
    title: str,
    attribution: str = "",
    quantity: str,
    units: str,
    assumed: Sequence[str] = (),
) -> xr.DataArray:
    """Put a stack of band images and everything known about them into one labelled array.

    Shapes: ``values``: ``[band, y, x]``; ``wavelength``, ``fwhm``, ``original_band``: ``[band]``.

    Args:
        values: The measurements, NaN where there is none; stored as float32, which is exact for 16-bit
            integers. A dask array stays lazy.
        wavelength: Centre of each band in nm. Need not increase.
        fwhm: Full width at half maximum of each band in nm; NaN where it is unknown.
        original_band: 0-based number of each band in the sensor's own list of channels;
            by default the position in this cube.
        good: Whether each band is fit for use; by default all are.
        title: What the cube shows.
        attribution: Whom to name when the data or a figure of it is published.
        quantity: What was measured, e.g. "radiance"; also the name of the array.
        units: The units of the values.
        assumed: Assumptions made on reading, one sentence each.

    Returns:
        Array with dims ``(band, y, x)`` and coords ``band``, ``wavelength``, ``fwhm``, ``original_band``,
        ``good``.

    Raises:
        DataError: If the values are not numbers in three dimensions, or a list does not fit them.
    """
    array = values if is_lazy(values) else np.asarray(values)  # np.asarray would read a lazy one
    if array.ndim != 3 or array.dtype.kind not in "iuf":
        raise DataError(
            f"a cube should hold numbers as (band, y, x). Found shape {array.shape} of {array.dtype}. "
            "Reorder the axes or convert the values."
        )
    return xr.DataArray(
        array.astype(np.float32),
        dims=("band", "y", "x"),
        coords=band_coords(len(array), wavelength, fwhm=fwhm, original_band=original_band, good=good),
        name=quantity,
        attrs={
            "title": title,
            "attribution": attribution,
            "quantity": quantity,
            "units": units,
            "assumed": list(assumed),
        },
    )


def is_lazy(values: object) -> TypeIs["da.Array"]:
    """Return True if the values are a dask array, read piece by piece when they are needed."""
    # dask takes half a second to import: where nobody has imported it, nothing is an array of it
    dask_array = sys.modules.get("dask.array")
    return dask_array is not None and isinstance(values, dask_array.Array)


def band_coords(
    bands: int,
    wavelength: npt.ArrayLike,
    *,
    fwhm: npt.ArrayLike | None = None,
    original_band: Sequence[str | int] | None = None,
    good: npt.ArrayLike | None = None,
) -> dict[str, tuple[str, npt.NDArray[np.generic]]]:
    """Check the facts about each band and lay them out as xarray coordinates.

    Shapes: ``wavelength``, ``fwhm``, ``original_band``, ``good``: ``[bands]``.

    Args:
        bands: Number of bands that the facts must fit.
        wavelength: Centre of each band in nm.
        fwhm: Full width at half maximum in nm; NaN, or no array at all, where it is unknown.
        original_band: Number of each band in the sensor's own list; by default 0, 1, 2, ...
        good: Whether each band is fit for use; by default all are.

    Returns:
        Coordinates ``band``, ``wavelength``, ``fwhm``, ``original_band`` and ``good`` along dimension
        ``band``.

    Raises:
        DataError: If a list has another length, or a wavelength or width is impossible.
    """
    centre = check_wavelengths(wavelength, bands)
    width = np.full(bands, np.nan) if fwhm is None else np.asarray(fwhm, dtype=np.float64)
    names = [str(name) for name in (range(bands) if original_band is None else original_band)]
    fit = np.ones(bands, dtype=bool) if good is None else np.asarray(good, dtype=bool)
    for label, shape in (("fwhm", width.shape), ("original_band", (len(names),)), ("good", fit.shape)):
        if shape != (bands,):
            raise DataError(f"{label} should have one entry per band, {bands} in all. Found shape {shape}.")
    if np.any(width <= 0) or np.any(np.isinf(width)):
        raise DataError(
            f"fwhm should be positive and finite in nm, or NaN where unknown. Found {np.nanmin(width):g} "
            f"to {np.nanmax(width):g}. Use NaN for unknown widths."
        )
    return {
        "band": ("band", np.arange(bands)),
        "wavelength": ("band", centre),
        "fwhm": ("band", width),
        "original_band": ("band", np.array(names)),
        "good": ("band", fit),
    }


def check_wavelengths(wavelength: npt.ArrayLike, bands: int) -> npt.NDArray[np.float64]:
    """Return the wavelengths as float64 after checking that they can be those of ``bands`` bands.

    Args:
        wavelength: Centre of each band in nm.
        bands: Number of bands.

    Returns:
        The wavelengths in nm, ``[bands]``.

    Raises:
        DataError: If the count differs, or a wavelength is not finite, not positive or plainly in µm.
    """
    centre = np.asarray(wavelength, dtype=np.float64)
    if centre.shape != (bands,):
        raise DataError(
            f"wavelengths should be one list with a value per band, {bands} in all. "
            f"Found shape {centre.shape}. Give {bands} wavelengths in nm."
        )
    wrong = np.flatnonzero(~np.isfinite(centre) | (centre <= 0))
    if wrong.size:
        raise DataError(
            f"wavelengths should be positive and finite, in nm. Found {centre[wrong[0]]} at band {wrong[0]} "
            f"({wrong.size} such values). Correct the list or drop these bands."
        )
    # a list in µm would pass every other check, and name the wrong features
    if bands and centre.max() < _SMALLEST_NM:
        raise DataError(
            f"wavelengths should be in nm. Found values up to {centre.max():g}, which look like µm. "
            "Multiply them by 1000."
        )
    return centre


def with_note(attrs: dict[str, object], *notes: str) -> dict[str, object]:
    """Copy an array's attributes with further sentences in ``assumed``.

    Args:
        attrs: The attributes to copy; left as they are.
        *notes: Sentences to append.
    """
    # NetCDF reads a list of one text as that text, and a list of several as an array
    before = np.atleast_1d(np.asarray(attrs.get("assumed", []), dtype=str)).tolist()
    return {**attrs, "assumed": [*before, *notes]}


@dataclass(frozen=True, eq=False)
class Scene:
    """A cube and, for each of its pixels, the class on the ground.

    Shapes: ``cube``: ``[band, y, x]``; ``labels``: ``[y, x]``.

    Args:
        cube: The measurements, as :func:`make_cube` lays them out.
        labels: int64, 0 where unlabelled, else 1 + the class; ``attrs["class_names"]`` names class 0 first.

    Raises:
        DataError: If the two do not fit each other.
    """

    cube: xr.DataArray
    labels: xr.DataArray

    def __post_init__(self) -> None:
        """Check that cube and labels fit.

        Raises:
            DataError: If they do not.
        """
        if self.cube.dims != ("band", "y", "x") or self.labels.dims != ("y", "x"):
            raise DataError(
                "a scene should have a cube (band, y, x) and labels (y, x). "
                f"Found {self.cube.dims} and {self.labels.dims}. Transpose or rename the dimensions."
            )
        if self.cube.shape[1:] != self.labels.shape:
            raise DataError(
                "labels should cover the same pixels as the cube. "
                f"Found {self.labels.shape} and {self.cube.shape[1:]} (y, x). Use the labels of this cube."
            )
        _check_label_map(self.labels)

    @property
    def class_names(self) -> list[str]:
        """Names of the classes; index 0 names the pixels with label 1."""
        return [str(name) for name in self.labels.attrs["class_names"]]


def _check_label_map(labels: xr.DataArray) -> None:
    if labels.dtype.kind not in "iu":
        raise DataError(
            f"labels should be integers. Found {labels.dtype}. Convert them with astype('int64')."
        )
    names = labels.attrs.get("class_names", [])
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high > len(names):
        raise DataError(
            f"labels should lie in 0..{len(names)}, the number of attrs['class_names']. "
            f"Found {low}..{high}. Name every class, and mark unlabelled pixels with 0."
        )
