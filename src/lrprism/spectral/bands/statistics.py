"""Relevance per sample and band, and per class and band as one table."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.bands.areas import PlantMask, measure_areas
from lrprism.spectral.bands.intervals import bootstrap_mean
from lrprism.spectral.bands.pooling import POOLED, pick_peaks, pooled

RESOLUTION: Final = "resolution_nm"
"""The attribute of a relevance dataset: the width in nm at which its pooled map is read; 0 for none."""
TASK: Final = "task"
"""The attribute of a relevance dataset that names what the network learned, such as "classification"."""
COMPARED_WITH: Final = "compared_with"
"""The attribute of a relevance dataset that says in words what the input is compared with."""
REGRESSION: Final = "regression"
"""The value of :data:`TASK` where traits are explained."""
SEGMENTATION: Final = "segmentation"
"""The value of :data:`TASK` where the class of each pixel is learned."""
TARGET_RANGE: Final = "target_range"
"""The attribute of a relevance dataset of a trait: smallest and largest target of the training part."""
DOUBT: Final = "doubt"
"""The attribute of a relevance dataset that says why its maps are not to be read; missing where they are."""
MAP_DOUBT: Final = "map_doubt"
"""The attribute that says why maps of a network that is good enough are not to be read; mostly missing."""
NAMED: Final = "named"
"""The attribute of reduced relevance: by class, the ends in nm of the stretches that the report names."""
REASONS: Final = "reasons"
"""The attribute of reduced relevance: by class, why its relevance names no bands; missing where it does."""
PLANT_NDVI: Final = "plant_ndvi"
"""The attribute of a relevance dataset: the NDVI above which pixels are plants. Of reduced relevance it is
missing where no plants are told; before that, a missing one is proposed."""
_TOP: Final = 10
_SAMPLES: Final = 64
"""Samples of relevance in memory that are reduced at a time."""
_AT_ONCE: Final = 2**22
"""Numbers of relevance that are read at a time, as far as they are whole chunks: 16 MB, and their patches."""
_NEEDED = ("target", "wavelength", "fwhm", "original_band", "class_name")
_PIXELS = ("y", "x")


def sample_spectra(relevance: xr.Dataset) -> xr.Dataset:
    r"""Reduce the pixels of each sample to one spectrum, in float64.

    .. math:: positive_{sb} = \sum_{yx} \max(R_{sbyx}, 0), \quad
              negative_{sb} = \sum_{yx} \min(R_{sbyx}, 0), \quad
              input_{sb} = \frac{1}{YX} \sum_{yx} x_{sbyx}

    Where the attribute ``resolution_nm`` states a width, ``pooled`` is positive + negative averaged over it
    by :func:`lrprism.spectral.pooled`; not so where the relevance is pooled already.

    What lies on disk is read in pieces of whole chunks, once.
    Shapes: ``relevance``, ``patch``: ``[sample, band, y, x]``; results ``[sample, band]``.

    Args:
        relevance: Relevance dataset; one that is already reduced comes back as it is.

    Returns:
        The dataset without pixels: ``positive`` and ``negative`` in the unit of the explained output,
        ``pooled`` where a width is stated, ``input`` in the data's units and the ``area_net`` and
        ``area_size`` of :func:`~lrprism.spectral.bands.areas.measure_areas` where there is a ``patch``, and
        all that had no pixels; the attribute ``window`` keeps the number of pixels along y and x.

    Raises:
        DataError: If there is no relevance, or no sample.
        InputError: If the attribute ``plant_ndvi`` states a threshold, and the bands have no NDVI.
    """
    if {"positive", "negative"} <= set(relevance.variables):
        return relevance
    _check_variables(relevance, ("relevance",))
    patch = relevance.get("patch")
    plant = None if patch is None else _find_plants(patch, relevance.attrs.get(PLANT_NDVI))
    return sum_pixels(relevance, plant)


def sum_pixels(relevance: xr.Dataset, plant: PlantMask | None) -> xr.Dataset:
    """Return the :func:`sample_spectra` of samples whose plants are told by a mask.

    Args:
        relevance: Relevance dataset.
        plant: Tells plants from the background; None where nothing does.
    """
    per_pixel = [name for name, data in relevance.variables.items() if {*data.dims} & {*_PIXELS}]
    pieces = [_reduce_pixels(relevance.isel(sample=piece), plant) for piece in _cut(relevance["relevance"])]
    spectra = relevance.drop_vars(per_pixel).merge(xr.concat(pieces, "sample")).compute()
    width, about = float(relevance.attrs.get(RESOLUTION, 0)), relevance["relevance"].attrs
    for name in ("positive", "negative"):
        spectra[name].attrs = about
    if width and not about.get(POOLED):
        total = (spectra["positive"] + spectra["negative"]).assign_attrs(about)
        spectra["pooled"] = pooled(total, nm=width)
    if plant is not None:
        spectra.attrs[PLANT_NDVI] = plant.threshold
    return spectra.assign_attrs(window=tuple(relevance.sizes[side] for side in _PIXELS))


def _cut(relevance: xr.DataArray) -> Iterator[slice]:
    """Cut samples into pieces of whole chunks that fit into memory."""
    samples = relevance.sizes["sample"]
    chunk = relevance.chunksizes.get("sample", (_SAMPLES,))[0]
    # many small chunks: what xarray does for each piece would take longer than the sums
    size = chunk * max(1, _AT_ONCE * samples // (chunk * max(1, relevance.size)))
    return (slice(start, start + size) for start in range(0, samples, size))


def _find_plants(patch: xr.DataArray, threshold: float | None) -> PlantMask | None:
    if threshold is None:
        return PlantMask.propose(patch)
    return PlantMask.at(patch["wavelength"].values, threshold)


def _reduce_pixels(relevance: xr.Dataset, plant: PlantMask | None) -> xr.Dataset:
    """Read some samples, and sum their relevance over the pixels."""
    values = relevance["relevance"].load()
    # float32 loses digits in the sum over thousands of pixels; NaN must not pass for zero
    reduced = xr.Dataset({
        "positive": values.clip(min=0).sum(_PIXELS, skipna=False, dtype=np.float64),
        "negative": values.clip(max=0).sum(_PIXELS, skipna=False, dtype=np.float64),
    })  # fmt: skip
    if "patch" in relevance.variables:
        patch = relevance["patch"].load()
        reduced["input"] = patch.mean(_PIXELS, skipna=False, dtype=np.float64)
        reduced = reduced.merge(measure_areas(values, patch, plant))
    return reduced.reset_coords(drop=True)


def band_table(relevance: xr.Dataset) -> pd.DataFrame:
    r"""Summarise relevance by explained class and band.

    With :math:`r_{sb} = \sum_{yx} R_{sbyx}` and S samples explained for the class:

    .. math:: sum_b = \frac1S \sum_s r_{sb}, \quad
              positive_b = \frac1S \sum_{syx} \max(R, 0), \quad
              negative_b = \frac1S \sum_{syx} \min(R, 0), \quad
              std_b = \sqrt{\tfrac1S \sum_s (r_{sb} - sum_b)^2}

    so that sum = positive + negative; all in the unit of the explained output, e.g. logit. ``rank`` 1 has
    the largest sum within the class. Of a trait, of which some samples have more than the reference and
    others less, sums cancel: there ``rank`` 1 has the largest :math:`magnitude_b = \frac1S \sum_s |r_{sb}|`.
    ``low`` and ``high`` are the ends of a 95 % interval of sum, from drawing the samples again, or their
    groups (the coordinate ``group``) where they have some. ``share`` is :math:`\sum_s |r_{sb}| / \sum_{sj}
    |r_{sj}|`; ``votes`` the share of the samples in which the band is among the 10 with the largest
    :math:`r_{sb}`. Where the dataset states a width, ``pooled_sum`` and ``pooled_std`` are the same of
    :math:`r_{sb}` averaged over the ``pooled_nm`` of the last column.

    Shapes: ``relevance``: ``[sample, band, y, x]``.

    Args:
        relevance: Relevance dataset: variables ``relevance`` and ``target`` (sample), band coordinates and
            ``class_name`` (class); or its :func:`sample_spectra`.

    Returns:
        A row per class and band with the columns class, class_name, band, original_band, wavelength_nm,
        fwhm_nm, sum, positive, negative, std, magnitude, rank, low, high, share, votes; with a width
        pooled_sum, pooled_std, pooled_magnitude, pooled_low, pooled_high, pooled_nm; magnitude and
        pooled_magnitude of a trait alone.

    Raises:
        DataError: If a variable or coordinate is missing, or there is no sample.
    """
    _check_variables(relevance, _NEEDED)
    spectra = sample_spectra(relevance)
    targets = np.unique(spectra["target"].values)
    return pd.concat([_class_rows(spectra, int(target)) for target in targets], ignore_index=True)


def _check_variables(relevance: xr.Dataset, needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in relevance.variables]
    if missing or not relevance.sizes["sample"]:
        raise DataError(
            f"a relevance dataset should hold relevance, {', '.join(_NEEDED)} and at least one sample. "
            f"Found no {', '.join(missing) or 'sample'}. Explain some samples first."
        )


def _class_rows(spectra: xr.Dataset, target: int) -> pd.DataFrame:
    chosen = spectra.isel(sample=np.flatnonzero(spectra["target"].values == target))
    per_sample = (chosen["positive"] + chosen["negative"]).values  # r, the sum over the pixels
    table = _list_bands(chosen, target)
    is_trait = spectra.attrs.get(TASK) == REGRESSION
    if is_trait:
        table["magnitude"] = np.abs(per_sample).mean(axis=0)
    order = table["magnitude" if is_trait else "sum"]
    table["rank"] = order.rank(ascending=False, method="first").astype(np.int64)
    groups = chosen["group"].values if "group" in chosen.variables else None
    table["low"], table["high"] = bootstrap_mean(per_sample, groups)
    table["share"], table["votes"] = _measure_share(per_sample), _count_votes(per_sample)
    if "pooled" in chosen.variables:
        values = chosen["pooled"].values
        table["pooled_sum"], table["pooled_std"] = values.mean(axis=0), values.std(axis=0)
        if is_trait:
            table["pooled_magnitude"] = np.abs(values).mean(axis=0)
        table["pooled_low"], table["pooled_high"] = bootstrap_mean(values, groups)
        table["pooled_nm"] = chosen["pooled"].attrs[POOLED]
    return table


def _list_bands(chosen: xr.Dataset, target: int) -> pd.DataFrame:
    """Return the bands of a class with the means over its samples."""
    positive, negative = (chosen[name].values for name in ("positive", "negative"))
    names = chosen["class_name"].values  # a network may have more outputs than classes with a name
    return pd.DataFrame(
        {
            "class": target,
            "class_name": str(names[target]) if target < len(names) else f"class {target}",
            "band": np.arange(positive.shape[1]),
            "original_band": chosen["original_band"].values.astype(str),
            "wavelength_nm": chosen["wavelength"].values,
            "fwhm_nm": chosen["fwhm"].values,
            "sum": (positive + negative).mean(axis=0),
            "positive": positive.mean(axis=0),
            "negative": negative.mean(axis=0),
            "std": (positive + negative).std(axis=0),
        }
    )


def _measure_share(per_sample: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the share of each band in the magnitude of all; 0 where there is no relevance at all."""
    size: npt.NDArray[np.float64] = np.abs(per_sample).sum(axis=0)
    return size / max(float(size.sum()), np.finfo(np.float64).tiny)


