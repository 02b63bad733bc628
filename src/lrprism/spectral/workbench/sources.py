"""Labelled samples of a scene, of spectra or of patches, behind one interface."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import Scene
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.cubes.resample import resample_bands, resample_patches
from lrprism.spectral.cubes.scan import find_used_bands, scan_cube
from lrprism.spectral.cubes.windows import check_window, mark_complete_windows, mark_inside
from lrprism.spectral.io import read_cube
from lrprism.spectral.io.patch_file import PATCH_FILE
from lrprism.spectral.io.sample_registry import check_no_columns, find_sample_format, read_samples
from lrprism.spectral.io.spectra.labelling import UNLABELLED
from lrprism.spectral.io.traits.columns import NAMES, TRAITS, UNITS
from lrprism.spectral.knowledge.indian_pines import load_indian_pines
from lrprism.spectral.runs import file_hash
from lrprism.spectral.workbench.cutters import AbstractCutter, Numbers, PatchCutter, WindowCutter
from lrprism.spectral.workbench.pixel_targets import PixelTargets, check_has_pixels, read_pixels
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.sample_targets import check_targets, hash_patches, read_pixel_targets
from lrprism.spectral.workbench.scene_labels import KnownClasses, read_scene_labels
from lrprism.spectral.workbench.scene_numbers import SceneNumbers

if TYPE_CHECKING:
    from torch import Tensor

    from lrprism.spectral.training.tasks.task import AbstractTask

INDIAN_PINES = "indian-pines"
"""The name that stands for the scene that comes with the package tensorly."""

_FEWEST_CLASSES: Final = 2


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled samples, of which patches can be cut.

    Args:
        source: A path, or ``"indian-pines"``.
        numbers: Number of every labelled sample: its pixel (row * width + column) in a scene, after those of
            the scenes before it where there are several; its position among the spectra or patches of a file
            or folder.
        labels: Class of every sample, from 0.
        attrs: Title, attribution, quantity, units, class names and assumptions.
        hash: SHA-256 of the data.
        scene: The prepared scene, with labels where a whole window fits; None for a patch file and for
            several scenes.
        cut: Returns the patches of some numbers, in their order.
        all_labels: Labels of all pixels of a scene, whether a window fits or not; of several scenes one scene
            after the other, ``[pixel]``; None for a patch file.
        has_window: Of a scene, the pixels whose window lies inside it and holds no missing value, ``[y, x]``.
        range: Lowest and highest value of a scene; None for a patch file.
        patches: All spectra or patches of a file or folder, labelled or not; None for a scene.
        band_numbers: The number by which ``Preparation.bands`` keeps each band; None where there is none.
        scenes: Where there are several scenes, the samples of each.
        places: Numbers and names of these scenes.
        targets: For a regression the traits of every sample, ``[sample, trait]``, whose classes are strata
            of the first trait; None for classes.
        pixels: For a segmentation the class of each pixel; None where a sample has one class.
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
    patches: PatchSet | None = None
    band_numbers: npt.NDArray[np.int64] | None = None
    scenes: "tuple[Samples, ...]" = ()
    places: SceneNumbers | None = None
    targets: npt.NDArray[np.float64] | None = None
    pixels: PixelTargets | None = None

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

    @property
    def task(self) -> "AbstractTask":
        """What a network can learn from the samples."""
        # late: lrprism inspect reads data without torch
        from lrprism.spectral.training.tasks.classification import Classification
        from lrprism.spectral.training.tasks.regression import Regression
        from lrprism.spectral.training.tasks.segmentation import Segmentation

        if self.targets is None:
            return (Segmentation if self.pixels else Classification)(tuple(self.class_names))
        return Regression(*(tuple(map(str, self.attrs[name])) for name in (NAMES, UNITS)))

    def targets_of(self, numbers: Numbers) -> npt.NDArray[np.generic]:
        """Return what a network should learn of each of some samples."""
        if self.targets is None:
            return self.labels_of(numbers) if self.pixels is None else self.pixels.cut(numbers)
        return self.targets[np.searchsorted(self.numbers, numbers)]

    def labels_of(self, numbers: Numbers) -> Numbers:
        """Return the class of each of some samples."""
        return self.labels[np.searchsorted(self.numbers, numbers)]

    def describe(self, numbers: Numbers, column: str) -> npt.NDArray[np.str_] | None:
        """Return the ``"name"`` or ``"group"`` of some samples, where the data have it; None elsewhere."""
        if self.patches is None or column not in self.patches.coords:
            return None
        return np.asarray(self.patches[column].values[numbers], dtype=str)

    def locate(self, numbers: Numbers) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of a table that say which samples these are.

        Args:
            numbers: The samples.

        Returns:
            ``sample``, its number; of a scene ``row`` and ``column`` too; of several scenes ``scene``, with
            the others counted in that scene.
        """
        if self.places is not None:
            scene, sample = self.places.find_scene(numbers), self.places.count_within(numbers)
            widths = np.array([_width_of(member) for member in self.scenes], dtype=np.int64)
            row, column = np.divmod(sample, widths[scene])
            return {"scene": self.places.name_of(numbers), "sample": sample, "row": row, "column": column}
        if self.scene is None:
            return {"sample": numbers}
        row, column = np.divmod(numbers, _width_of(self))
        return {"sample": numbers, "row": row, "column": column}

    def hold(self, numbers: Numbers, folder: Path) -> Self:
        """Read some samples, which are cut from then on without the file.

        Args:
            numbers: The samples.
            folder: Where a file without a name may lie until the process ends, if memory is short.
        """
        return replace(self, cut=self.cut.hold(numbers, folder))


