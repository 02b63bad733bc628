"""Planting into a scene: real spectra, and classes that are known to lie in what was planted."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.cubes.cube import Scene, with_note
from lrprism.spectral.simulate.arrays import Mask
from lrprism.spectral.simulate.plan import PlantSettings
from lrprism.spectral.simulate.planting import plant
from lrprism.spectral.simulate.truth import Truth

_BLOCK: Final = 5


def plant_scene(
    scene: Scene,
    settings: PlantSettings | None = None,
    *,
    source_classes: tuple[str, ...] | None = None,
    block: int = _BLOCK,
    **changes: Any,
) -> tuple[Scene, Truth]:
    """Plant features into the labelled pixels of a scene and give them new classes.

    Pixels of one square of the scene and of one old class get one new class and one sign in each decoy;
    their strengths differ from pixel to pixel. See :func:`plant` for the formula.

    Args:
        scene: The scene, which stays as it is.
        settings: What to plant.
        source_classes: Names of the classes whose pixels are planted into; the others lose their label. By
            default all labelled pixels.
        block: Side of the squares in pixels; 1 gives every pixel a class of its own.
        **changes: Settings to change, by their names in :class:`PlantSettings`.

    Returns:
        The planted scene, and the truth; a row of ``truth.strength`` for each labelled pixel, row by row of
        the scene, and ``truth.region`` ``[1, y, x]`` the pixels that were planted into.

    Raises:
        DataError: If a class is unknown, no pixel is labelled, or a planted value would not be finite.
        InputError: If a setting is impossible, or there are too few squares for the classes.
    """
    settings = replace(settings or PlantSettings(), **changes)
    if block < 1:
        raise InputError(f"block should be 1 pixel or more. Found {block}. Try 5.")
    chosen = _choose_pixels(scene, source_classes)
    row, column = np.nonzero(chosen)
    old = scene.labels.values[chosen]
    squares_across = -(-chosen.shape[1] // block)
    square = (row // block) * squares_across + column // block
    data = plant(
        scene.cube.values[:, chosen].T,
        old,
        scene.cube["wavelength"].values,
        settings,
        groups=square * (old.max() + 1) + old,
    )
    labels = np.zeros(chosen.shape, dtype=np.int64)
    labels[chosen] = data.y + 1
    values = scene.cube.values.copy()
    values[:, chosen] = data.x.T
    names = [f"planted {number}" for number in range(settings.classes)]
    note = f"features were planted into {len(old)} pixels: their classes are not those of the ground"
    cube = scene.cube.copy(data=values).assign_attrs(with_note(scene.cube.attrs, note))
    planted = Scene(cube, xr.DataArray(labels, dims=("y", "x"), attrs={"class_names": names}))
    return planted, replace(data.truth, region=chosen[None])


def _choose_pixels(scene: Scene, names: tuple[str, ...] | None) -> Mask:
    labels = scene.labels.values
    unknown = [name for name in names or () if name not in scene.class_names]
    if unknown:
        raise DataError(
            f"source classes should be among those of the scene. Found {unknown[0]!r}. The scene has "
            f"{', '.join(scene.class_names)}."
        )
    numbers = [scene.class_names.index(name) + 1 for name in names or scene.class_names]
    chosen = np.isin(labels, numbers)
    if not chosen.any():
        raise DataError("a scene should have labelled pixels to plant into. Found none. Give it labels.")
    return chosen
