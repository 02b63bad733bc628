"""Small scenes that are used together: two classes, each in two fields, told apart by two bands."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral import make_cube, write_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.training import Devices, TrainingConfig
from lrprism.spectral.workbench import NetworkSettings, Preparation, Samples, SplitSettings, TrainingSettings
from lrprism.spectral.workbench.joined_scenes import open_scenes
from lrprism.spectral.workbench.scene_files import SceneFile
from small_runs import SILENT

NM = (450.0, 550.0, 650.0, 750.0)
CODES = (1, 2)


def write_scene(
    folder: Path,
    name: str,
    *,
    shape: tuple[int, int] = (20, 24),
    codes: Sequence[int] = CODES,
    nm: Sequence[float] = NM,
    seed: int = 0,
    corner: tuple[float, float] | None = None,
    **facts: str,
) -> SceneFile:
    """Write a cube and a map of codes; ``corner`` is where it lies in metres, its pixels are 10 m."""
    labels = paint_fields(shape, codes)
    values = np.random.default_rng(seed).normal(0.3, 0.02, (len(nm), *shape))
    for band, code in enumerate(codes, start=1):
        values[band] += 0.2 * (labels == code)
    facts = {"title": name, "quantity": "reflectance", "units": "1", "attribution": f"{name} ltd"} | facts
    cube = make_cube(values, nm, **facts)
    if corner is not None:
        place = Georeference("EPSG:32632", (corner[0], 10.0, 0.0, corner[1], 0.0, -10.0))
        cube = assign_georeference(cube, place)
    write_cube(cube, folder / f"{name}.nc")
    np.save(folder / f"{name}.npy", labels)
    return SceneFile(str(folder / f"{name}.nc"), str(folder / f"{name}.npy"))


def paint_fields(shape: tuple[int, int], codes: Sequence[int] = CODES) -> npt.NDArray[np.int64]:
    """Four fields with bare rows and columns between, the same class across the corner."""
    height, width = (size // 2 for size in shape)
    labels = np.zeros(shape, dtype=np.int64)
    labels[: height - 1, : width - 1] = labels[height + 1 :, width + 1 :] = codes[0]
    labels[: height - 1, width + 1 :] = labels[height + 1 :, : width - 1] = codes[1]
    return labels


def open_small(files: Sequence[SceneFile], *, window: int = 3, **options: Any) -> Samples:
    return open_scenes(files, Preparation(window=window), reporter=SILENT, **options)


def read_values(file: SceneFile) -> npt.NDArray[np.float32]:
    return np.asarray(xr.open_dataset(file.source)["reflectance"].values)


def several_settings(
    files: Sequence[SceneFile], scheme: str | None = None, **options: Any
) -> TrainingSettings:
    """A network of single spectra, which a training takes no time for."""
    first, *others = files
    return TrainingSettings(
        first.source,
        Preparation(window=1, labels=first.labels),
        network=NetworkSettings("mlp"),
        split=SplitSettings(scheme, block=5),
        training=TrainingConfig(
            epochs=6, batch_size=16, learning_rate=5e-3, devices=Devices("cpu"), initialize=True
        ),
        others=tuple(others),
        **options,
    )
