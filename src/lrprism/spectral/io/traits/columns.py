"""Traits out of the columns of a table, and traits laid beside patches."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import with_note
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.io.spectra.classes import check_column, is_number
from lrprism.spectral.io.traits.options import TraitOptions, name_traits
from lrprism.spectral.io.traits.sentinels import note_sentinels
from lrprism.spectral.io.traits.strata import stratify

TRAITS: Final = "trait_value"
"""The variable of a patch set with the traits of its samples, ``[sample, trait]``, NaN where not known."""
NAMES: Final = "trait_names"
"""The attribute with the names of the traits."""
UNITS: Final = "trait_units"
"""The attribute with the unit of each trait, empty where it is not known."""
_FILLED: Final = (-9999.0, -999.0)
Floats = npt.NDArray[np.float64]


def read_columns(table: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """Read traits out of a table, ``[sample, trait]``, NaN where a cell is empty.

    Args:
        table: The columns that are no bands, a row per sample.
        columns: The columns that hold the traits.

    Raises:
        DataError: If none is named, one is not there, or one holds anything but numbers.
    """
    if not columns:
        raise DataError(
            "a column should be named that holds the trait. Found none named. Choose with --target-column "
            f"among {describe_candidates(table)}."
        )
    values = np.empty((len(table), len(columns)))
    for number, column in enumerate(columns):
        check_column(table, column, "target")
        cells = table[column]
        if not is_number(cells) and cells.notna().any():
            numbers = pd.to_numeric(cells, errors="coerce")
            wrong = np.flatnonzero((numbers.isna() & cells.notna()).to_numpy())
            found = f"{cells.iloc[wrong[0]]!r} in {table.index[wrong[0]]}" if wrong.size else str(cells.dtype)
            raise DataError(
                f"the target column '{column}' should hold numbers. Found {found} ({wrong.size} such cells). "
                f"Choose another among {describe_candidates(table)}, or leave out --task regression."
            )
        values[:, number] = cells.to_numpy(dtype=np.float64)
    return mark_missing(values)


def mark_missing(values: Floats) -> Floats:
    """Return values with NaN for what programs write where nothing is known: infinity, -9999, -999.

    Args:
        values: The values, of any shape.
    """
    return np.where(np.isinf(values) | np.isin(values, _FILLED), np.nan, values)


def note_fill_values(values: Floats) -> list[str]:
    """Count the pixels of each value that :func:`mark_missing` takes for missing; NaN says so itself.

    Args:
        values: The values of the pixels that nothing else marks as without data, ``[pixel]``.
    """
    is_fill = np.isinf(values) | np.isin(values, _FILLED)
    different, counts = np.unique(values[is_fill], return_counts=True)
    return [
        f"{count} pixels of {value:g} are taken for not measured, and are unlabelled"
        for value, count in zip(different, counts, strict=True)
    ]


def describe_candidates(table: pd.DataFrame) -> str:
    """Name the columns of a table that could be traits: numbers of more than two values.

    Args:
        table: The columns that are no bands, a row per sample.
    """
    names = list_candidates(table)
    return ", ".join(f"'{name}'" for name in names) or "none: no other column holds numbers"


def list_candidates(table: pd.DataFrame) -> list[str]:
    """Return the columns of a table that could be traits: numbers of more than two values.

    Args:
        table: The columns that are no bands, a row per sample.
    """
    positions = [
        position
        for position in range(table.shape[1])
        if is_number(table.iloc[:, position]) and table.iloc[:, position].nunique() > 2
    ]
    return [str(table.columns[position]) for position in positions]


def lay_traits_out(
    patches: PatchSet, values: Floats, columns: Sequence[str], options: TraitOptions
) -> PatchSet:
    """Lay traits beside patches; samples without all of them have the label -1, others that of their stratum.

    Args:
        patches: The patches, without labels.
        values: The traits, ``[sample, trait]``, NaN where not known.
        columns: The name of each trait as the data or the user have it.
        options: What the user says about them.

    Raises:
        InputError: If units are given for some of the traits alone.
    """
    names, units = name_traits(columns, options.units)
    values = mark_missing(values)
    missing = np.isnan(values).any(axis=1)
    # several traits: the strata are those of the first one
    label, strata = stratify(np.where(missing, np.nan, values[:, 0]), names[0])
    notes = [*_note_missing(int(missing.sum()), names), *note_sentinels(values, names, "samples")]
    attrs = with_note(patches.attrs, *notes)
    return patches.assign(
        {
            "label": ("sample", label),
            TRAITS: (("sample", "trait"), values),
        }
    ).assign_attrs({**attrs, "class_names": strata, "class_codes": [], NAMES: names, UNITS: units})


def lay_unknown_traits_out(patches: PatchSet, options: TraitOptions) -> PatchSet:
    """Lay traits that nobody has measured beside patches: NaN, all samples in one stratum.

    Args:
        patches: The patches, without labels.
        options: What the user says about the traits.
    """
    names, units = name_traits(options.columns, options.units)
    count = patches.sizes["sample"]
    attrs = with_note(patches.attrs, f"no sample has a measured value of {' or '.join(names)}")
    unknown = np.full((count, len(names)), np.nan)
    return patches.assign(
        {
            "label": ("sample", np.zeros(count, dtype=np.int64)),
            TRAITS: (("sample", "trait"), unknown),
        }
    ).assign_attrs({**attrs, "class_names": ["not measured"], "class_codes": [], NAMES: names, UNITS: units})


def _note_missing(count: int, names: Sequence[str]) -> list[str]:
    return [f"{count} samples without a value of {' or '.join(names)} are left out"] if count else []


def frame_targets(values: npt.NDArray[np.generic], options: TraitOptions, source: str) -> pd.DataFrame:
    """Return the targets of an array as columns of a table.

    Args:
        values: Numbers, ``[sample]`` or ``[sample, trait]``.
        options: The names to give; without any they are called target, or target 1, target 2, ...
        source: The file, for messages.

    Raises:
        DataError: If there are other numbers of names and of traits.
    """
    table = values.reshape(len(values), -1)
    count = table.shape[1]
    names = options.columns or tuple(
        f"target {number}" if count > 1 else "target" for number in range(1, count + 1)
    )
    if len(names) != count:
        raise DataError(
            f"--target-column should name the {count} traits of '{source}', one after the other. Found "
            f"{len(names)}: {', '.join(names)}. Name {'each of them' if count > 1 else 'one'}."
        )
    return pd.DataFrame(table, columns=list(names))
