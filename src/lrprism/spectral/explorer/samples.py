"""The content of an explorer of samples: a picture of each, and its relevance."""

import json
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral.bands.statistics import REGRESSION, TASK
from lrprism.spectral.explorer.clusters import build_profiles
from lrprism.spectral.explorer.encoding import RELEVANCE_POWER, encode_rows, encode_to_fit, pack
from lrprism.spectral.explorer.groups import describe_groups
from lrprism.spectral.explorer.items import MOST_VALUES, ShownItems, pack_items, read_facts, thin_out_items
from lrprism.spectral.plots.picture import choose_colour_bands, picture_title, stretch

_FINE, _COARSE = 32767, 127
"""Levels of spectra, which are summed over the pixels of a sample, in two bytes and in one."""
_FEW: Final = 300_000
"""Values of spectra that are written in two bytes each."""
_SPECTRA: Final = 6
"""Room that a value of the spectra takes beside one of the maps."""
_PLACES: Final = ("name", "scene", "row", "column")

Floats = npt.NDArray[np.floating[Any]]


def describe_samples(
    relevance: xr.Dataset, numbers: npt.NDArray[np.int64], room: float, most: int = MOST_VALUES
) -> dict[str, Any]:
    """Return the content of an explorer of samples.

    Args:
        relevance: The relevance dataset.
        numbers: The number of each sample in its data.
        room: Characters of the page.
        most: Values of relevance that there is room for.
    """
    shown = _choose_samples(relevance, most)
    some = relevance.isel(sample=shown.numbers).load()
    maps = some["relevance"].transpose("sample", "band", "y", "x").values
    double = maps.astype(np.float64)
    spectra = double.sum(axis=(2, 3))
    inputs = some["patch"].transpose("sample", "band", "y", "x").values.mean(axis=(2, 3), dtype=np.float64)
    label = some["label"].values if "label" in some else np.full(len(maps), -1)
    facts = read_facts(some, label)
    areas = double.sum(axis=1)
    profiles = build_profiles(spectra, areas)
    content = {
        "kind": "samples",
        "counts": shown.to_json(),
        "patches": {
            "height": maps.shape[2],
            "width": maps.shape[3],
            **_paint_patches(some["patch"].transpose("sample", "band", "y", "x")),
        },
        "places": {name: some[name].values.tolist() for name in _PLACES if name in some.variables},
        "items": pack_items(facts, spectra, _read_columns(some, numbers[shown.numbers])),
        "relevance": _encode_spectra(spectra),
        "input": _encode_spectra(inputs),
        "groups": describe_groups(facts, profiles, spectra, inputs, areas if areas[0].size > 1 else None),
    }
    # the map of a single spectrum would say again what its spectrum says
    if maps.shape[2] * maps.shape[3] == 1:
        return content | {"maps": None}
    left = room - len(json.dumps(content))
    return content | {"maps": encode_to_fit(maps.reshape(len(maps), -1), left, RELEVANCE_POWER)}


def _encode_spectra(spectra: Floats) -> dict[str, Any]:
    return encode_rows(spectra, _FINE if spectra.size <= _FEW else _COARSE).to_json()


def _choose_samples(relevance: xr.Dataset, most: int) -> ShownItems:
    """Choose the samples that a page has room for, evenly spread over the explained outputs."""
    target = relevance["target"].values
    total = len(target)
    each = relevance.sizes["band"] * (relevance.sizes["y"] * relevance.sizes["x"] + _SPECTRA)
    by_target = np.argsort(target, kind="stable")
    shown = np.sort(thin_out_items(by_target, each, most))
    which = "every sample" if len(shown) == total else "samples evenly spread over the classes"
    return ShownItems(shown, total, which)


def _read_columns(
    relevance: xr.Dataset, numbers: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[np.generic]]:
    columns: dict[str, npt.NDArray[Any]] = {"number": numbers}
    if relevance.attrs[TASK] == REGRESSION:
        columns |= {"value": relevance["predicted"].values, "measured": relevance["true"].values}
    return columns


def _paint_patches(patches: xr.DataArray) -> dict[str, Any]:
    """Return the samples in colour, all stretched alike, so that a dark one is dark beside the others."""
    wavelength = patches["wavelength"].values.astype(np.float64)
    _, bands = choose_colour_bands(wavelength)
    values = np.moveaxis(patches.values[:, list(bands)].astype(np.float64), 1, -1)
    samples, height, width, _ = values.shape
    colours = stretch(values.reshape(samples * height, width, 3))
    return {
        "title": picture_title(wavelength),
        "rgb": pack((255 * np.nan_to_num(colours)).round().astype(np.uint8)),
    }
