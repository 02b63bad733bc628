"""Relevance of each pixel of a scene for the decision on that very pixel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from torch import nn

from lrprism.engine import Account
from lrprism.errors import DataError, InputError
from lrprism.spectral.bands.class_codes import CLASS_CODES
from lrprism.spectral.bands.statistics import REGRESSION, TASK
from lrprism.spectral.cubes.cube import Scene
from lrprism.spectral.cubes.georeference import assign_georeference, georeference_of
from lrprism.spectral.io.format import Writer
from lrprism.spectral.io.writers import write_cube
from lrprism.spectral.plots.class_colours import class_colour
from lrprism.spectral.plots.trait_key import get_target_range, note_far_values
from lrprism.spectral.workbench.cutters import Numbers, WindowCutter
from lrprism.spectral.workbench.patch_explainer import PatchExplainer

NO_CLASS: Final = -1
"""Class of the pixels whose window would leave the scene or holds a missing value."""
_AT_ONCE: Final = 2**22  # values of a piece of the map, 16 MiB


@dataclass(frozen=True, eq=False)
class PixelExplainer:
    r"""Explains the decision on every pixel of a scene, from the window round it.

    .. math:: R_b(y, x) = \sum_{\Delta y, \Delta x} R^{(y,x)}_{b, y+\Delta y, x+\Delta x}

    where :math:`R^{(y,x)}` is the relevance for the decision on pixel (y, x). NaN where the window would
    leave the scene or holds a missing value.

    Args:
        patches: Explains windows.
        windows: Cuts windows of the scene, with or without a label.
        has_window: The pixels whose window lies inside the scene and holds no missing value, ``[y, x]``.

    Raises:
        InputError: If the target is the true class.
        DataError: If there is no such pixel.
    """

    patches: PatchExplainer
    windows: WindowCutter
    has_window: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Check the target and the pixels.

        Raises:
            InputError: If the target is the true class.
            DataError: If no pixel has a window.
        """
        # pixels without a label have no true class
        if self.patches.target == "true":
            raise InputError(
                "target should be predicted or a class where every pixel is explained, since not every pixel "
                "has a true class. Found 'true'. Try --target predicted."
            )
        if not self.has_window.any():
            side = self.windows.window
            raise DataError(
                f"the scene should have windows of {side} x {side} pixels without a missing value. "
                "Found none. Leave out bands that are missing everywhere with --bands."
            )

    @property
    def scene(self) -> Scene:
        """The scene, its bands prepared."""
        return self.windows.scene

    @property
    def model(self) -> nn.Module:
        """The network."""
        return self.patches.model

    @property
    def numbers(self) -> Numbers:
        """Number of every pixel, row by row."""
        height, width = self.scene.labels.shape
        return np.arange(int(height) * int(width), dtype=np.int64)

    @property
    def first(self) -> Numbers:
        """The first pixel that has a window."""
        return np.flatnonzero(self.has_window)[:1]

    def explain(self, numbers: Numbers) -> tuple[xr.Dataset, Account]:
        """Explain the decisions on some pixels at once.

        Args:
            numbers: Numbers of the pixels, row * width + column.

        Returns:
            Relevance (sample, band), target, predicted class and output of each, and the account.
        """
        inside = self.has_window.ravel()[numbers]
        if not inside.any():
            # a batch at the border of the scene, or where it has no data
            return _spread(self.template, inside), Account((), 0.0, 0.0)
        # only pixels with a window are explained; the others get NaN
        explained, account = self.patches.explain_patches(self.windows(numbers[inside]))
        return _spread(_sum_windows(explained), inside), account

    def look_up(self, places: Numbers, _: xr.Dataset) -> xr.Dataset:
        """Explain some pixels anew, with the windows that a map of the scene does not keep.

        Args:
            places: Numbers of the pixels, each with a window.
        """
        return self.patches.explain_patches(self.windows(places))[0]

    @cached_property
    def template(self) -> xr.Dataset:
        """The explanation of one pixel without its values: names, dtypes, coordinates and attributes."""
        template = self.patches.build_template(self.windows(self.first))
        return _spread(_sum_windows(template), np.ones(1, dtype=bool))

    def maps(self, dataset: xr.Dataset) -> Mapping[str, xr.DataArray]:
        """Lay the explained pixels out as maps.

        Args:
            dataset: The explained pixels, all of them row by row.

        Returns:
            ``relevance_map`` (band, y, x) in units of the output, and ``class_map`` (y, x), the predicted
            class, -1 where there is none; or ``trait_map``, the predicted trait in its unit, NaN where there
            is none; both where the scene lies.
        """
        height, width = self.scene.labels.shape
        bands = {name: coord for name, coord in dataset.coords.items() if coord.dims == ("band",)}
        values = dataset["relevance"].chunk().data
        rows = max(1, _AT_ONCE // (width * values.shape[1]))
        # whole rows of the map per chunk, so that a map larger than memory is written piece by piece
        values = values.rechunk((rows * width, -1)).reshape((height, width, values.shape[1]))
        relevance = xr.DataArray(
            values.transpose(2, 0, 1), dims=("band", "y", "x"), coords=bands, name="relevance",
            attrs={**dataset.attrs, "quantity": "relevance",
                   "units": dataset["relevance"].attrs["units"]},
        )  # fmt: skip
        maps = {"relevance_map": relevance, **_lay_predictions_out(dataset, (height, width))}
        place = georeference_of(self.scene.cube)
        if place is None:
            return maps
        return {name: assign_georeference(values, place) for name, values in maps.items()}


def _lay_predictions_out(dataset: xr.Dataset, shape: tuple[int, int]) -> dict[str, xr.DataArray]:
    predicted = dataset["predicted"]
    values = predicted.values.reshape(shape)
    if dataset.attrs[TASK] == REGRESSION:
        trait = str(dataset["class_name"].values[int(dataset["target"].values.max())])
        attrs = {"title": str(dataset.attrs["title"]), "quantity": trait, **predicted.attrs, "assumed": []}
        return {"trait_map": xr.DataArray(values, dims=("y", "x"), name=trait, attrs=attrs)}
    attrs = {
        name: list(dataset.attrs[name]) for name in ("class_names", CLASS_CODES) if name in dataset.attrs
    }
    return {"class_map": xr.DataArray(values, dims=("y", "x"), name="class", attrs=attrs)}


def note_range(relevance: xr.Dataset, predicted: xr.DataArray) -> list[str]:
    """Say how many pixels have a predicted trait outside the training targets; nothing of classes.

    Args:
        relevance: The explained pixels.
        predicted: The map of the predicted classes, or of the predicted trait.
    """
    notes = note_far_values(predicted, get_target_range(relevance))
    return [f"Note: {'; '.join(notes)}."] if notes else []


def write_maps(maps: Mapping[str, xr.DataArray], folder: Path, writers: Sequence[Writer]) -> None:
    """Write the maps of a scene, each in some formats, piece by piece.

    The class map is written as label maps are: 0 where there is no class, else 1 + the class.

    Args:
        maps: The result of :meth:`PixelExplainer.maps`.
        folder: The folder to write into.
        writers: The writers of the formats.
    """
    for name, values in maps.items():
        stored = _number_classes(values) if values.dtype.kind == "i" else values
        for writer in writers:
            write_cube(stored, folder / f"{name}{writer.suffixes[0]}", overwrite=True)


def _number_classes(classes: xr.DataArray) -> xr.DataArray:
    colours = [class_colour(index) for index in range(len(classes.attrs["class_names"]))]
    return (classes - NO_CLASS).assign_attrs(classes.attrs, class_colours=colours)


def _sum_windows(explained: xr.Dataset) -> xr.Dataset:
    """Sum the relevance of each window over its pixels, and drop all else that has a place in the scene."""
    relevance = explained["relevance"].sum(("y", "x"), keep_attrs=True)
    return explained.assign(relevance=relevance).drop_vars(
        ["patch", "label", "true", "row", "column", "region"], errors="ignore"
    )


def _spread(explained: xr.Dataset, inside: np.ndarray[Any, np.dtype[np.bool_]]) -> xr.Dataset:
    """Put explained pixels among all: NaN, or class -1, for the others."""
    dataset = explained.drop_dims("sample")
    for name, variable in explained.data_vars.items():
        if "sample" not in variable.dims:
            continue
        # whole numbers have no NaN
        missing = NO_CLASS if variable.dtype.kind == "i" else np.nan
        values = np.full((len(inside), *variable.shape[1:]), missing, dtype=variable.dtype)
        if inside.any():
            values[inside] = variable.values
        dataset[name] = (variable.dims, values, variable.attrs)
    dataset.attrs = explained.attrs
    return dataset
