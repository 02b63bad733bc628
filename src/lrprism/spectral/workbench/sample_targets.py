"""The traits of samples: read from a scene, checked before they are learned; and the hash of patches."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.io.traits.columns import NAMES
from lrprism.spectral.io.traits.maps import COORDINATE
from lrprism.spectral.workbench.cutters import Numbers

Floats = npt.NDArray[np.float64]


def read_pixel_targets(labels: xr.DataArray, numbers: Numbers) -> Floats | None:
    """Return the traits of some pixels, ``[sample, trait]``; None where labels are classes.

    Args:
        labels: The labels of a scene.
        numbers: Numbers of the pixels.
    """
    if NAMES not in labels.attrs:
        return None
    maps = [labels[COORDINATE.format(trait)] for trait in range(len(labels.attrs[NAMES]))]
    return np.stack([values.values.ravel()[numbers] for values in maps], axis=1)


def check_targets(targets: Floats, names: Sequence[str], source: str) -> None:
    """Refuse traits that do not vary.

    Args:
        targets: The traits, ``[sample, trait]``.
        names: Their names.
        source: The data, for the message.

    Raises:
        DataError: If one has a single value.
    """
    for name, values in zip(names, targets.T, strict=True):
        if values.min() == values.max():
            raise DataError(
                f"the trait {name!r} of '{source}' should vary from sample to sample. Found {values[0]:g} in "
                f"all {len(values)}. Choose another with --target-column."
            )


def hash_patches(patches: PatchSet) -> str:
    """Return the SHA-256 of the values of patches.

    Args:
        patches: The patches.
    """
    return hashlib.sha256(np.ascontiguousarray(patches["patch"].values).tobytes()).hexdigest()
