"""Labelled samples of a scene or of a patch file, behind one interface."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.bands import (
    average_pairs,
    check_bands_hold_data,
    flag_empty_bands,
    good_bands,
    select_bands,
)
from lrprism.spectral.cubes.cube import Scene
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.cubes.resample import resample_bands
from lrprism.spectral.cubes.scan import scan_cube
from lrprism.spectral.cubes.windows import check_window, mark_complete_windows, mark_inside
from lrprism.spectral.io import read_cube
from lrprism.spectral.io.patch_file import is_patch_file, read_patch_file
from lrprism.spectral.knowledge.indian_pines import load_indian_pines
from lrprism.spectral.runs import file_hash
from lrprism.spectral.workbench.cutters import AbstractCutter, Numbers, PatchCutter, WindowCutter
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.scene_labels import KnownClasses, check_patch_names, read_scene_labels

if TYPE_CHECKING:
    from torch import Tensor

INDIAN_PINES = "indian-pines"
"""The name that stands for the scene that comes with the package tensorly."""

_FEWEST_CLASSES: Final = 2

Bands = TypeVar("Bands", xr.DataArray, xr.Dataset)


@dataclass(frozen=True)
class Preparation:
    """The preparation of the data in front of a network; stored with the network.

    Args:
        average_pairs: Whether bands 2i and 2i+1 are averaged.
        bands: Numbers of the bands that are kept (after averaging), 0-based; all of them if None.
        window: Side of the windows cut from a scene, in pixels, odd; not used for patch files.
        wavelengths: ``"FIRST:LAST"`` in nm or the path of a text file; None where those of the file, or of
            the tutorial's camera, are right.
        class_names: A name per class, where the data name none.
        labels: For cubes: the path of a label map, of polygons or of points.
        key: For files of several arrays: the name of the cube's.
        class_codes: For cubes: the code in the labels of each of ``class_names``; None where these are listed
            in the order of the classes.
        label_attribute: The attribute of polygons or points that says their class.
        label_layer: The layer of a file of polygons with several.
        label_crs: The reference system of the labels, in place of the file's.
        unlabelled: Codes that mean unlabelled; None for 0 of a map, none of polygons and points.
        band_axis: For arrays whose axes have no names: the axis of the bands, from 0.
    """

    average_pairs: bool = False
    bands: tuple[int, ...] | None = None
    window: int = 7
    wavelengths: str | None = None
    class_names: tuple[str, ...] | None = None
    labels: str | None = None
    key: str | None = None
    class_codes: tuple[int, ...] | None = None
    label_attribute: str | None = None
    label_layer: str | None = None
    label_crs: str | None = None
    unlabelled: tuple[int, ...] | None = None
    band_axis: int | None = None

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Rebuild the settings from the result of :meth:`record`."""
        lists = {name: tuple(value) for name, value in record.items() if isinstance(value, list)}
        return cls(**{**record, **lists})

    def record(self) -> dict[str, Any]:
        """Return the settings as plain JSON."""
        return asdict(self)

    def prepare_bands(self, data: Bands) -> Bands:
        """Average and select the bands of a cube or a patch set; without a choice, those flagged good."""
        # the sensor flags its bad bands; a choice of the user overrules the flags
        if self.bands is None and not data["good"].values.all():
            data = good_bands(data)
        if self.average_pairs:
            data = average_pairs(data)
        return data if self.bands is None else select_bands(data, self.bands)

    def flag_bands(self, data: Bands) -> Bands:
        """Flag the bands without any data as bad; where bands are chosen, refuse one without.

        Raises:
            DataError: If a chosen band does not exist or holds no data.
        """
        if self.bands is None:
            return flag_empty_bands(data)
        check_bands_hold_data(self.prepare_bands(data))
        return data


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled samples, of which patches can be cut.

    Args:
        source: A path, or ``"indian-pines"``.
        numbers: Number of every sample: its pixel (row * width + column) in a scene, its
            position in a patch file.
        labels: Class of every sample, from 0.
        attrs: Title, attribution, quantity, units, class names and assumptions.
        hash: SHA-256 of the data.
        scene: The prepared scene, with labels where a whole window fits; None for a patch file.
        cut: Returns the patches of some numbers, in their order.
        all_labels: Labels of all pixels of a scene, whether a window fits or not; None for a patch file.
        has_window: Of a scene, the pixels whose window lies inside it and holds no missing value, ``[y, x]``.
        range: Lowest and highest value of a scene; None for a patch file.
    """

    source: str
    numbers: Numbers
    labels: Numbers
    attrs: dict[str, Any]
    hash: str
    scene: Scene | None
    cut: AbstractCutter
    all_labels: xr.DataArray | None = None
    has_window: npt.NDArray[np.bool_] | None = None
    range: tuple[float, float] | None = None

    @property
    def class_names(self) -> list[str]:
        """Name of each class, class 0 first."""
        return [str(name) for name in self.attrs["class_names"]]

    @property
    def class_codes(self) -> list[int]:
        """Code of each class in the labels, class 0 first; none where they name classes in words."""
        # patch files count classes from 0, label maps without stated codes from 1
        first = 0 if self.scene is None else 1
        listed = self.attrs.get("class_codes", range(first, first + len(self.class_names)))
        return [int(code) for code in listed]

    def labels_of(self, numbers: Numbers) -> Numbers:
        """Return the class of each of some samples."""
        return self.labels[np.searchsorted(self.numbers, numbers)]

    def hold(self, numbers: Numbers, folder: Path) -> Self:
        """Read some samples, which are cut from then on without the file.

        Args:
            numbers: The samples.
            folder: Where a file without a name may lie until the process ends, if memory is short.
        """
        return replace(self, cut=self.cut.hold(numbers, folder))


def open_samples(
    source: str,
    preparation: Preparation,
    *,
    wavelengths: npt.NDArray[np.float64] | None = None,
    classes: KnownClasses | None = None,
) -> Samples:
    """Open a scene or a patch file and prepare its bands.

    Args:
        source: ``"indian-pines"``, the path of an HDF5 patch file (``train_img``, ``train_labels``), or that
            of a cube in any format that :func:`lrprism.spectral.io.read_cube` knows.
        preparation: The preparation of the bands, and the window for a scene.
        wavelengths: Of a scene, wavelengths in nm that its bands are averaged to, in place of averages and
            choice of the preparation; None to prepare them as they are.
        classes: Of a scene, the classes that its labels are of; None for those that they name.

    Raises:
        DataError: If the data cannot be read or prepared.
    """
    if source == INDIAN_PINES:
        return _open_scene(source, load_indian_pines(), preparation)
    if not Path(source).exists():
        raise DataError(
            f"data should be a cube, an HDF5 patch file or '{INDIAN_PINES}'. Found no file '{source}'. "
            "Correct the path."
        )
    # an HDF5 file may hold patches or a cube
    if is_patch_file(source):
        check_patch_names(preparation)
        patches = read_patch_file(
            source, wavelengths=preparation.wavelengths, class_names=preparation.class_names
        )
        return _open_patches(source, preparation.prepare_bands(preparation.flag_bands(patches)))
    cube = read_cube(
        source,
        wavelengths=preparation.wavelengths,
        key=preparation.key,
        band_axis=preparation.band_axis,
    )
    scene = Scene(cube, read_scene_labels(preparation, cube, classes))
    if wavelengths is not None:
        scene = Scene(resample_bands(scene.cube, wavelengths), scene.labels)
        preparation = replace(preparation, average_pairs=False, bands=None)
    return _open_scene(source, scene, preparation)


def open_labelled_samples(source: str, preparation: Preparation, reporter: Reporter) -> Samples:
    """Open samples to train or test on, and refuse data without two classes.

    Args:
        source: As in :func:`open_samples`.
        preparation: The preparation of the bands, and the window for a scene.
        reporter: Shows the progress.

    Raises:
        DataError: If the data cannot be read or prepared, or the labels are of fewer than two classes.
    """
    with reporter.step(f"reading {source}"):
        samples = open_samples(source, preparation)
    if not len(samples.numbers):
        if preparation.labels is None:
            found, advice = "none", "Give labels with --labels."
        else:  # the notes tell how many were lost at the border or to missing values
            found = "; ".join(["none", *map(str, samples.attrs["assumed"])])
            advice = f"Choose a smaller --window or other --bands, or check '{preparation.labels}'."
        raise DataError(
            f"'{source}' should have labelled samples to train and test on. Found {found}. {advice}"
        )
    if len(samples.class_names) < _FEWEST_CLASSES:
        raise DataError(
            f"labels of '{source}' should be of at least two classes. Found one, {samples.class_names[0]!r}. "
            "Label the others; where 0 is a class, give --unlabelled none."
        )
    return samples


def _open_scene(source: str, scene: Scene, preparation: Preparation) -> Samples:
    """Take the labelled pixels whose window lies inside the scene and holds no missing value."""
    check_window(scene, preparation.window)
    scene = Scene(preparation.flag_bands(scene.cube), scene.labels)
    cube = preparation.prepare_bands(scene.cube)
    inside = mark_inside(scene.labels.shape, preparation.window // 2)
    inner = scene.labels.where(inside, 0)
    scan = scan_cube(scene.cube, _find_used_bands(scene.cube, preparation))
    complete = mark_complete_windows(scan.complete, preparation.window)
    prepared = Scene(cube, inner.where(complete, 0))
    flat = prepared.labels.values.ravel()
    numbers = np.flatnonzero(flat).astype(np.int64)
    # said in the record: a reader compares the counts with those of the scene
    lost = int((scene.labels.values > 0).sum() - (inner.values > 0).sum())
    missing = int((inner.values > 0).sum()) - len(numbers)
    notes = [f"{lost} labelled pixels lie too near the border of the scene for a window"] if lost else []
    notes += [f"{missing} labelled pixels have missing values in their window"] if missing else []
    attrs = {**prepared.cube.attrs, **prepared.labels.attrs}
    labels_assumed = prepared.labels.attrs.get("assumed", [])
    attrs["assumed"] = [*prepared.cube.attrs["assumed"], *labels_assumed, *notes]
    return Samples(
        source,
        numbers,
        flat[numbers] - 1,
        attrs,
        scan.hash,
        prepared,
        WindowCutter(prepared, preparation.window),
        scene.labels,
        complete & inside,
        (scan.low, scan.high),
    )


def _find_used_bands(cube: xr.DataArray, preparation: Preparation) -> npt.NDArray[np.bool_]:
    """Mark the bands of which a missing value is still one after preparation, ``[band]``."""
    bands = cube.sizes["band"]
    # a scene of one pixel per band, which misses that band alone
    probe = cube.isel(y=slice(0, 1), x=np.zeros(bands, dtype=int)).copy(
        data=np.where(np.eye(bands, dtype=bool)[:, None], np.float32(np.nan), np.float32(0))
    )
    return np.asarray(preparation.prepare_bands(probe).isnull().any(("band", "y")).values)


def _open_patches(source: str, patches: PatchSet) -> Samples:
    numbers = np.arange(patches.sizes["sample"], dtype=np.int64)
    labels, attrs = patches["label"].values, dict(patches.attrs)
    return Samples(source, numbers, labels, attrs, file_hash(source), None, PatchCutter(patches))


def network_inputs(patches: PatchSet) -> "Tensor":
    """Return patches as a pipeline takes them: ``[N, band, y, x]``, in the data's own units."""
    import torch  # late: lrprism inspect reads data without it

    return torch.from_numpy(patches["patch"].values)
