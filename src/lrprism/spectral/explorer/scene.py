"""The content of an explorer of a scene: its picture, and the relevance of its pixels."""

import json
from dataclasses import dataclass
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

_MOST_CELLS: Final = 1_000_000
"""Pixels of the picture."""
_INPUT_LEVELS: Final = 47

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ExplainedScene:
    """A scene of which every pixel is explained.

    Args:
        cube: Its data, prepared, ``[band, y, x]``.
        labels: The true class of each pixel, -1 where none is known, ``[y, x]``.
    """

    cube: xr.DataArray
    labels: Numbers

    def choose_pixels(self, relevance: xr.Dataset, most: int = MOST_VALUES) -> ShownItems:
        """Choose the pixels that a page has room for: all, the labelled ones, or some of these.

        Args:
            relevance: The relevance dataset of every pixel, row by row.
            most: Values of relevance that there is room for.
        """
        bands = relevance.sizes["band"]
        # a pixel without a window has no relevance
        explained = np.flatnonzero(np.isfinite(relevance["relevance"].isel(band=0).values))
        if len(explained) * bands <= most:
            return ShownItems(explained, len(explained), "every pixel")
        labelled = explained[self.labels.ravel()[explained] >= 0]
        pool, name = (labelled, "labelled pixels") if len(labelled) else (explained, "pixels")
        shown = thin_out_items(pool, bands, most)
        which = f"the {name}" if len(shown) == len(pool) else f"{len(shown)} of the {name}, evenly spread"
        return ShownItems(shown, len(explained), which)


def describe_scene(
    relevance: xr.Dataset, scene: ExplainedScene, room: float, most: int = MOST_VALUES
) -> dict[str, Any]:
    """Return the content of an explorer of a scene.

    Args:
        relevance: The relevance dataset of every pixel, row by row.
        scene: The scene.
        room: Characters of the page.
        most: Values of relevance that there is room for.
    """
    shown = scene.choose_pixels(relevance, most)
    some = relevance.isel(sample=shown.numbers).load()
    spectra = some["relevance"].values
    inputs = _read_spectra(scene.cube, shown.numbers)
    facts = read_facts(some, scene.labels.ravel()[shown.numbers])
    groups = describe_groups(facts, build_profiles(spectra), spectra, inputs)
    # most pixels follow each other
    others = {"step": np.diff(shown.numbers, prepend=0)}
    if relevance.attrs[TASK] == REGRESSION:
        others["value"] = some["predicted"].values
    items = pack_items(facts, spectra, others)
    coded_input = encode_rows(inputs, _INPUT_LEVELS).to_json(by_difference=True)
    left = room - len(json.dumps([coded_input, items, groups]))
    return {
        "kind": "scene",
        "counts": shown.to_json(),
        "picture": _paint_picture(scene.cube),
        "items": items,
        "relevance": encode_to_fit(spectra, left, RELEVANCE_POWER),
        "input": coded_input,
        "groups": groups,
    }


def _read_spectra(cube: xr.DataArray, pixels: Numbers) -> npt.NDArray[np.floating[Any]]:
    """Read the spectra of some pixels, row by row of the scene, so that a large one is never in memory."""
    height, width = cube.sizes["y"], cube.sizes["x"]
    spectra = np.zeros((len(pixels), cube.sizes["band"]), dtype=np.float32)
    rows = max(1, MOST_VALUES // (width * cube.sizes["band"]))
    for start in range(0, height, rows):
        inside = (pixels >= start * width) & (pixels < (start + rows) * width)
        if inside.any():
            piece = cube.isel(y=slice(start, start + rows)).values
            row, column = np.divmod(pixels[inside], width)
            spectra[inside] = piece[:, row - start, column].T
    return spectra


def _paint_picture(cube: xr.DataArray) -> dict[str, Any]:
    """Return the scene in colour; of a large one every so many-th row and column."""
    height, width = cube.sizes["y"], cube.sizes["x"]
    step = int(np.ceil(np.sqrt(height * width / _MOST_CELLS)))
    wavelength = cube["wavelength"].values.astype(np.float64)
    _, bands = choose_colour_bands(wavelength)
    values = cube.isel(band=list(bands), y=slice(None, None, step), x=slice(None, None, step)).values
    missing = ~np.isfinite(values)
    # a pixel without data would leave no percentile to stretch by
    filled = np.where(missing, np.nanmedian(np.where(np.isfinite(values), values, np.nan)), values)
    colours = stretch(np.moveaxis(filled.astype(np.float64), 0, -1))
    colours[missing.any(axis=0)] = 0
    return {
        "title": picture_title(wavelength),
        "height": height,
        "width": width,
        "step": step,
        "rgb": pack((255 * colours).round().astype(np.uint8)),
    }
