"""The groups of samples: plants, fields or days of a file, polygons, or squares of a scene."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.bands.statistics import sample_spectra
from lrprism.spectral.cubes.cube import Scene
from lrprism.spectral.io import read_numbered_map
from lrprism.spectral.splits import read_groups
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.split_settings import POLYGON, SplitSettings


def keep_polygons_whole(samples: Samples, settings: SplitSettings) -> SplitSettings:
    """Return settings that split whole polygons where their pixels share a measured value.

    Otherwise one value would be in the training and in the test part. A choice of the user stays as it is.

    Args:
        samples: The samples.
        settings: The settings of the user.
    """
    if samples.targets is None or samples.scene is None or settings.scheme or settings.groups:
        return settings
    labels = samples.scene.labels
    if POLYGON not in labels.coords:
        return settings
    polygons = labels.coords[POLYGON].values.ravel()[samples.numbers]
    # of points each has a pixel of its own
    shares = 2 * len(np.unique(polygons)) < len(polygons)
    return replace(settings, groups=POLYGON) if shares else settings


def group_samples(
    samples: Samples, numbers: Numbers, settings: SplitSettings
) -> npt.NDArray[np.generic] | None:
    """Return the plant, field or day of each of some samples; of a scene the polygon or square of each.

    Args:
        samples: The data.
        numbers: Numbers of the samples.
        settings: The settings of the split.

    Returns:
        A word or a number for each sample; of several scenes with the name of the scene; None where no group
        is known.

    Raises:
        DataError: If a file of groups cannot be read.
        InputError: If polygons are asked for and the labels are a map.
    """
    if samples.places is not None:
        return _group_samples_of_scenes(samples, numbers, settings)
    scene = samples.scene
    if scene is None:
        if settings.groups is None:
            return samples.describe(numbers, "group")
        return read_sample_groups(samples, settings.groups)[np.searchsorted(samples.numbers, numbers)]
    if settings.groups is not None or POLYGON in scene.labels.coords:
        named = read_group_map(scene, settings.groups or POLYGON).values.ravel()[numbers]
        return np.asarray(named)
    # neighbouring pixels are alike: they are no independent evidence
    row, column = np.divmod(numbers, scene.labels.sizes["x"])
    block = settings.block
    return np.asarray(row // block * (scene.labels.sizes["x"] // block + 1) + column // block)


def _group_samples_of_scenes(
    samples: Samples, numbers: Numbers, settings: SplitSettings
) -> npt.NDArray[np.generic] | None:
    """Return the name of the scene with the group within it, for each of some samples of several scenes."""
    assert samples.places is not None
    scene, within = samples.places.find_scene(numbers), samples.places.count_within(numbers)
    names = np.full(len(numbers), "", dtype=object)
    for position in np.unique(scene):
        is_of = scene == position
        groups = group_samples(samples.scenes[position], within[is_of], settings)
        if groups is None:
            return None
        names[is_of] = [f"{samples.places.names[position]}: {group}" for group in groups]
    return names.astype(str)


def reduce_samples(store: Path, relevance: xr.Dataset, groups: npt.NDArray[np.generic] | None) -> xr.Dataset:
    """Reduce relevance to spectra with the group of each sample, and write the groups into the store too.

    Args:
        store: The folder of the relevance dataset.
        relevance: The dataset.
        groups: The plant, field, polygon or square of each sample; None where none is known.

    Returns:
        The :func:`lrprism.spectral.sample_spectra`, with the coordinate ``group`` where groups are known.
    """
    spectra = sample_spectra(relevance)
    if groups is None:
        return spectra
    spectra = spectra.assign_coords(group=("sample", np.unique(groups, return_inverse=True)[1]))
    # what is added brings the attributes of the whole, which would be lost otherwise
    xr.Dataset({"group": spectra["group"].variable}, attrs=relevance.attrs).to_zarr(store, mode="a")
    return spectra


def read_group_map(scene: Scene, groups: str) -> xr.DataArray:
    """Return the number of the group of each pixel, ``[y, x]``, with what was assumed as an attribute.

    Args:
        scene: The scene.
        groups: A map of numbers, or :data:`POLYGON`.

    Raises:
        InputError: If the polygons are asked for and the labels are a map.
    """
    if groups != POLYGON:
        return read_numbered_map(groups, scene.cube)
    if POLYGON not in scene.labels.coords:
        raise InputError(
            "the split by polygons should get labels that are polygons or points. Found a label map. "
            "Give the polygons with --labels, or a map of groups with --groups."
        )
    polygons: xr.DataArray = scene.labels.coords[POLYGON].assign_attrs(assumed=[])
    return polygons


def read_sample_groups(samples: Samples, path: str) -> npt.NDArray[np.generic]:
    """Read the group of each labelled sample from a list with an entry for each sample of the file.

    Args:
        samples: The samples.
        path: The list.
    """
    if samples.patches is None:
        return read_groups(path, len(samples.numbers))
    return read_groups(path, samples.patches.sizes["sample"])[samples.numbers]
