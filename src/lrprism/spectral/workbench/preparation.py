"""The preparation of the data in front of a network."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self, TypeVar

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.cubes.bands import (
    average_pairs,
    check_bands_hold_data,
    flag_empty_bands,
    good_bands,
    select_bands,
)
from lrprism.spectral.cubes.cube import with_note
from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.io.traits.options import TraitOptions

CLASSIFICATION: Final = "classification"
REGRESSION: Final = "regression"
SEGMENTATION: Final = "segmentation"
TASKS: Final = (CLASSIFICATION, REGRESSION, SEGMENTATION)
"""What a network can learn of data, as the command line has it."""
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
        labels: The path of a label map, of polygons or of points for a cube; of a table for spectra.
        key: For files of several arrays: the name of the cube's.
        class_codes: The code in the labels of each of ``class_names``; None where these are listed in the
            order of the classes.
        label_attribute: The attribute of polygons or points that says their class.
        label_layer: The layer of a file of polygons with several.
        label_crs: The reference system of the labels, in place of the file's.
        unlabelled: Codes that mean unlabelled; None for 0 of a map, none of polygons and points.
        band_axis: For arrays whose axes have no names: the axis of the bands, from 0.
        label_column: For tables: the column that names the class; None for the obvious one.
        group_column: For tables: the column that names the plant, field or day of each sample.
        task: What a network learns: ``"classification"``, ``"segmentation"``, the class of each pixel of a
            window, or ``"regression"`` of numbers.
        target_columns: For a regression: the columns or attributes that hold the traits, or their names.
        target_units: The unit of each; none for those that the names state.
        targets_may_be_unknown: Whether data without measured traits or classes are read too, to be predicted.

    Raises:
        InputError: If the task is unknown, or traits are named without a regression.
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
    label_column: str | None = None
    group_column: str | None = None
    task: str = CLASSIFICATION
    target_columns: tuple[str, ...] = ()
    target_units: tuple[str, ...] = ()
    targets_may_be_unknown: bool = False

    def __post_init__(self) -> None:
        """Check the task.

        Raises:
            InputError: If it is unknown, or traits are named without a regression.
        """
        if self.task not in TASKS:
            raise InputError(
                f"task should be one of {', '.join(TASKS)}. Found '{self.task}'. Take one of them."
            )
        if self.task != REGRESSION and (self.target_columns or self.target_units):
            word, value = (
                ("--target-column", self.target_columns[0])
                if self.target_columns
                else ("--target-unit", self.target_units[0])
            )
            raise InputError(
                f"{word} should come with --task regression. Found {value!r} with --task {self.task}. Add "
                "--task regression, or name the class with --label-column."
            )
        if self.task == REGRESSION and (self.class_names is not None or self.label_column is not None):
            word = "--label-column" if self.class_names is None else "--class-names"
            raise InputError(
                f"{word} should be given for classes. Found it with --task regression. Leave it out, and "
                "name the columns of numbers with --target-column."
            )
        _ = self.traits

    @property
    def traits(self) -> TraitOptions | None:
        """The traits to learn; None where classes are learned.

        Raises:
            InputError: If a trait is named twice, or units are not given for all of them.
        """
        if self.task != REGRESSION:
            return None
        return TraitOptions(self.target_columns, self.target_units, self.targets_may_be_unknown)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Rebuild the settings from the result of :meth:`record`."""
        lists = {name: tuple(value) for name, value in record.items() if isinstance(value, list)}
        return cls(**{**record, **lists})

    def record(self) -> dict[str, Any]:
        """Return the settings as plain JSON."""
        return asdict(self)

    @property
    def sample_options(self) -> SampleOptions:
        """What the readers of spectra and patches take."""
        names: Sequence[str] | Mapping[int, str] | None = self.class_names
        if self.class_names is not None and self.class_codes is not None:
            names = dict(zip(self.class_codes, self.class_names, strict=True))
        return SampleOptions(
            self.wavelengths,
            names,
            self.labels,
            self.key,
            self.label_column,
            self.group_column,
            self.traits,
            self.targets_may_be_unknown,
        )

    def prepare_bands(self, data: Bands) -> Bands:
        """Average and select the bands of a cube or a patch set; without a choice, those flagged good."""
        # the sensor flags its bad bands; a choice of the user overrules the flags
        if self.bands is None and not data["good"].values.all():
            data = good_bands(data)
        if self.average_pairs:
            data = average_pairs(data)
        return data if self.bands is None else self._choose_bands(data)

    def _choose_bands(self, data: Bands) -> Bands:
        """Keep the chosen bands; a note says how many of how many, which a word such as tutorial does not."""
        assert self.bands is not None
        chosen = select_bands(data, self.bands)
        count, nm = data.sizes["band"], chosen["wavelength"].values
        if len(self.bands) < count:
            after = " that averaging pairs leaves" if self.average_pairs else ""
            span = f"{nm.min():.1f} to {nm.max():.1f} nm"
            note = f"{len(self.bands)} of the {count} bands{after} are kept, {span}"
            chosen.attrs = with_note(chosen.attrs, note)
        return chosen

    def number_bands(self, data: Bands) -> npt.NDArray[np.int64] | None:
        """Return the number under which ``bands`` would keep each prepared band, ``[band]``.

        Args:
            data: The cube or patch set before :meth:`prepare_bands`, its bands flagged.

        Returns:
            The numbers; None where pairs are averaged across bands that are left out, which no choice of
            bands can do.
        """
        if self.bands is not None:
            return np.array(self.bands, dtype=np.int64)
        good = np.flatnonzero(data["good"].values).astype(np.int64)
        if not self.average_pairs:
            return good
        first, second = good[: len(good) // 2 * 2].reshape(-1, 2).T
        is_pair = (first % 2 == 0) & (second == first + 1)
        return first // 2 if is_pair.all() else None

    def flag_bands(self, data: Bands) -> Bands:
        """Flag the bands without any data as bad; where bands are chosen, refuse one without.

        Raises:
            DataError: If a chosen band does not exist or holds no data.
        """
        if self.bands is None:
            return flag_empty_bands(data)
        check_bands_hold_data(self.prepare_bands(data))
        return data
