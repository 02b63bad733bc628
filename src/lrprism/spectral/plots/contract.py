"""What the figures ask of a relevance dataset: which parts must be there, and how they are named in print."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lrprism.errors import DataError


def check_parts(dataset: xr.Dataset, names: Iterable[str]) -> None:
    """Check that variables or coordinates are there.

    Args:
        dataset: A relevance dataset, or one sample of it.
        names: Names of variables and coordinates.

    Raises:
        DataError: If one is missing; all that are missing are named.
    """
    missing = [name for name in names if name not in dataset.variables]
    if missing:
        found = ", ".join(sorted(map(str, dataset.variables))) or "nothing"
        raise DataError(
            f"A relevance dataset should hold {', '.join(missing)}. Found {found}. "
            "Try the relevance.zarr of a run as it was written."
        )


def check_dimensions(array: xr.DataArray, dimensions: tuple[str, ...], hint: str) -> None:
    """Check the names of an array's dimensions, in any order.

    Args:
        array: The array.
        dimensions: The names it should have.
        hint: What to do if it does not, a sentence.

    Raises:
        DataError: If the dimensions are others, or one has length 0.
    """
    found = {str(name): size for name, size in array.sizes.items()}
    if set(found) != set(dimensions) or 0 in found.values():
        raise DataError(
            f"{array.name} should have the non-empty dimensions {', '.join(dimensions)}. "
            f"Found {found}. {hint}"
        )


def check_finite(array: xr.DataArray) -> None:
    """Check that every value is finite.

    Args:
        array: The values.

    Raises:
        DataError: If NaN or infinity is among them.
    """
    bad = int((~np.isfinite(array.to_numpy())).sum())
    if bad:
        raise DataError(
            f"{array.name} should be finite everywhere. Found {bad} of {array.size} values NaN or infinite. "
            "Look for NaN in the input or in the weights."
        )


def wavelengths(dataset: xr.Dataset) -> NDArray[np.float64]:
    """The wavelength of every band in nm, ``[band]``, in the order of the bands.

    Args:
        dataset: A relevance dataset, or one sample of it.

    Returns:
        Wavelengths in nm; they need not be sorted.

    Raises:
        DataError: If the coordinate is missing, or a wavelength is not a positive number.
    """
    check_parts(dataset, ["wavelength"])
    values = np.asarray(dataset["wavelength"].to_numpy(), dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if wrong.size:
        raise DataError(
            f"wavelength should be a positive number of nm for every band. Found {values[wrong[0]]} at band "
            f"{wrong[0]} ({wrong.size} of {values.size} bands). Give the wavelengths when reading the data."
        )
    return values


def checked_bands(bands: Sequence[int], count: int, hint: str) -> list[int]:
    """Check which bands somebody wants to see.

    Args:
        bands: Positions along the band axis, 0-based, in the order wanted.
        count: How many bands there are.
        hint: What to do if they are wrong, a sentence.

    Returns:
        The same bands.

    Raises:
        DataError: If none is given, one is given twice, or one does not exist.
    """
    wrong = [band for band in bands if not 0 <= band < count]
    if wrong or len(set(bands)) != len(bands) or not bands:
        raise DataError(
            f"bands should be different numbers from 0 to {count - 1}, at least one. Found {list(bands)}. "
            f"{hint}"
        )
    return list(bands)


def relevance_unit(dataset: xr.Dataset) -> str:
    """The unit of relevance: that of the explained output, ``"logit"`` if the dataset does not say."""
    name = "relevance" if "relevance" in dataset.variables else "positive"
    return str(dataset[name].attrs.get("units", "logit"))


def quantity_label(dataset: xr.Dataset) -> str:
    """What the input measures and its units, such as ``"radiance (W m⁻² sr⁻¹ µm⁻¹)"``."""
    quantity, units = str(dataset.attrs.get("quantity", "")), str(dataset.attrs.get("units", ""))
    return f"{quantity or 'input'} ({units or 'units not given'})"


def class_name(dataset: xr.Dataset, index: int) -> str:
    """The name of a class, ``"class 3"`` if the dataset names none.

    Args:
        dataset: A relevance dataset; ``class_name`` names the outputs, the attribute ``class_names`` all
            classes (a network with one output for two classes has fewer outputs than classes).
        index: Class, 0-based.

    Returns:
        The name.
    """
    sources: tuple[Iterable[Hashable], ...] = (
        np.atleast_1d(dataset["class_name"].to_numpy()).tolist() if "class_name" in dataset.coords else (),
        np.atleast_1d(dataset.attrs.get("class_names", [])).tolist(),
    )
    for names in sources:
        known = [str(name) for name in names]
        if 0 <= index < len(known) and len(known) > 1:
            return known[index]
    return f"class {index}"


def explained_output(sample: xr.Dataset) -> float:
    """The output that was explained: the target's logit, or the one logit signed towards the target.

    Args:
        sample: One sample of a relevance dataset.

    Returns:
        The logit; with one output for two classes, ``+logit`` for class 1 and ``-logit`` for class 0.

    Raises:
        DataError: If the target is no class of the output.
    """
    outputs, target = np.atleast_1d(sample["output"].to_numpy()), int(sample["target"])
    if outputs.size == 1 and target in {0, 1}:
        return float(outputs[0]) if target == 1 else -float(outputs[0])
    if not 0 <= target < outputs.size:
        raise DataError(
            f"target should be one of the {outputs.size} classes of output. Found {target}. "
            "Explain the network again and keep target and output together."
        )
    return float(outputs[target])


def pixels(dataset: xr.Dataset) -> str:
    """The window in words, ``"9 × 9 pixels"``."""
    y, x = dataset.attrs["window"] if "y" not in dataset.sizes else (dataset.sizes["y"], dataset.sizes["x"])
    return f"{y} × {x} pixels"
