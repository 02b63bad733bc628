"""From the words on the command line to the preparation of the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lrprism.errors import InputError
from lrprism.spectral.cubes.bands import parse_bands
from lrprism.spectral.io.labels.names import read_name_file
from lrprism.spectral.workbench.preparation import CLASSIFICATION, Preparation


@dataclass(frozen=True)
class LabelWords:
    """What the command line says of the labels besides their path.

    Args:
        attribute: The attribute of polygons or points that says their class.
        layer: The layer of a file with several.
        crs: The reference system of the labels.
        unlabelled: Codes that mean unlabelled, by commas, or none.
        column: The column of a table that names the class.
        group_column: The column of a table that names the plant, field or day.
        task: classification, segmentation or regression.
        target_columns: The columns or attributes that hold the traits of a regression.
        target_units: Their units.
    """

    attribute: str | None = None
    layer: str | None = None
    crs: str | None = None
    unlabelled: str | None = None
    column: str | None = None
    group_column: str | None = None
    task: str = CLASSIFICATION
    target_columns: Sequence[str] | None = None
    target_units: Sequence[str] | None = None


def read_preparation(
    labels: str | None,
    key: str | None,
    wavelengths: str | None,
    class_names: str | None,
    average_pairs: bool,
    bands: str | None,
    window: int,
    label_words: LabelWords,
    band_axis: int | None = None,
) -> Preparation:
    """Read the preparation of the data."""
    names, codes = _read_class_names(class_names)
    return Preparation(
        average_pairs=average_pairs,
        bands=None if bands is None else parse_bands(bands),
        window=window,
        wavelengths=wavelengths,
        class_names=names,
        labels=labels,
        key=key,
        band_axis=band_axis,
        class_codes=codes,
        label_attribute=label_words.attribute,
        label_layer=label_words.layer,
        label_crs=label_words.crs,
        unlabelled=_read_unlabelled(label_words.unlabelled),
        label_column=label_words.column,
        group_column=label_words.group_column,
        task=label_words.task,
        target_columns=tuple(label_words.target_columns or ()),
        target_units=tuple(label_words.target_units or ()),
    )


def _read_class_names(words: str | None) -> tuple[tuple[str, ...] | None, tuple[int, ...] | None]:
    """Return names, and their codes where a file states them."""
    if words is None:
        return None, None
    if not Path(words).is_file():
        return tuple(name.strip() for name in words.split(",")), None
    names = read_name_file(Path(words))
    return tuple(names.by_code.values()), None if names.is_list else tuple(names.by_code)


def _read_unlabelled(words: str | None) -> tuple[int, ...] | None:
    if words is None:
        return None
    if words.strip().lower() == "none":
        return ()
    try:
        return tuple(int(word) for word in words.split(","))
    except ValueError as error:
        raise InputError(
            f"unlabelled should be codes such as 0,255, or none. Found {words!r}. Correct it."
        ) from error
