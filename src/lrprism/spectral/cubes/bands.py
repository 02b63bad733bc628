"""Choose and average bands; every coordinate goes with them.

Each function takes a cube (:class:`xarray.DataArray`) or a patch set (:class:`xarray.Dataset`) and returns
the same kind; variables without a dimension ``band`` stay as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import with_note

BandData = TypeVar("BandData", xr.DataArray, xr.Dataset)

TUTORIAL_BANDS = (0, 1, 3, 11, 23, 33, 50, 68, 76, 82, 106, 128, 132, 136, 139, 143, 144, 146)
"""The 18 bands of the LRP tutorial, numbered after its 300 bands were averaged to 150."""

_PIECE_VALUES = 2**22  # 16 MiB of float32
_GAP = 3.0  # in median steps: bands were left out between two that far apart


def average_pairs(data: BandData) -> BandData:
    r"""Replace bands 2i and 2i+1 by their mean: half as many bands, less noise.

    .. math:: x_i = \tfrac12 (x_{2i} + x_{2i+1}), \quad
              \lambda_i = \tfrac12 (\lambda_{2i} + \lambda_{2i+1}), \quad
              w_i = |\lambda_{2i+1} - \lambda_{2i}| + \tfrac12 (w_{2i} + w_{2i+1})

    where w is the full width at half maximum, λ the centre wavelength. Shapes: ``[..., band, ...]`` to
    ``[..., band // 2, ...]``. The last of an odd number of bands is dropped, and ``attrs["assumed"]`` says
    so, as it does of a pair that straddles a gap in the spectrum (more than 3 median steps).

    Args:
        data: Cube or patch set.

    Returns:
        The same with half the bands; ``original_band`` becomes e.g. "36+37".

    Raises:
        DataError: If there are fewer than two bands.
    """
    bands = data.sizes["band"]
    if bands < 2:
        raise DataError(f"pairs need at least 2 bands. Found {bands}. Leave the bands as they are.")
    others = {str(name): coord for name, coord in data.coords.items() if "band" not in coord.dims}
    averaged = _average_variables(data, {**others, **_pair_coords(data)})
    averaged.attrs = with_note(data.attrs, *_pair_notes(data))
    return averaged


def _pair_coords(data: BandData) -> dict[str, tuple[str, npt.NDArray[np.generic]]]:
    stop = data.sizes["band"] // 2 * 2
    nm, width, names, good = (
        data[name].values[:stop] for name in ("wavelength", "fwhm", "original_band", "good")
    )
    return {
        "band": ("band", np.arange(stop // 2)),
        "wavelength": ("band", (nm[0::2] + nm[1::2]) / 2),
        "fwhm": ("band", np.abs(nm[1::2] - nm[0::2]) + (width[0::2] + width[1::2]) / 2),
        "original_band": ("band", np.array([f"{names[i]}+{names[i + 1]}" for i in range(0, stop, 2)])),
        "good": ("band", good[0::2] & good[1::2]),
    }


def _pair_notes(data: BandData) -> list[str]:
    nm = data["wavelength"].values
    step = np.abs(np.diff(nm))
    notes = [
        f"band {pair // 2} averages {nm[pair]:.1f} and {nm[pair + 1]:.1f} nm across a gap"
        for pair in range(0, len(nm) - 1, 2)
        if step[pair] > _GAP * np.median(step)
    ]
    if len(nm) % 2:
        notes.append(f"the last band, {nm[-1]:.1f} nm, had no partner to average with and was dropped")
    return notes


def select_bands(data: BandData, bands: Sequence[int]) -> BandData:
    """Keep the bands with the given 0-based numbers, in the given order.

    Args:
        data: Cube or patch set.
        bands: Numbers as in the coordinate ``band``.

    Returns:
        The same with ``band`` numbered anew from 0; ``original_band`` still tells the sensor's channel.

    Raises:
        DataError: If a number is out of range or stands there twice, or there is none.
    """
    count = data.sizes["band"]
    chosen = [int(band) for band in bands]
    outside = sorted({band for band in chosen if not 0 <= band < count})
    if outside or not chosen:
        raise DataError(
            f"bands should be numbers in 0..{count - 1}. Found {_join(outside) or 'none at all'}. "
            "Bands count from 0; average pairs first if the numbers are those of the averaged bands."
        )
    # a copy would count its relevance twice
    twice = sorted({band for band in chosen if chosen.count(band) > 1})
    if twice:
        raise DataError(
            f"bands should be named once each. Found {_join(twice)} more than once. Remove the copies."
        )
    selected = data.isel(band=chosen).assign_coords(band=np.arange(len(chosen)))
    selected.attrs = dict(data.attrs)
    return selected


def good_bands(data: BandData) -> BandData:
    """Keep the bands whose flag ``good`` is set; ``attrs["assumed"]`` says how many were left out.

    Args:
        data: Cube or patch set.

    Returns:
        The same without the others.

    Raises:
        DataError: If no band is good.
    """
    good = data["good"].values
    if not good.any():
        raise DataError(
            f"at least one band should be fit for use. Found all {len(good)} flagged bad or without data. "
            "Choose bands by their numbers, or correct the flags."
        )
    selected = select_bands(data, np.flatnonzero(good).tolist())
    selected.attrs = with_note(
        data.attrs, f"{int((~good).sum())} of {len(good)} bands are flagged bad and were left out"
    )
    return selected


def find_empty_bands(data: BandData) -> npt.NDArray[np.bool_]:
    """Mark the bands that hold no value at all; of a lazy cube, no more is read than it takes.

    Products keep the bands in which the atmosphere lets nothing through, without data: no pixel would be
    complete with them.

    Shapes: result ``[band]``.

    Args:
        data: Cube or patch set, NaN where there is no value.
    """
    every = [data] if isinstance(data, xr.DataArray) else list(data.data_vars.values())
    arrays = [array for array in every if "band" in array.dims]
    return np.asarray(np.all([_find_empty(array) for array in arrays], axis=0), dtype=bool)


def _find_empty(array: xr.DataArray) -> npt.NDArray[np.bool_]:
    along = next((dim for dim in array.dims if dim != "band"), None)
    empty = np.ones(array.sizes["band"], dtype=bool)
    start = 0
    while along is not None and start < array.sizes[along] and empty.any():
        left = np.flatnonzero(empty)
        # the fewer bands are left, the more rows fit into one piece
        row = left.size * array.size // (array.sizes["band"] * array.sizes[along])
        stop = start + max(1, _PIECE_VALUES // max(1, row))
        piece = array.isel({"band": left, along: slice(start, stop)})
        others = [dim for dim in array.dims if dim != "band"]
        empty[left] = piece.isnull().all(others).values
        start = stop
    return empty


def flag_empty_bands(data: BandData) -> BandData:
    """Set the flag ``good`` to False for bands without any value; ``attrs["assumed"]`` names them.

    Args:
        data: Cube or patch set.
    """
    empty = find_empty_bands(data)
    if not empty.any():
        return data
    flagged = data.assign_coords(good=("band", data["good"].values & ~empty))
    flagged.attrs = with_note(data.attrs, f"no data in {describe_bands(data, empty)}")
    return flagged


def describe_bands(data: BandData, mask: npt.NDArray[np.bool_]) -> str:
    """Return the numbers and wavelengths of some bands in words: "bands 2, 5-7 (650.0 to 850.0 nm)".

    Args:
        data: Cube or patch set.
        mask: Which of its bands, ``[band]``.
    """
    numbers = np.flatnonzero(mask)
    ends: list[int] = np.flatnonzero(np.diff(numbers) > 1).tolist()
    runs = zip(numbers[[0, *(end + 1 for end in ends)]], numbers[[*ends, -1]], strict=True)
    words = _join(first if first == last else f"{first}-{last}" for first, last in runs)
    nm = data["wavelength"].values[mask]
    span = f"{nm.min():.1f} nm" if nm.size == 1 else f"{nm.min():.1f} to {nm.max():.1f} nm"
    return f"{'band' if nm.size == 1 else 'bands'} {words} ({span})"


def check_bands_hold_data(data: BandData) -> None:
    """Refuse bands that hold no value at all.

    Args:
        data: Cube or patch set of the bands that a user chose.

    Raises:
        DataError: If there is one.
    """
    empty = find_empty_bands(data)
    if empty.any():
        names = _join(data["original_band"].values[empty])
        raise DataError(
            f"chosen bands should hold data. Found none at {names} of the file, "
            f"{describe_bands(data, empty)} of those chosen. Leave them out of the choice."
        )


def parse_bands(text: str) -> tuple[int, ...]:
    """Read band numbers from text such as "0,1,3,10-20" (both ends included) or "tutorial".

    Returns:
        The band numbers in the order written.

    Raises:
        DataError: If a part is neither a number nor a range.

    Example:
        >>> parse_bands("0, 3, 10-12")
        (0, 3, 10, 11, 12)
    """
    if text.strip().lower() == "tutorial":
        return TUTORIAL_BANDS
    return tuple(band for part in text.split(",") for band in _parse_part(part.strip(), text))


def _parse_part(part: str, text: str) -> range:
    first, dash, last = part.partition("-")
    # "12" is a range of one band
    if first.strip().isdecimal() and (last.strip().isdecimal() or not dash):
        start = int(first)
        stop = int(last) if dash else start
        if start <= stop:
            return range(start, stop + 1)
    raise DataError(
        f"bands should read like 0,1,3,10-20 or tutorial. Found '{part}' in '{text}'. "
        "Separate numbers by commas, and write a range as LOW-HIGH."
    )


def _average_variables(data: BandData, coords: Mapping[str, object]) -> BandData:
    """Average the values, or each variable with bands, and set the given coordinates."""
    if isinstance(data, xr.DataArray):
        return xr.DataArray(_mean_of_pairs(data), dims=data.dims, coords=coords, name=data.name)
    variables = {
        name: (array.dims, _mean_of_pairs(array) if "band" in array.dims else array.values)
        for name, array in data.data_vars.items()
    }
    return xr.Dataset(variables, coords=coords)


def _mean_of_pairs(array: xr.DataArray) -> Any:
    """Return the means of neighbouring bands; of a lazy array lazily."""
    # integers would overflow, and a half be cut off
    values = array.data.astype(np.result_type(array.dtype, np.float32), copy=False)
    axis = array.dims.index("band")
    stop = values.shape[axis] // 2 * 2
    first, second = (values[(slice(None),) * axis + (slice(start, stop, 2),)] for start in (0, 1))
    return (first + second) / values.dtype.type(2)


def _join(parts: Iterable[object]) -> str:
    return ", ".join(str(part) for part in parts)
