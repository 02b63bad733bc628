"""The labels of a scene, as the preparation of its data says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.io import read_labels
from lrprism.spectral.io.labels import align_classes
from lrprism.spectral.io.traits.maps import read_trait_map
from lrprism.spectral.io.traits.options import TraitOptions


class LabelSettings(Protocol):
    """The settings of a preparation that are about labels."""

    @property
    def labels(self) -> str | None:
        """The path of a label map, of polygons or of points."""

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """A name per class."""

    @property
    def class_codes(self) -> tuple[int, ...] | None:
        """The code of each of the names; None where these are listed in the order of the classes."""

    @property
    def label_attribute(self) -> str | None:
        """The attribute of polygons or points that says their class."""

    @property
    def label_layer(self) -> str | None:
        """The layer of a file of polygons with several."""

    @property
    def label_crs(self) -> str | None:
        """The reference system of the labels."""

    @property
    def traits(self) -> TraitOptions | None:
        """The traits to learn; None where classes are learned."""

    @property
    def unlabelled(self) -> tuple[int, ...] | None:
        """Codes that mean unlabelled."""


@dataclass(frozen=True)
class KnownClasses:
    """The classes that a network was trained with.

    Args:
        names: Their names, class 0 first.
        codes: Their codes in the labels; none where they were named in words.
    """

    names: Sequence[str]
    codes: Sequence[int]


def read_scene_labels(
    settings: LabelSettings, cube: xr.DataArray, known: KnownClasses | None = None
) -> xr.DataArray:
    """Read labels onto the grid of a cube; without any no pixel has one.

    Args:
        settings: The labels and how to read them.
        cube: The cube.
        known: The classes that they are of; None for those that they name.

    Returns:
        The label map as a scene has it.

    Raises:
        DataError: If the labels cannot be read, do not fit the cube, or are of none of the known classes.
    """
    if settings.labels is None:
        unlabelled = np.zeros((cube.sizes["y"], cube.sizes["x"]), dtype=np.int64)
        return xr.DataArray(unlabelled, dims=("y", "x"), attrs={"class_names": []})
    if settings.traits is not None:
        return _read_traits(settings, settings.traits, cube)
    names, codes = settings.class_names, settings.class_codes
    labels = read_labels(
        settings.labels,
        class_names=names if names is None or codes is None else dict(zip(codes, names, strict=True)),
        cube=cube,
        attribute=settings.label_attribute,
        layer=settings.label_layer,
        crs=settings.label_crs,
        unlabelled=settings.unlabelled,
    )
    return labels if known is None else align_classes(labels, known.names, known.codes)


def _read_traits(settings: LabelSettings, traits: TraitOptions, cube: xr.DataArray) -> xr.DataArray:
    """Read the traits of a scene; the attribute of one trait may be named as that of classes is.

    Raises:
        InputError: If an attribute is named twice.
    """
    assert settings.labels is not None
    attribute = settings.label_attribute
    if attribute is not None and traits.columns not in {(), (attribute,)}:
        raise InputError(
            f"the attribute of a trait should be named once. Found --label-attribute {attribute} and "
            f"--target-column {' '.join(traits.columns)}. Leave out --label-attribute."
        )
    return read_trait_map(
        settings.labels,
        cube,
        traits if attribute is None else replace(traits, columns=(attribute,)),
        layer=settings.label_layer,
        crs=settings.label_crs,
        unlabelled=settings.unlabelled or (),
    )
