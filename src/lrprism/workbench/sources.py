"""Labelled samples of a scene or of a patch file, behind one face."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor

from lrprism._errors import DataError
from lrprism.report import array_hash, file_hash
from lrprism.spectral import (
    PatchSet,
    Scene,
    average_pairs,
    check_window,
    cut_windows,
    load_indian_pines,
    read_patch_file,
    scale_by_std,
    select_bands,
)

INDIAN_PINES = "indian-pines"
"""The name that stands for the scene that comes with the package tensorly."""

Numbers = npt.NDArray[np.int64]
Deviations = Sequence[float] | npt.NDArray[np.float64]
Bands = TypeVar("Bands", xr.DataArray, xr.Dataset)


@dataclass(frozen=True)
class Preparation:
    """What is done to the data before a network sees it; stored with the network.

    Args:
        average_pairs: Whether bands 2i and 2i+1 are averaged.
        bands: Numbers of the bands that are kept (after averaging), 0-based; all of them if None.
        window: Side of the windows cut from a scene, in pixels, odd; not used for patch files.
        wavelengths: For patch files: ``"FIRST:LAST"`` in nm or the path of a text file; None where those of
            the tutorial's camera are right.
        class_names: For patch files: a name per class.
    """

    average_pairs: bool = False
    bands: tuple[int, ...] | None = None
    window: int = 7
    wavelengths: str | None = None
    class_names: tuple[str, ...] | None = None

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Rebuild what :meth:`record` wrote."""
        lists = {name: tuple(value) for name, value in record.items() if isinstance(value, list)}
        return cls(**{**record, **lists})

    def record(self) -> dict[str, Any]:
        """Return the settings as plain JSON."""
        return asdict(self)

    def of_bands(self, data: Bands) -> Bands:
        """Average and select the bands of a cube or a patch set."""
        averaged = average_pairs(data) if self.average_pairs else data
        return averaged if self.bands is None else select_bands(averaged, self.bands)


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled samples that patches can be asked for.

    Args:
        source: What was opened: a path, or ``"indian-pines"``.
        numbers: Number of every sample: its pixel (row * width + column) in a scene, its
            position in a patch file.
        labels: Class of every sample, from 0.
        attrs: Title, attribution, quantity, units, class names and what was assumed.
        hash: SHA-256 of the data.
        scene: The prepared scene, or None for a patch file.
        cut: Returns the patches of some numbers, in their order.
    """

    source: str
    numbers: Numbers
    labels: Numbers
    attrs: dict[str, Any]
    hash: str
    scene: Scene | None
    cut: Callable[[Numbers], PatchSet]

    @property
    def class_names(self) -> list[str]:
        """Name of each class, class 0 first."""
        return [str(name) for name in self.attrs["class_names"]]

    def labels_of(self, numbers: Numbers) -> Numbers:
        """Return the class of each of some samples."""
        return self.labels[np.searchsorted(self.numbers, numbers)]


def open_samples(source: str, preparation: Preparation) -> Samples:
    """Open a scene or a patch file and prepare its bands.

    Args:
        source: ``"indian-pines"``, or the path of an HDF5 patch file (``train_img``, ``train_labels``).
        preparation: What is done to the bands, and the window for a scene.

    Raises:
        DataError: If the data cannot be read or prepared.
    """
    if source == INDIAN_PINES:
        return _scene_samples(source, load_indian_pines(), preparation)
    if not Path(source).is_file():
        raise DataError(
            f"data should be an HDF5 patch file or '{INDIAN_PINES}'. Found no file '{source}'. "
            "Correct the path."
        )
    patches = read_patch_file(
        source, wavelengths=preparation.wavelengths, class_names=preparation.class_names
    )
    return _file_samples(source, preparation.of_bands(patches))


def _scene_samples(source: str, scene: Scene, preparation: Preparation) -> Samples:
    """Samples of the labelled pixels whose window lies inside the scene."""
    check_window(scene, preparation.window)
    data_hash = array_hash(scene.cube.values)
    prepared = Scene(preparation.of_bands(scene.cube), _inner_labels(scene.labels, preparation.window // 2))
    flat = prepared.labels.values.ravel()
    numbers = np.flatnonzero(flat).astype(np.int64)
    lost = int((scene.labels.values > 0).sum()) - len(numbers)
    notes = [f"{lost} labelled pixels lie too near the border of the scene for a window"] if lost else []
    attrs = {**prepared.cube.attrs, "class_names": prepared.class_names}
    attrs["assumed"] = [*attrs["assumed"], *notes]

    def cut(wanted: Numbers) -> PatchSet:
        return cut_windows(prepared, preparation.window, pixels=wanted)

    return Samples(source, numbers, flat[numbers] - 1, attrs, data_hash, prepared, cut)


def _inner_labels(labels: xr.DataArray, radius: int) -> xr.DataArray:
    """Labels without those whose window would leave the scene."""
    inner = xr.zeros_like(labels)
    keep = (slice(radius, labels.sizes["y"] - radius), slice(radius, labels.sizes["x"] - radius))
    inner.values[keep] = labels.values[keep]
    return inner


def _file_samples(source: str, patches: PatchSet) -> Samples:
    numbers = np.arange(patches.sizes["sample"], dtype=np.int64)

    def cut(wanted: Numbers) -> PatchSet:
        return patches.isel(sample=wanted)

    return Samples(
        source, numbers, patches["label"].values, dict(patches.attrs), file_hash(source), None, cut
    )


def network_inputs(patches: PatchSet, std: Deviations) -> Tensor:
    """Return patches as a network takes them: ``[N, 1, band, y, x]``, in standard deviations of the band.

    Args:
        patches: Patches in the data's own units.
        std: Standard deviation of each band over the training patches.
    """
    scaled = scale_by_std(patches, np.asarray(std))
    return torch.from_numpy(scaled["patch"].values).unsqueeze(1)
