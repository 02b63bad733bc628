"""A description of a data file in words."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral.cubes.cube import Scene
from lrprism.spectral.cubes.georeference import georeference_of
from lrprism.spectral.cubes.wavelengths import MissingWavelengthsError
from lrprism.spectral.io.spectra.labelling import CANDIDATES, UNLABELLED
from lrprism.spectral.io.traits.columns import NAMES, UNITS
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.sources import Samples, open_samples

_LONGEST_NAME: Final = 10
_UNKNOWN: Final = "unknown"
_STAND_IN: Final = "1000:1001"  # in nm, for any number of bands; never shown


def describe_data(source: str, preparation: Preparation | None = None) -> str:
    """Return :func:`list_facts` of some data as text.

    Args:
        source: The path of a cube, of spectra or patches, or ``"indian-pines"``.
        preparation: The facts that the file lacks: wavelengths, labels, the name of its array.

    Raises:
        DataError: If the data cannot be read.
    """
    return _format_rows(list_facts(source, preparation))


def list_facts(source: str, preparation: Preparation | None = None) -> dict[str, str]:
    """Return shape, bands, wavelengths, range, place, classes, owner and assumptions of some data, by name.

    A fact of several entries has one on each line. Wavelengths that neither the file nor the user states are
    called unknown.

    Args:
        source: The path of a cube, of spectra or patches, or ``"indian-pines"``.
        preparation: The facts that the file lacks: wavelengths, labels, the name of its array.

    Raises:
        DataError: If the data cannot be read.
    """
    settings = preparation or Preparation()
    try:
        return _list_source(source, settings)
    except MissingWavelengthsError as error:
        # what the file holds is what its owner wants to see, before any wavelengths are known
        return _list_source(source, replace(settings, wavelengths=_STAND_IN), str(error))


def _list_source(source: str, settings: Preparation, missing: str | None = None) -> dict[str, str]:
    """Describe some data; ``missing`` says why the wavelengths in the settings stand for unknown ones."""
    # a window of one pixel loses none at the border
    samples = open_samples(source, replace(settings, window=1))
    data = _find_values(samples).assign_attrs(samples.attrs)
    return (
        _describe_values(data, missing, samples.range)
        | ({"place": _describe_place(samples.scene)} if samples.scene is not None else {})
        | _describe_samples(samples)
        | {"SHA-256": samples.hash}
        | _describe_credit(samples.attrs, missing)
    )


def _find_values(samples: Samples) -> xr.DataArray:
    """Return the cube, the patches, or the spectra without their one pixel."""
    if samples.scene is not None:
        return samples.scene.cube
    assert samples.patches is not None
    patch: xr.DataArray = samples.patches["patch"]
    is_single = patch.sizes["y"] == patch.sizes["x"] == 1
    return patch.squeeze(("y", "x")).rename(sample="spectrum") if is_single else patch


def _describe_samples(samples: Samples) -> dict[str, str]:
    """Return how many samples have a label, their classes, names and groups."""
    noun = "pixels" if samples.scene is not None else "patches"
    if samples.patches is not None and samples.patches.sizes["x"] == 1:
        noun = "spectra"
    missing = str(samples.attrs.get(UNLABELLED, "give labels with --labels"))
    rows = {
        "labelled": f"{len(samples.numbers)} {noun}",
        "classes": "\n".join(_count_classes(samples)) or f"none: {missing}",
    }
    if samples.targets is not None:
        del rows["classes"]
        rows["traits"] = "\n".join(_describe_traits(samples))
    elif samples.attrs.get(CANDIDATES):
        listed = ", ".join(f"'{name}'" for name in samples.attrs[CANDIDATES])
        rows["numbers"] = f"{listed}\nlearn one with --task regression --target-column NAME"
    names, groups = (samples.describe(samples.numbers, column) for column in ("name", "group"))
    if names is not None and len(names):
        rows["names"] = f"{names[0]} to {names[-1]}"
    if groups is not None:
        rows["groups"] = f"{len(np.unique(groups))}"
    return rows


def _describe_traits(samples: Samples) -> list[str]:
    """Return range, mean and unit of each trait."""
    assert samples.targets is not None
    return (
        [
            f"{name}, {unit or 'unit not stated'}: {values.min():.4g} to {values.max():.4g}, mean "
            f"{values.mean():.4g}, sd {values.std():.4g}"
            for name, unit, values in zip(
                samples.attrs[NAMES], samples.attrs[UNITS], samples.targets.T, strict=True
            )
        ]
        if len(samples.numbers)
        else ["none: no sample has a value"]
    )


def _format_rows(rows: dict[str, str]) -> str:
    """Lay out one fact a row; further lines of a fact stand below its first one."""
    indent = "\n" + " " * _LONGEST_NAME
    return "\n".join(
        f"{name:{_LONGEST_NAME}s}{value.replace(chr(10), indent)}" for name, value in rows.items()
    )


def _describe_values(
    data: xr.DataArray, missing: str | None, known: tuple[float, float] | None = None
) -> dict[str, str]:
    # the range of a scene is known from its one reading
    low, high = known or (float(data.min()), float(data.max()))
    return {
        "title": str(data.attrs["title"]),
        "shape": ", ".join(f"{size} {name}" for name, size in data.sizes.items()),
        "bands": _describe_bands(data) if missing is None else _describe_unknown_bands(data),
        "values": f"{low:g} to {high:g}, {_describe_quantity(data.attrs)}",
    }


def _describe_quantity(attrs: dict[Any, Any]) -> str:
    quantity, units = str(attrs["quantity"]), str(attrs["units"])
    quantity = "quantity not stated" if quantity == _UNKNOWN else quantity
    return f"{quantity}, " + {_UNKNOWN: "units not stated", "1": "without unit"}.get(units, f"in {units}")


def _describe_credit(attrs: dict[Any, Any], missing: str | None) -> dict[str, str]:
    notes = [str(note) for note in attrs["assumed"]]
    if missing is not None:  # notes on wavelengths are about those that stand in
        notes = [note for note in notes if not note.startswith("wavelengths ")]
    return {
        "credit": str(attrs["attribution"]) or "not stated",
        "assumed": "\n".join(notes) or "nothing",
    } | ({} if missing is None else {"missing": missing})


def _describe_place(scene: Scene) -> str:
    place = georeference_of(scene.cube)
    if place is None:
        return "not on a map"
    # an affine transform without rotation: x = left + width column, y = top + height row
    left, width, _, top, _, height = place.transform
    # WKT begins with the name in quotes; EPSG codes have none
    name = place.crs.split('"')[1] if '"' in place.crs else place.crs
    return f"{name}; upper left corner {left:.10g}, {top:.10g}; pixels of {width:.6g} x {abs(height):.6g}"


def _describe_bands(data: xr.DataArray) -> str:
    nm, fwhm = data["wavelength"].values, data["fwhm"].values
    widths = f", FWHM {_format_range(fwhm)} nm" if np.isfinite(fwhm).any() else ", FWHM unknown"
    # AVIRIS and EnMAP have spectrometers whose ranges overlap
    order = "" if (np.diff(nm) > 0).all() else ", not in rising order"
    bad = int((~data["good"].values).sum())
    flagged = f", {bad} flagged bad" if bad else ""
    return f"{len(nm)}, from {nm.min():.1f} to {nm.max():.1f} nm{order}{widths}{flagged}"


def _describe_unknown_bands(data: xr.DataArray) -> str:
    bad = int((~data["good"].values).sum())
    return f"{data.sizes['band']}, wavelengths unknown" + (f", {bad} flagged bad" if bad else "")


def _format_range(numbers: npt.NDArray[np.floating]) -> str:
    """Return the lowest and the highest number, or the only one."""
    return " to ".join(dict.fromkeys(f"{number:.1f}" for number in (np.nanmin(numbers), np.nanmax(numbers))))


def _count_classes(samples: Samples) -> list[str]:
    # a class of the label map may have no sample with a window
    counts = np.bincount(samples.labels, minlength=len(samples.class_names))
    codes = [str(code) for code in samples.class_codes] or [""] * len(samples.class_names)  # words have none
    rows = zip(codes, samples.class_names, counts, strict=True)
    return [f"{_name_class(code, name)} ({count})" for code, name, count in rows]


def _name_class(code: str, name: str) -> str:
    """Return the code of a class and its name, or the name alone where it tells the code."""
    return name if name == f"class {code}" else f"{code} {name}".strip()
