"""Patches: equal square cut-outs of a spectral image, each with one label."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError

PatchSet: TypeAlias = xr.Dataset
"""Variables ``patch`` (sample, band, y, x) float32 and ``label`` (sample) int64 from 0, -1 where there is
none; the cube's band coordinates; ``row`` and ``column`` (sample) of the centre pixel of patches cut from a
scene; ``name`` (sample) where each has one, such as its file, and ``group`` (sample), such as its plant; the
cube's attributes and ``class_names``."""

BandCoords: TypeAlias = Mapping[str, tuple[str, npt.NDArray[np.generic]]]


def make_patches(
    patch: npt.NDArray[np.float32],
    label: npt.NDArray[np.int64],
    *,
    coords: BandCoords,
    class_names: Sequence[str],
    attrs: Mapping[str, object],
    centres: npt.NDArray[np.int64] | None = None,
    names: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
) -> PatchSet:
    """Lay patches and labels out as one dataset.

    Shapes: ``patch``: ``[sample, band, y, x]``; ``label``: ``[sample]``; ``centres``: ``[sample, 2]``.

    Args:
        patch: The cut-outs.
        label: Class of each, from 0; -1 where there is none.
        coords: Coordinates along ``band``.
        class_names: Name of each class, class 0 first.
        attrs: Attributes of the data that the patches come from.
        centres: Row and column of each centre pixel in the scene, if there is a scene.
        names: Name of each, if they have one: its file, its line in a table.
        groups: Plant, field or day of each, if that is known.

    Raises:
        DataError: If a label has no name.
    """
    if label.size and int(label.max()) >= len(class_names):
        raise DataError(
            f"class names should cover every label, 0..{int(label.max())}. "
            f"Found {len(class_names)} names. Give one name per class, class 0 first."
        )
    samples: dict[str, tuple[str, npt.NDArray[np.generic]]] = {}
    if centres is not None:  # None of a patch file, which does not say where its patches lie
        samples = {"row": ("sample", centres[:, 0]), "column": ("sample", centres[:, 1])}
    for key, words in (("name", names), ("group", groups)):
        if words is not None:
            samples[key] = ("sample", np.array([str(word) for word in words]))
    return xr.Dataset(
        {"patch": (("sample", "band", "y", "x"), patch), "label": ("sample", label)},
        coords={**coords, **samples},
        attrs={**attrs, "class_names": [str(name) for name in class_names]},
    )
