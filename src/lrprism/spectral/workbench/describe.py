"""Descriptions in words: the content of a data file, the rule of each layer of a network."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from lrprism.attribution import LRP
from lrprism.composites import Within
from lrprism.spectral.cubes.cube import Scene
from lrprism.spectral.cubes.georeference import georeference_of
from lrprism.spectral.io import is_spectral_library, read_spectral_library
from lrprism.spectral.workbench.composites import find_composite
from lrprism.spectral.workbench.networks import NETWORK
from lrprism.spectral.workbench.sources import Preparation, Samples, open_samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork

_LONGEST_NAME: Final = 10
_UNKNOWN: Final = "unknown"


def describe_data(source: str, preparation: Preparation | None = None) -> str:
    """Return shape, bands, wavelengths, range, place, classes, owner and assumptions of some data.

    Args:
        source: The path of a cube, a patch file or an ENVI spectral library, or ``"indian-pines"``.
        preparation: The facts that the file lacks: wavelengths, labels, the name of its array.

    Raises:
        DataError: If the data cannot be read.
    """
    if is_spectral_library(source):
        library = read_spectral_library(source)
        return _format_rows(_describe_values(library) | _describe_origin(library.attrs))
    samples = open_samples(source, replace(preparation or Preparation(), window=1))
    scene = samples.scene
    data = scene.cube if scene is not None else samples.cut(samples.numbers)["patch"]
    data = data.assign_attrs(samples.attrs)
    return _format_rows(
        _describe_values(data)
        | ({"place": _describe_place(scene)} if scene is not None else {})
        | {
            "labelled": f"{len(samples.numbers)} {'pixels' if scene is not None else 'patches'}",
            "classes": "\n".join(_count_classes(samples)) or "none: give a label map with --labels",
            "SHA-256": samples.hash,
        }
        | _describe_origin(samples.attrs)
    )


def _format_rows(rows: dict[str, str]) -> str:
    """Lay out one fact a row; further lines of a fact stand below its first one."""
    indent = "\n" + " " * _LONGEST_NAME
    return "\n".join(
        f"{name:{_LONGEST_NAME}s}{value.replace(chr(10), indent)}" for name, value in rows.items()
    )


def _describe_values(data: xr.DataArray) -> dict[str, str]:
    low, high = float(data.min()), float(data.max())
    return {
        "title": str(data.attrs["title"]),
        "shape": ", ".join(f"{size} {name}" for name, size in data.sizes.items()),
        "bands": _describe_bands(data),
        "values": f"{low:g} to {high:g}, {_describe_quantity(data.attrs)}",
    }


def _describe_quantity(attrs: dict[Any, Any]) -> str:
    quantity, units = str(attrs["quantity"]), str(attrs["units"])
    quantity = "quantity not stated" if quantity == _UNKNOWN else quantity
    return f"{quantity}, " + {_UNKNOWN: "units not stated", "1": "without unit"}.get(units, f"in {units}")


def _describe_origin(attrs: dict[Any, Any]) -> dict[str, str]:
    return {
        "credit": str(attrs["attribution"]) or "not stated",
        "assumed": "\n".join(attrs["assumed"]) or "nothing",
    }


def _describe_place(scene: Scene) -> str:
    place = georeference_of(scene.cube)
    if place is None:
        return "not on a map"
    left, width, _, top, _, height = place.transform
    name = place.crs.split('"')[1] if '"' in place.crs else place.crs
    return f"{name}; upper left corner {left:.10g}, {top:.10g}; pixels of {width:.6g} x {abs(height):.6g}"


def _describe_bands(data: xr.DataArray) -> str:
    nm, fwhm = data["wavelength"].values, data["fwhm"].values
    widths = f", FWHM {_format_range(fwhm)} nm" if np.isfinite(fwhm).any() else ", FWHM unknown"
    order = "" if (np.diff(nm) > 0).all() else ", not in rising order"
    bad = int((~data["good"].values).sum())
    flagged = f", {bad} flagged bad" if bad else ""
    return f"{len(nm)}, from {nm.min():.1f} to {nm.max():.1f} nm{order}{widths}{flagged}"


def _format_range(numbers: npt.NDArray[np.floating]) -> str:
    """Return the lowest and the highest number, or the only one."""
    return " to ".join(dict.fromkeys(f"{number:.1f}" for number in (np.nanmin(numbers), np.nanmax(numbers))))


def _count_classes(samples: Samples) -> list[str]:
    counts = np.bincount(samples.labels, minlength=len(samples.class_names))
    return [
        f"{number} {name} ({count})"
        for number, (name, count) in enumerate(zip(samples.class_names, counts, strict=True))
    ]


def describe_network(folder: Path, rule: str, trusted: str | None = None) -> str:
    """Return the training data of a network, its accuracy, and the rule of each op with its reason.

    Args:
        folder: A folder that ``lrprism train`` wrote.
        rule: Name of a composite.
        trusted: The user's own network that may be imported, ``"package.module:factory"``.

    Raises:
        DataError: If the folder holds no trained network.
        InputError: If the rule is unknown, or the network is one of the user's own that is not trusted.
    """
    composite = find_composite(rule)
    trained = TrainedNetwork.load(folder, trusted)
    record, spec = trained.record, trained.record["network"]
    sample = torch.ones(1, spec["bands"], spec["window"], spec["window"])
    parameters = sum(parameter.numel() for parameter in trained.model.parameters())
    return "\n".join(
        [
            f"{spec['name']}: {spec['bands']} bands, {spec['window']} x {spec['window']} pixels, "
            f"{spec['classes']} classes, {parameters:,} parameters",
            f"trained on {record['data']['title']}: {record['split']['train']} patches, split by "
            f"{record['split']['scheme']}; test accuracy {100 * record['test']['accuracy']:.1f} %, "
            f"macro F1 {record['test']['macro_f1']:.3f}",
            "",
            str(LRP(trained.model, Within(NETWORK, composite)).plan(sample)),
        ]
    )
