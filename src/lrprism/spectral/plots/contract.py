"""The contract between figures and relevance data: parts that must be there, and their names in print."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lrprism.errors import DataError
from lrprism.spectral.bands.pooling import POOLED, joins_bands
from lrprism.spectral.bands.statistics import (
    COMPARED_WITH,
    DOUBT,
    MAP_DOUBT,
    REASONS,
    REGRESSION,
    TASK,
    sample_spectra,
)

_NOT_KNOWN: Final = frozenset(("", "unknown"))


def require_variables(dataset: xr.Dataset, names: Iterable[str]) -> None:
    """Refuse a relevance dataset, or a sample of it, without these variables and coordinates.

    Raises:
        DataError: If some are missing; the message names all of them.
    """
    missing = [name for name in names if name not in dataset.variables]
    if missing:
        present = ", ".join(sorted(map(str, dataset.variables))) or "nothing"
        raise DataError(
            f"A relevance dataset should hold {', '.join(missing)}. Found {present}. "
            "Try the relevance.zarr of a run as it was written."
        )


def check_dimensions(array: xr.DataArray, dimensions: tuple[str, ...], hint: str) -> None:
    """Refuse an array with other dimensions, in any order.

    Args:
        array: The array.
        dimensions: The names it should have.
        hint: Advice, a sentence.

    Raises:
        DataError: If the dimensions are others, or one has length 0.
    """
    sizes = {str(name): size for name, size in array.sizes.items()}
    if set(sizes) != set(dimensions) or 0 in sizes.values():
        raise DataError(
            f"{array.name} should have the non-empty dimensions {', '.join(dimensions)}. "
            f"Found {sizes}. {hint}"
        )


def check_finite_values(array: xr.DataArray) -> None:
    """Refuse an array with NaN or infinity.

    Raises:
        DataError: If there is any.
    """
    bad = int((~np.isfinite(array.to_numpy())).sum())
    if bad:
        raise DataError(
            f"{array.name} should be finite everywhere. Found {bad} of {array.size} values NaN or infinite. "
            "Look for NaN in the input or in the weights."
        )


def get_wavelengths(dataset: xr.Dataset) -> NDArray[np.float64]:
    """Return the wavelength of every band in nm, ``[band]``, in the order of the bands, sorted or not.

    Raises:
        DataError: If the coordinate is missing, or a wavelength is not a positive number.
    """
    require_variables(dataset, ["wavelength"])
    values = np.asarray(dataset["wavelength"].to_numpy(), dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if wrong.size:
        raise DataError(
            f"wavelength should be a positive number of nm for every band. Found {values[wrong[0]]} at band "
            f"{wrong[0]} ({wrong.size} of {values.size} bands). Give the wavelengths when reading the data."
        )
    return values


def check_band_choice(bands: Sequence[int], count: int, hint: str, *, most: int | None = None) -> list[int]:
    """Return the bands that a user wants to see.

    Args:
        bands: Positions along the band axis, 0-based, in the order wanted.
        count: Number of bands of the data.
        hint: Advice if they are wrong, a sentence.
        most: Largest number of bands that the figure has room for.

    Raises:
        DataError: If there is none, one is named twice or does not exist, or there are too many.
    """
    if most is not None and len(bands) > most:
        raise DataError(f"bands should be {most} at most. Found {len(bands)}. Draw them in several figures.")
    wrong = [band for band in bands if not 0 <= band < count]
    if wrong or len(set(bands)) != len(bands) or not bands:
        raise DataError(
            f"bands should be different numbers from 0 to {count - 1}, at least one. Found {list(bands)}. "
            f"{hint}"
        )
    return list(bands)


def check_sample(sample: xr.Dataset) -> None:
    """Refuse anything but one complete sample of a relevance dataset.

    Raises:
        DataError: If a part is missing or not finite, or there are several samples.
    """
    truth = "true" if is_regression(sample) else "label"
    require_variables(sample, ["relevance", "patch", "target", truth, "predicted", "output"])
    for name in ("relevance", "patch"):
        check_dimensions(sample[name], ("band", "y", "x"), "Pick one sample with dataset.isel(sample=0).")
        check_finite_values(sample[name])


def check_maps(relevance: xr.DataArray, predicted: xr.DataArray, cube: xr.DataArray | None) -> None:
    """Refuse maps that are not those of one scene.

    Raises:
        DataError: If dimensions are others, the maps differ in size, classes are not whole numbers, or a
            trait has no floating point numbers.
    """
    hint = "Give the maps of a run as they were written."
    is_trait = relevance.attrs.get(TASK) == REGRESSION
    name, numbers, kinds = ("trait", "real numbers", "f") if is_trait else ("classes", "whole numbers", "iu")
    check_dimensions(relevance.rename("relevance"), ("band", "y", "x"), hint)
    check_dimensions(predicted.rename(name), ("y", "x"), hint)
    if predicted.dtype.kind not in kinds:
        raise DataError(f"{name} should be {numbers}. Found {predicted.dtype}. {hint}")
    maps = [(name, predicted)]
    if cube is not None:
        check_dimensions(cube.rename("cube"), ("band", "y", "x"), hint)
        maps.append(("cube", cube))
    height, width = relevance.sizes["y"], relevance.sizes["x"]
    for name, array in maps:
        if (array.sizes["y"], array.sizes["x"]) != (height, width):
            raise DataError(
                f"{name} should have the {height} × {width} pixels of the relevance. "
                f"Found {array.sizes['y']} × {array.sizes['x']}. Give maps of one scene."
            )


def prepare_spectra(dataset: xr.Dataset) -> xr.Dataset:
    """Return the checked spectra of the samples of a relevance dataset, dimensions in the order sample, band.

    Raises:
        DataError: If a part is missing or not finite.
    """
    require_variables(dataset, ["target", "wavelength", "fwhm", "original_band", "class_name"])
    if "positive" not in dataset.variables:  # not reduced to spectra yet
        require_variables(dataset, ["relevance", "patch"])
        hint = "Keep the sample dimension: dataset.isel(sample=[0])."
        for name in ("relevance", "patch"):
            check_dimensions(dataset[name], ("sample", "band", "y", "x"), hint)
    spectra = sample_spectra(dataset).transpose("sample", "band", ...)
    check_finite_values((spectra["positive"] + spectra["negative"]).rename("relevance"))
    check_finite_values(spectra["input"].rename("patch"))
    return spectra


def get_relevance_unit(dataset: xr.Dataset) -> str:
    """Return the unit of relevance: that of the explained output, ``"logit"`` if the dataset does not say."""
    name = "relevance" if "relevance" in dataset.variables else "positive"
    return str(dataset[name].attrs.get("units", "logit"))


def get_pooled_width(spectra: xr.Dataset) -> float:
    """Return the width in nm of the pooled relevance; 0 if there is none, or no box holds a second band."""
    width = float(spectra["pooled"].attrs[POOLED]) if "pooled" in spectra.variables else 0.0
    return width if joins_bands(spectra["wavelength"].to_numpy(), width) else 0.0


def name_width(nm: float) -> str:
    """Return the width of a box of pooled relevance in print, such as ``"42 nm"`` or ``"3.2 nm"``."""
    return f"{nm:.0f} nm" if nm >= 10 else f"{nm:.1f} nm"


def describe_way(dataset: xr.Dataset) -> str:
    """Return the rules, and what the input is compared with where the dataset says so."""
    rules, reference = (str(dataset.attrs.get(name, "")) for name in ("composite", COMPARED_WITH))
    return f"{rules} against {reference}".strip() if reference else rules


def name_doubt(dataset: xr.Dataset) -> str:
    """Return why a figure is not to be read, in the few words of a heading; nothing where it is."""
    if dataset.attrs.get(MAP_DOUBT):
        return "maps that the network does not bear out: do not read"
    if not dataset.attrs.get(DOUBT):
        return ""
    if is_regression(dataset):
        return "network perhaps no better than the mean: do not read"
    return "network at chance level: do not read"


def name_class_doubt(dataset: xr.Dataset, target: int) -> str:
    """Return why the relevance of a class names no bands, as a heading says it; nothing where it does."""
    reason = find_class_reason(dataset, target)
    return reason if not reason or name_doubt(dataset) else f"nothing is named: {reason}"


def find_class_reason(dataset: xr.Dataset, target: int) -> str:
    """Return the first reason why the relevance of a class names no bands; nothing where it does."""
    reasons = dataset.attrs.get(REASONS, {}).get(target, ())
    return name_doubt(dataset) or (str(reasons[0]) if reasons else "")


def is_reflectance(dataset: xr.Dataset) -> bool:
    """Return True if the input is reflectance, whose bands have one scale."""
    return "reflectance" in str(dataset.attrs.get("quantity", "")).lower()


def name_quantity(dataset: xr.Dataset) -> str:
    """Return the quantity of the input and its units, such as ``"radiance (W m⁻² sr⁻¹ µm⁻¹)"``."""
    quantity, units = (str(dataset.attrs.get(name, "")) for name in ("quantity", "units"))
    named = "input" if quantity in _NOT_KNOWN else quantity
    return f"{named} ({'units not given' if units in _NOT_KNOWN else units})"


def get_class_name(dataset: xr.Dataset, index: int) -> str:
    """Return the name of class ``index``, ``"class 3"`` if the dataset names none."""
    # a network with one output for two classes has fewer outputs than classes: class_name names the outputs,
    # the attribute class_names all classes
    sources: tuple[Sequence[Hashable], ...] = (
        np.atleast_1d(dataset["class_name"].to_numpy()).tolist() if "class_name" in dataset.coords else (),
        np.atleast_1d(dataset.attrs.get("class_names", [])).tolist(),
    )
    for names in sources:
        if 0 <= index < len(names) and (len(names) > 1 or is_regression(dataset)):
            return str(names[index])
    return f"class {index}"


def get_explained_outputs(dataset: xr.Dataset) -> NDArray[np.floating[Any]]:
    """Return the output that was explained of each sample, ``[sample]``, or of one sample alone, ``[]``.

    That is the target's logit. With one output for two classes it is ``+logit`` for class 1 and ``-logit``
    for class 0.

    Raises:
        DataError: If a target is no class of the output.
    """
    outputs, target = np.atleast_1d(dataset["output"].to_numpy()), dataset["target"].to_numpy().astype(int)
    count = outputs.shape[-1]
    if count == 1 and not is_regression(dataset) and np.isin(target, (0, 1)).all():
        signed: NDArray[np.floating[Any]] = outputs[..., 0] * (2 * target - 1)
        return signed
    wrong = target[(target < 0) | (target >= count)]
    if wrong.size:
        raise DataError(
            f"target should be one of the {count} classes of output. Found {wrong[0]}. "
            "Explain the network again and keep target and output together."
        )
    picked: NDArray[np.floating[Any]] = np.take_along_axis(outputs, target[..., None], axis=-1)[..., 0]
    return picked


def is_regression(dataset: xr.Dataset) -> bool:
    """Return True if a trait is explained, not a class."""
    return bool(dataset.attrs.get(TASK) == REGRESSION)


def name_output(dataset: xr.Dataset) -> str:
    """Return the word for what is explained, "class" or "trait"."""
    return "trait" if is_regression(dataset) else "class"


def count_right(dataset: xr.Dataset) -> int | None:
    """Return the number of samples that the network gets right; None where true classes are not known."""
    if is_regression(dataset) or not {"label", "predicted"} <= set(dataset.variables):
        return None
    if bool((dataset["label"] < 0).any()):
        return None
    return int((dataset["label"] == dataset["predicted"]).sum())


def describe_window(dataset: xr.Dataset) -> str:
    """Return the window in words, ``"9 × 9 pixels"``."""
    y, x = dataset.attrs["window"] if "y" not in dataset.sizes else (dataset.sizes["y"], dataset.sizes["x"])
    return f"{y} × {x} pixels"


def describe_sum(dataset: xr.Dataset) -> str:
    """Return over what each band is summed, in words; empty of single spectra."""
    window = describe_window(dataset)
    return "" if window == "1 × 1 pixels" else f"each band summed over {window}"
