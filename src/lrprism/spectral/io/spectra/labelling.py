"""Samples put together: values, classes, groups and names become one patch set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.errors import DataError, InputError
from lrprism.spectral.cubes.patches import BandCoords, PatchSet, make_patches
from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.io.spectra.classes import Classes, choose_label_column, number_classes
from lrprism.spectral.io.spectra.groups import list_group_candidates, name_groups
from lrprism.spectral.io.spectra.table_file import TableFile
from lrprism.spectral.io.traits.columns import (
    lay_traits_out,
    lay_unknown_traits_out,
    list_candidates,
    read_columns,
)
from lrprism.spectral.io.traits.options import TraitOptions, find_column

_SAME_ORDER: Final = 0.95
"""Share of names that stand in the same order in library and table; a shifted table has far fewer."""
CANDIDATES: Final = "numeric_columns"
"""The attribute of a patch set that lists the columns of numbers that may be traits."""
GROUP_CANDIDATES: Final = "columns_like_groups"
"""The attribute of a patch set that lists the columns whose names say that they are groups."""
UNLABELLED: Final = "unlabelled"
"""The attribute of a patch set without labels: a sentence about what could name the classes."""


@dataclass(frozen=True, eq=False)
class SampleFacts:
    """What is known of samples besides their values.

    Args:
        names: The name of each.
        columns: Columns with a row per sample.
        label_column: The column that names the class where the user names none; None to look for one.
    """

    names: Sequence[str]
    columns: pd.DataFrame
    label_column: str | None = None


def lay_spectra_out(
    values: npt.NDArray[np.float32],
    coords: BandCoords,
    facts: SampleFacts,
    options: SampleOptions,
    attrs: Mapping[str, object],
) -> PatchSet:
    """Lay spectra out as patches of 1 x 1 pixel, with their classes and groups.

    Shapes: ``values``: ``[sample, band]``.

    Args:
        values: The spectra.
        coords: Coordinates along ``band``.
        facts: Names and columns of the samples.
        options: The columns that the user names, and the names of classes.
        attrs: Attributes of the data; ``assumed`` gets a sentence about the class column.

    Raises:
        DataError: If a column is not there or does not name classes or groups.
    """
    return lay_patches_out(values[:, :, None, None], coords, facts, options, attrs)


def lay_patches_out(
    patch: npt.NDArray[np.float32],
    coords: BandCoords,
    facts: SampleFacts,
    options: SampleOptions,
    attrs: Mapping[str, object],
) -> PatchSet:
    """Lay patches out with their classes and groups.

    Shapes: ``patch``: ``[sample, band, y, x]``.

    Args:
        patch: The patches.
        coords: Coordinates along ``band``.
        facts: Names and columns of the samples.
        options: The columns that the user names, and the names of classes.
        attrs: Attributes of the data; ``assumed`` gets a sentence about the class column.

    Raises:
        DataError: If a column is not there or does not name classes or groups.
    """
    table = facts.columns.set_axis(list(facts.names), axis=0)
    if options.traits is not None:
        return _lay_traits_out(patch, coords, facts, options, attrs, table)
    rest = table.drop(columns=options.group_column or [], errors="ignore")
    column, sentence = _choose_column(table, rest, facts, options)
    notes = list(np.atleast_1d(attrs.get("assumed", [])))  # type: ignore[call-overload]  # a list of texts
    extra = _list_candidates(rest.drop(columns=column or [], errors="ignore"))
    if column is None:
        classes = Classes(np.full(len(patch), -1, dtype=np.int64), [], [])
        extra[UNLABELLED] = sentence
    else:
        classes = number_classes(table[column], options.class_names)
        notes += [sentence] if sentence else []
        without = int((classes.label < 0).sum())
        notes += [f"{without} samples have no class in the column '{column}'"] if without else []
        extra |= {} if classes.names else {UNLABELLED: f"no class in the column '{column}'"}
    # new samples are not dealt out: their column of groups is no class, and may be missing
    is_grouped = options.group_column is not None and not options.may_be_unlabelled
    groups = name_groups(table, str(options.group_column)) if is_grouped else None
    return make_patches(
        patch,
        classes.label,
        coords=coords,
        class_names=classes.names,
        attrs={**attrs, "assumed": [str(note) for note in notes], "class_codes": classes.codes, **extra},
        names=facts.names,
        groups=groups,
    )


def _list_candidates(others: pd.DataFrame) -> dict[str, object]:
    """List the columns that may be traits or groups, as attributes of a patch set."""
    return {CANDIDATES: list_candidates(others), GROUP_CANDIDATES: list_group_candidates(others)}


def _choose_column(
    table: pd.DataFrame, rest: pd.DataFrame, facts: SampleFacts, options: SampleOptions
) -> tuple[str | None, str]:
    """Choose the column of classes: the one that is named, or the obvious one of those that are no groups."""
    wanted = options.label_column
    if wanted is None:
        return choose_label_column(rest, facts.label_column)
    if options.may_be_unlabelled and wanted not in table:
        return None, f"no column '{wanted}'"
    return choose_label_column(table, wanted)


def _lay_traits_out(
    patch: npt.NDArray[np.float32],
    coords: BandCoords,
    facts: SampleFacts,
    options: SampleOptions,
    attrs: Mapping[str, object],
    table: pd.DataFrame,
) -> PatchSet:
    """Lay patches out with their traits and groups.

    Raises:
        InputError: If a column of classes is named, a trait is the column of groups, or one trait is named
            with and without its unit.
    """
    assert options.traits is not None
    columns = tuple(find_column(name, list(map(str, table.columns))) for name in options.traits.columns)
    traits = replace(options.traits, columns=columns)
    _check_trait_columns(options, traits)
    others = table.drop(columns=[*columns, options.group_column or ""], errors="ignore")
    is_known = not traits.may_be_unknown or any(name in table for name in columns)
    patches = make_patches(
        patch,
        np.full(len(patch), -1, dtype=np.int64),
        coords=coords,
        class_names=[],
        attrs={**attrs, GROUP_CANDIDATES: list_group_candidates(others)},
        names=facts.names,
        groups=None if options.group_column is None else name_groups(table, options.group_column),
    )
    if not is_known:
        return lay_unknown_traits_out(patches, traits)
    values = read_columns(table, columns)
    if traits.may_be_unknown and np.isnan(values).any(axis=1).all():
        return lay_unknown_traits_out(patches, traits)
    return lay_traits_out(patches, values, columns, traits)


def _check_trait_columns(options: SampleOptions, traits: TraitOptions) -> None:
    """Check that the columns that the user names go with traits.

    Raises:
        InputError: If a column of classes is named, or a trait is the column of groups too.
    """
    if options.group_column is not None and options.group_column in traits.columns:
        raise InputError(
            f"--group-column should be another column than --target-column. Found '{options.group_column}' "
            "for both. Name the plant, field or day, or leave out --group-column."
        )
    if options.label_column is not None:
        raise InputError(
            f"--label-column should be given for classes. Found '{options.label_column}' with --task "
            "regression. Name the column of numbers with --target-column."
        )


def match_rows(names: Sequence[str], table: TableFile, path: str) -> tuple[pd.DataFrame, list[str]]:
    """Find the row of each sample in a table of labels, by the column that holds the samples' names.

    Args:
        names: The name of each sample; of a file also its last part and its stem are names.
        table: The table.
        path: Its file, for messages.

    Returns:
        The columns with a row per sample, missing where the table has none; and notes.

    Raises:
        DataError: If no column names the samples, or one of them twice.
    """
    column, keys = _find_key(names, table)
    if column is None:
        raise DataError(
            f"'{path}' should have a column with the names of the samples, such as '{names[0]}'. Found none. "
            "Add it."
        )
    columns = table.frame.set_axis(list(table.names), axis=1)
    notes = [f"labels are matched by the column '{table.names[column]}' of {path}"]
    key = table.frame[column].astype(str).str.strip()
    # row by row: spectra may share a name, and a few may be spelled in two ways
    if len(key) == len(keys) and np.mean(key == keys) >= _SAME_ORDER:
        other = np.flatnonzero(key != keys)
        if other.size:
            pair = f"'{keys[other[0]]}' and '{key[other[0]]}'"
            notes.append(
                f"its rows are taken in order: {other.size} of {len(keys)} names differ, such as {pair}"
            )
        return columns, notes
    twice = key[key.duplicated() & key.isin(keys)]
    if len(twice):
        raise DataError(
            f"'{path}' should name each sample once. Found '{twice.iloc[0]}' again in "
            f"{table.lines[twice.index[0]]}. Drop one of the rows."
        )
    rows = columns.set_axis(key, axis=0)
    missing = int((~pd.Series(keys).isin(key)).sum())
    notes += [f"{missing} samples are not in it"] if missing else []
    return rows[~rows.index.duplicated()].reindex(keys), notes


def _find_key(names: Sequence[str], table: TableFile) -> tuple[int | None, list[str]]:
    """Find the column that names most samples, and the names as it spells them."""
    files = [name.rpartition("/")[2] for name in names]
    spellings = (list(names), files, [name.rpartition(".")[0] or name for name in files])
    best: tuple[int, int | None, list[str]] = (0, None, [])
    for column in table.frame.columns:
        cells = table.frame[column].dropna().astype(str).str.strip().to_numpy(dtype=str)
        for spelling in spellings:
            count = int(np.isin(spelling, cells).sum())
            if count > best[0]:
                best = (count, int(column), spelling)
    return best[1:]
