"""Files of splits for the tests: a small scene and a small patch set, and arrays written in each format."""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from scipy.io import savemat

from small_scenes import label_map

# pixels 0..11; unlabelled are 3 and 8
SCENE = label_map([[1, 1, 2, 0], [2, 1, 1, 2], [0, 3, 3, 1]])
PATCHES = [0, 1, 0, 1, 2, 2, 0]
TRAIN, TEST = [0, 2, 5], [1, 7, 9, 10]
MAP = np.array([[1, 2, 1, 0], [0, 1, 0, 2], [0, 2, 2, 0]])
TRAIN_MAP, TEST_MAP = (MAP == 1) * SCENE.values, (MAP == 2) * SCENE.values

Arrays = Mapping[str, npt.ArrayLike]


def write(path: Path, arrays: Arrays) -> Path:
    """Write arrays in the format that the name of the file says."""
    only = np.asarray(next(iter(arrays.values())))
    if path.suffix == ".npz":
        np.savez(path, **{name: np.asarray(values) for name, values in arrays.items()})
    elif path.name.endswith("v73.mat"):
        with h5py.File(path, "w") as file:
            for name, values in arrays.items():
                file[name] = np.atleast_2d(values).T
    elif path.suffix == ".mat":
        savemat(path, dict(arrays))
    elif path.suffix == ".npy":
        np.save(path, only)
    elif path.suffix == ".tif":
        shape = {"height": only.shape[0], "width": only.shape[1], "count": 1, "dtype": "uint8"}
        with (
            pytest.warns(rasterio.errors.NotGeoreferencedWarning),
            rasterio.open(path, "w", driver="GTiff", **shape) as file,
        ):
            file.write(only.astype(np.uint8), 1)
    else:
        np.savetxt(path, only, delimiter=",", fmt="%d")
    return path