def _width_of(samples: Samples) -> int:
    assert samples.scene is not None
    return int(samples.scene.labels.sizes["x"])


def open_samples(
    source: str,
    preparation: Preparation,
    *,
    wavelengths: npt.NDArray[np.float64] | None = None,
    classes: KnownClasses | None = None,
) -> Samples:
    """Open a scene, spectra or patches and prepare their bands.

    Args:
        source: ``"indian-pines"``, or the path of spectra or patches in a format of ``SAMPLE_FORMATS``, or
            of a cube in any format that :func:`lrprism.spectral.io.read_cube` knows.
        preparation: The preparation of the bands, and the window for a scene.
        wavelengths: Wavelengths in nm to average the bands to, in place of what the preparation says of them.
        classes: Of a scene, the classes that its labels are of; None for those that they name.

    Raises:
        DataError: If the data cannot be read or prepared.
        InputError: If an option does not go with the data.
    """
    if source == INDIAN_PINES:
        return _open_scene(source, load_indian_pines(), preparation)
    if not Path(source).exists():
        raise DataError(
            f"data should be a cube, spectra, patches or '{INDIAN_PINES}'. Found no file '{source}'. "
            "Correct the path."
        )
    # an HDF5 file may hold patches or a cube
    sample_format = find_sample_format(source)
    if sample_format is not None:
        check_has_pixels(source, preparation)
        patches = read_samples(source, sample_format, preparation.sample_options)
        # the bytes of one file; a folder or a library is several
        digest = file_hash(source) if sample_format is PATCH_FILE else hash_patches(patches)
        if wavelengths is not None:
            return _open_patches(source, resample_patches(patches, wavelengths), digest)
        data = preparation.flag_bands(patches)
        return _open_patches(source, preparation.prepare_bands(data), digest, preparation.number_bands(data))
    check_no_columns(source, preparation.sample_options)
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
        if UNLABELLED in samples.attrs:
            found, advice = samples.attrs[UNLABELLED], "Choose one with --label-column, or give --labels."
        elif preparation.labels is None and preparation.traits is None:
            found, advice = "none", "Give labels with --labels."
        else:  # the notes tell how many were lost at the border or to missing values
            found = "; ".join(["none", *map(str, samples.attrs["assumed"])])
            advice = f"Choose a smaller --window or other --bands, or check '{preparation.labels or source}'."
        raise DataError(
            f"'{source}' should have labelled samples to train and test on. Found {found}. {advice}"
        )
    if samples.targets is not None:
        check_targets(samples.targets, samples.task.names, source)
    elif len(samples.class_names) < _FEWEST_CLASSES:
        raise DataError(
            f"labels of '{source}' should be of at least two classes. Found one, {samples.class_names[0]!r}. "
            "Label the others; where 0 is a class, give --unlabelled none."
        )
    return samples


def _open_scene(source: str, scene: Scene, preparation: Preparation) -> Samples:
    """Take the labelled pixels whose window lies inside the scene and holds no missing value."""
    check_window(scene, preparation.window)
    scene = Scene(preparation.flag_bands(scene.cube), scene.labels)
    inside = mark_inside(scene.labels.shape, preparation.window // 2)
    inner = scene.labels.where(inside, 0)
    scan = scan_cube(scene.cube, find_used_bands(scene.cube, preparation.prepare_bands))
    complete = mark_complete_windows(scan.complete, preparation.window)
    prepared = Scene(preparation.prepare_bands(scene.cube), inner.where(complete, 0))
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
        *(source, numbers, flat[numbers] - 1),
        attrs,
        scan.hash,
        prepared,
        WindowCutter(prepared, preparation.window),
        scene.labels,
        complete & inside,
        (scan.low, scan.high),
        band_numbers=preparation.number_bands(scene.cube),
        targets=read_pixel_targets(scene.labels, numbers),
        pixels=read_pixels(scene.labels, preparation),
    )


def _open_patches(
    source: str, patches: PatchSet, digest: str, bands: npt.NDArray[np.int64] | None = None
) -> Samples:
    """Take the labelled samples of a file or folder; their numbers are their positions in it."""
    label, attrs = patches["label"].values, dict(patches.attrs)
    numbers = np.flatnonzero(label >= 0).astype(np.int64)
    labels, targets = label[numbers], patches[TRAITS].values[numbers] if TRAITS in patches else None
    cut = PatchCutter(patches.drop_vars(["group", TRAITS], errors="ignore"))
    samples = Samples(source, numbers, labels, attrs, digest, None, cut, patches=patches, band_numbers=bands)
    return replace(samples, targets=targets)


def network_inputs(patches: PatchSet) -> "Tensor":
    """Return patches as a pipeline takes them: ``[N, band, y, x]``, in the data's own units."""
    import torch  # late: lrprism inspect reads data without it

    return torch.from_numpy(patches["patch"].values)