def _count_votes(per_sample: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return for each band the share of samples in which it is among those of the largest relevance."""
    samples, bands = per_sample.shape
    strongest = np.argsort(-per_sample, axis=1, kind="stable")[:, :_TOP]
    votes: npt.NDArray[np.float64] = np.bincount(strongest.ravel(), minlength=bands) / samples
    return votes


def top_bands(table: pd.DataFrame, class_: int, n: int = 3) -> pd.DataFrame:
    """Pick the bands that speak most for a class.

    Args:
        table: From :func:`band_table`.
        class_: The class, from 0.
        n: How many bands; all of them if there are fewer.

    Returns:
        The rows of rank 1 to n, rank 1 first.

    Raises:
        DataError: If the class is not in the table, or n is below 1.
    """
    return _choose_class(table, class_, n).sort_values("rank").head(n)


def top_regions(table: pd.DataFrame, class_: int, n: int = 3) -> pd.DataFrame:
    """Pick the stretches of the spectrum that speak most for a class, from the pooled relevance.

    Args:
        table: From :func:`band_table`, of a dataset that states a width.
        class_: The class, from 0.
        n: How many; fewer if there are no more peaks a width apart.

    Returns:
        The rows of the bands in the middle of their boxes, largest ``pooled_sum`` first, of a trait largest
        ``pooled_magnitude``, more than ``pooled_nm`` apart.

    Raises:
        DataError: If the class is not in the table, n is below 1, or the table has no pooled relevance.
    """
    if "pooled_sum" not in table.columns:
        raise DataError(
            "a table of bands should hold pooled_sum and pooled_nm. Found neither. Explain with a width, "
            "--pool NM, or set the attribute resolution_nm of the relevance."
        )
    rows = _choose_class(table, class_, n)
    width = float(rows["pooled_nm"].iloc[0])
    order = rows["pooled_magnitude" if "pooled_magnitude" in rows.columns else "pooled_sum"]
    return rows.iloc[pick_peaks(order, rows["wavelength_nm"], width, n)]


def _choose_class(table: pd.DataFrame, class_: int, n: int) -> pd.DataFrame:
    rows = table[table["class"] == class_]
    if rows.empty or n < 1:
        classes = sorted(int(value) for value in table["class"].unique())
        raise DataError(
            f"class should be one of {classes} and n at least 1. Found class {class_}, n {n}. "
            "Explain samples of that class first."
        )
    return rows
