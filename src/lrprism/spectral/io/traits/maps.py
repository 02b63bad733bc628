"""Traits of the pixels of a cube: rasters of values, polygons and points with numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.failures import naming, reading
from lrprism.spectral.io.labels.attribute import NO_CODE, FeatureClasses
from lrprism.spectral.io.labels.codes import CodeMap
from lrprism.spectral.io.labels.grid import fit_to_cube
from lrprism.spectral.io.labels.points import attribute_columns, is_point_table, paint_table, read_point_table
from lrprism.spectral.io.labels.stored import StoredLabels, open_label_map
from lrprism.spectral.io.labels.vector import VECTOR_ENDINGS, paint_layer, read_layer
from lrprism.spectral.io.traits.columns import NAMES, UNITS, mark_missing, note_fill_values
from lrprism.spectral.io.traits.options import TraitOptions, name_traits, split_unit
from lrprism.spectral.io.traits.sentinels import note_sentinels
from lrprism.spectral.io.traits.strata import stratify

Floats = npt.NDArray[np.float64]
COORDINATE = "trait_{}"
"""The coordinate of a label map with the values of one trait, ``[y, x]``, NaN where unlabelled."""


@dataclass(frozen=True, eq=False)
class _Painted:
    """Traits on the grid of a cube.

    Args:
        codes: For each pixel the position of its row among ``values``, as a code.
        values: The different values of the traits, ``[code, trait]``.
        columns: The name of each trait as the file or the user has it.
        notes: What was assumed.
    """

    codes: CodeMap
    values: Floats
    columns: tuple[str, ...]
    notes: tuple[str, ...]


def read_trait_map(
    path: str | PathLike[str],
    cube: xr.DataArray,
    options: TraitOptions,
    *,
    layer: str | None = None,
    crs: str | None = None,
    unlabelled: Sequence[int] = (),
) -> xr.DataArray:
    """Read traits onto the grid of a cube, by nearest neighbour where it lies on another.

    Pixels without a number, or marked as without data, are unlabelled; so are those in polygons or under
    points of different values.

    Args:
        path: A raster of one trait in any format of :func:`lrprism.spectral.read_labels`; or polygons or
            points whose attributes are the traits.
        cube: The cube.
        options: The attributes that hold the traits, or the name of that of a raster; and the units.
        layer: The layer of a file with several.
        crs: The reference system of the traits, in place of the file's.
        unlabelled: Values of a raster that mean unlabelled.

    Returns:
        int64 array ``(y, x)``: 0 where unlabelled, else 1 + the stratum; the coordinates ``trait_0``,
        ``trait_1``, ... have the values, NaN where unlabelled; ``attrs`` has ``class_names`` (of the strata),
        ``trait_names``, ``trait_units`` and ``assumed``.

    Raises:
        DataError: If the file is damaged, holds no numbers, or does not fit the cube.
        InputError: If an attribute is not certain, or an option does not go with the format.
    """
    file = Path(path)
    with reading(file, "a map of a trait"):
        is_points = is_point_table(file)
        if file.suffix.lower() in VECTOR_ENDINGS or is_points:
            painted = _paint_features(file, cube, options, layer, crs, is_points)
        else:
            painted = _lay_raster(file, cube, options, layer, crs, unlabelled)
    with naming(file):
        return _build_map(painted, options)


def _lay_raster(
    file: Path,
    cube: xr.DataArray,
    options: TraitOptions,
    layer: str | None,
    crs: str | None,
    unlabelled: Sequence[int],
) -> _Painted:
    if layer is not None:
        raise InputError(
            f"--label-layer should be given for polygons or points. Found {layer!r} for the raster '{file}'. "
            "Leave it out."
        )
    columns = options.columns or (file.stem,)
    if len(columns) > 1:
        raise InputError(
            f"a raster should be of one trait. Found {len(columns)} for '{file}': {', '.join(columns)}. "
            "Train a network for each, or give polygons or points with an attribute for each."
        )
    stored = open_label_map(file)
    values, known, marks = _read_numbers(stored, unlabelled)
    different, position = np.unique(values[known], return_inverse=True)
    numbers = np.zeros(values.shape, dtype=np.int64)
    numbers[known] = 1 + position
    place = stored.place if stored.place is None or crs is None else replace(stored.place, crs=crs)
    codes = fit_to_cube(CodeMap(numbers, tuple(range(len(different))), place), cube)
    zeros = int((values[known] == 0).sum())
    note = f"{zeros} pixels of value 0 are taken for measured; with --unlabelled 0 they are unlabelled"
    sentinels = note_sentinels(values[known][:, None], columns, "pixels")
    notes = (*stored.notes, *marks, *([note] if zeros else []), *sentinels)
    return _Painted(codes, different[:, None], columns, notes)


def _read_numbers(
    stored: StoredLabels, unlabelled: Sequence[int]
) -> tuple[Floats, npt.NDArray[np.bool_], list[str]]:
    """Return the values of a raster, the pixels that have one, and notes on values that mean missing.

    Raises:
        DataError: If it holds no numbers along two axes.
    """
    stored_values = np.asarray(stored.values)
    if stored_values.ndim != 2 or stored_values.dtype.kind not in "iuf":
        raise DataError(
            f"a trait should be numbers as (y, x). Found shape {stored_values.shape} of "
            f"{stored_values.dtype}. Give one number per pixel."
        )
    values = stored_values.astype(np.float64)
    is_open = ~np.isin(values, np.asarray(unlabelled, dtype=np.float64))
    if stored.missing is not None:  # its notes count them
        is_open &= ~stored.missing
    notes = note_fill_values(values[is_open])
    values = mark_missing(values)
    return values, is_open & np.isfinite(values), notes


def _paint_features(
    file: Path, cube: xr.DataArray, options: TraitOptions, name: str | None, crs: str | None, is_points: bool
) -> _Painted:
    if is_points:
        table = read_point_table(file)
        attributes: Mapping[str, npt.NDArray[Any]] = attribute_columns(table, file)
    else:
        layer = read_layer(file, name)
        attributes = layer.columns
    columns = _choose_attributes(attributes, options.columns, file)
    values = np.stack([_read_attribute(attributes[column], column, file) for column in columns], axis=1)
    known = np.isfinite(values).all(axis=1)
    different, position = np.unique(values[known], axis=0, return_inverse=True)
    numbers = np.full(len(values), NO_CODE, dtype=np.int64)
    numbers[known] = position.ravel()
    without = int((~known).sum())
    notes = [f"{without} features have no value of {' or '.join(columns)} and are left out"]
    notes = [*(notes if without else []), *note_sentinels(values, columns, "features")]
    classes = FeatureClasses(numbers, None, ())
    codes = (
        paint_table(table, classes, crs, cube, file) if is_points else paint_layer(layer, classes, crs, cube)
    )
    return _Painted(codes, different, columns, tuple(notes))


def _choose_attributes(
    attributes: Mapping[str, npt.NDArray[Any]], wanted: Sequence[str], file: Path
) -> tuple[str, ...]:
    """Return the attributes that hold the traits, in any case, with or without their units.

    Raises:
        InputError: If none is named, or one is not there.
    """
    listed = ", ".join(attributes) or "none"
    if not wanted:
        raise InputError(
            f"an attribute of '{file}' should be named that holds the trait. Found none named. Choose with "
            f"--target-column among: {listed}."
        )
    columns = []
    for name in wanted:
        fitting = [own for own in attributes if own == name]
        fitting = fitting or [own for own in attributes if own.lower() == name.lower()]
        fitting = fitting or [own for own in attributes if split_unit(own)[0].lower() == name.lower()]
        if len(fitting) != 1:
            raise InputError(
                f"--target-column should name an attribute of '{file}'. Found {name!r} among: {listed}. Take "
                "one of them."
            )
        columns.append(fitting[0])
    return tuple(columns)


def _read_attribute(values: npt.NDArray[Any], name: str, file: Path) -> Floats:
    """Return an attribute as numbers, NaN where a feature has none.

    Raises:
        DataError: If a feature has anything else.
    """
    numbers = np.full(len(values), np.nan)
    for position, value in enumerate(values.tolist()):
        word = value.strip() if isinstance(value, str) else value
        if word is None or word == "":
            continue
        try:
            numbers[position] = float(word)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{name!r} in '{file}' should hold numbers. Found {value!r}. Take another attribute with "
                "--target-column, or leave out --task regression."
            ) from error
    return mark_missing(numbers)


def _build_map(painted: _Painted, options: TraitOptions) -> xr.DataArray:
    codes = painted.codes
    names, units = name_traits(painted.columns, options.units)
    # the codes that occur on the grid of the cube
    values = np.full((len(codes.codes) + 1, len(names)), np.nan)
    values[1:] = painted.values[list(codes.codes)]
    pixels = values[codes.numbers]
    stratum, strata = stratify(pixels[..., 0], names[0])
    labels = xr.DataArray(
        stratum + 1,
        dims=("y", "x"),
        coords={COORDINATE.format(n): (("y", "x"), pixels[..., n]) for n in range(len(names))},
        attrs={
            "class_names": strata,
            "class_codes": [],
            NAMES: names,
            UNITS: units,
            "assumed": [*codes.notes, *painted.notes],
        },
    )
    return labels if codes.polygons is None else labels.assign_coords(polygon=(("y", "x"), codes.polygons))
