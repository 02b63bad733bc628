"""One door for the labels of a cube: maps of any format, polygons and points."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.cubes.georeference import assign_georeference
from lrprism.spectral.io.failures import naming, reading
from lrprism.spectral.io.labels.attribute import read_classes
from lrprism.spectral.io.labels.classes import build_label_map, fit_given_names
from lrprism.spectral.io.labels.codes import UNLABELLED, CodeMap, read_codes
from lrprism.spectral.io.labels.grid import fit_to_cube
from lrprism.spectral.io.labels.names import ClassNames, find_names
from lrprism.spectral.io.labels.points import attribute_columns, is_point_table, paint_table, read_point_table
from lrprism.spectral.io.labels.stored import StoredLabels, open_label_map
from lrprism.spectral.io.labels.vector import VECTOR_ENDINGS, paint_layer, read_layer

_UNLIMITED: Final = 2**53  # a number for each pixel, if need be


def read_labels(
    path: str | PathLike[str],
    *,
    key: str | None = None,
    class_names: Sequence[str] | Mapping[int, str] | None = None,
    cube: xr.DataArray | None = None,
    attribute: str | None = None,
    layer: str | None = None,
    crs: str | None = None,
    unlabelled: Sequence[int] | None = None,
) -> xr.DataArray:
    """Read the labels that belong to a cube.

    Classes are the codes that occur, in rising order, and those of a full list of classes: an ENVI
    classification, a benchmark scene, or ``class_names`` in their order. Of a map, pixels that the file marks
    as without data, NaN and negative numbers are unlabelled. A map that lies elsewhere than the cube is laid
    on its grid by nearest neighbour; polygons and points are burned onto it, a pixel in several classes
    staying unlabelled.

    Args:
        path: A map (``.mat``, ``.npy``, ``.csv``, ``.nc``, ``.tif``, ``.png``, ``.bmp``, ``.asc``, an ENVI or
            ERDAS classification); polygons or points (``.gpkg``, ``.geojson``, ``.shp``, ``.fgb``); or points
            in a table with a heading (``.csv``).
        key: Name of the variable in a ``.mat`` file that holds several, in any case.
        class_names: Name of each class, the one labelled 1 first, or the name of each code; by default those
            in the file, beside it (``.aux.xml``, ``.qml``, a text file) or of the benchmark scene, else
            "class CODE".
        cube: The cube; polygons and points need it.
        attribute: The attribute of polygons or points that says their class; by default the obvious one.
        layer: The layer of a file with several.
        crs: The reference system of the labels, in place of the file's.
        unlabelled: Codes that mean unlabelled; by default 0 of a map, none of polygons and points.

    Returns:
        int64 array ``(y, x)``: 0 where unlabelled, else 1 + the class; ``attrs`` has ``class_names``,
        ``class_codes`` (the code of each class in the file) and ``assumed`` (what was taken for granted).
        Polygons and points give each pixel their number, from 1, as coordinate ``polygon``.

    Raises:
        InputError: If an argument does not go with the format, is missing, or a package is.
        DataError: If the file is damaged, is no map of whole numbers, does not fit the cube, or has more
            classes than names.
    """
    file = Path(path)
    with reading(file, "a label map"):
        if file.suffix.lower() in VECTOR_ENDINGS or is_point_table(file):
            if cube is None:
                raise InputError(
                    f"polygons and points should be read for a cube. Found '{file}' alone. Give the cube "
                    "with cube=."
                )
            codes, names, notes = _read_features(file, cube, attribute, layer, crs, unlabelled or ())
        else:
            _refuse_of_maps(file, attribute, layer)
            stored = open_label_map(file, key)
            codes = _fit_map(stored, cube, crs, UNLABELLED if unlabelled is None else unlabelled)
            names, notes = stored.names, stored.notes
    with naming(file):
        if class_names is not None:
            names, further = fit_given_names(codes.codes, _as_given(class_names))
            notes = (*notes, *further)
        return _place(build_label_map(codes, names, notes), codes)


def _as_given(class_names: Sequence[str] | Mapping[int, str]) -> Sequence[str] | ClassNames:
    return ClassNames(class_names, "those given") if isinstance(class_names, Mapping) else class_names


def _read_features(
    file: Path,
    cube: xr.DataArray,
    attribute: str | None,
    name: str | None,
    crs: str | None,
    unlabelled: Sequence[int],
) -> tuple[CodeMap, ClassNames | None, tuple[str, ...]]:
    if file.suffix.lower() in VECTOR_ENDINGS:
        layer = read_layer(file, name)
        classes = read_classes(layer.columns, attribute, unlabelled, str(file))
        # a style may be of another attribute: it counts where it names all codes
        names = classes.names or find_names(file)
        names = names and replace(names, is_guess=classes.names is None)
        return paint_layer(layer, classes, crs, cube), names, classes.notes
    columns = read_point_table(file)
    classes = read_classes(attribute_columns(columns, file), attribute, unlabelled, str(file))
    return paint_table(columns, classes, crs, cube, file), classes.names, classes.notes


def _refuse_of_maps(file: Path, attribute: str | None, layer: str | None) -> None:
    for option, value in (("--label-attribute", attribute), ("--label-layer", layer)):
        if value is not None:
            raise InputError(
                f"{option} should be given for polygons or points. Found {value!r} for the map '{file}'. "
                "Leave it out."
            )


def _fit_map(
    stored: StoredLabels,
    cube: xr.DataArray | None,
    crs: str | None,
    unlabelled: Sequence[int],
    most: int | None = None,
) -> CodeMap:
    """Read the codes of a map, on the grid of the cube where there is one."""
    limit = {} if most is None else {"most": most}
    codes = read_codes(np.asarray(stored.values), missing=stored.missing, unlabelled=unlabelled, **limit)
    place = stored.place if stored.place is None or crs is None else replace(stored.place, crs=crs)
    codes = replace(codes, place=place)
    return codes if cube is None else fit_to_cube(codes, cube)


def read_numbered_map(path: str | PathLike[str], cube: xr.DataArray | None = None) -> xr.DataArray:
    """Read a map of whole numbers that are no classes: parts of a split, plants, fields or days.

    Args:
        path: A label map of any format, see :func:`read_labels`.
        cube: The cube on whose grid it is laid; None to leave it as it is.

    Returns:
        int64 array ``(y, x)`` of the numbers in the file, 0 where there is none; ``attrs["assumed"]``.

    Raises:
        DataError: If the file is damaged, is no map of whole numbers, or does not fit the cube.
    """
    file = Path(path)
    with reading(file, "a map of numbers"):
        stored = open_label_map(file)
        codes = _fit_map(stored, cube, None, UNLABELLED, _UNLIMITED)
    assumed = [*stored.notes, *codes.notes]
    numbered = xr.DataArray(codes.restore(), dims=("y", "x"), attrs={"assumed": assumed})
    return _place(numbered, codes)


def _place(labels: xr.DataArray, codes: CodeMap) -> xr.DataArray:
    """Put map coordinates on labels whose place and reference system are known."""
    place = codes.place
    return labels if place is None or not place.crs else assign_georeference(labels, place)
