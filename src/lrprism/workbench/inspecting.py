"""What a data file holds, and which rule each layer of a network gets, in words."""

from pathlib import Path

import numpy as np
import torch
import xarray as xr

from lrprism.attribution import LRP
from lrprism.composites import Within
from lrprism.workbench.explaining import TrainedNetwork, named_composite
from lrprism.workbench.networks import NETWORK
from lrprism.workbench.sources import Preparation, Samples, open_samples


def describe_data(source: str, wavelengths: str | None = None) -> str:
    """Return shape, bands, wavelengths, range, classes and what was assumed.

    Args:
        source: The path of a patch file, or ``"indian-pines"``.
        wavelengths: For a patch file: ``"FIRST:LAST"`` in nm, or a text file.

    Raises:
        DataError: If the data cannot be read.
    """
    samples = open_samples(source, Preparation(window=1, wavelengths=wavelengths))
    data = samples.scene.cube if samples.scene is not None else samples.cut(samples.numbers)["patch"]
    quantity = f"{samples.attrs['quantity']} ({samples.attrs['units']})"
    rows = {
        "title": samples.attrs["title"],
        "shape": ", ".join(f"{size} {name}" for name, size in data.sizes.items()),
        "bands": _bands(data),
        "values": f"{float(data.min()):g} to {float(data.max()):g}, {quantity}",
        "labelled": f"{len(samples.numbers)} {'pixels' if samples.scene is not None else 'patches'}",
        "classes": "; ".join(_class_counts(samples)),
        "assumed": "; ".join(samples.attrs["assumed"]) or "nothing",
        "data": samples.attrs["attribution"] or "attribution unknown",
        "SHA-256": samples.hash,
    }
    return "\n".join(f"{name:10s}{value}" for name, value in rows.items())


def _bands(data: xr.DataArray) -> str:
    nm, fwhm = data["wavelength"].values, data["fwhm"].values
    widths = (
        f", FWHM {np.nanmin(fwhm):.1f} to {np.nanmax(fwhm):.1f} nm"
        if np.isfinite(fwhm).any()
        else ", FWHM unknown"
    )
    order = "" if (np.diff(nm) > 0).all() else ", not in rising order"
    return f"{len(nm)}, from {nm.min():.1f} to {nm.max():.1f} nm{order}{widths}"


def _class_counts(samples: Samples) -> list[str]:
    counts = np.bincount(samples.labels, minlength=len(samples.class_names))
    return [
        f"{number} {name} ({count})"
        for number, (name, count) in enumerate(zip(samples.class_names, counts, strict=True))
    ]


def describe_network(folder: Path, rule: str) -> str:
    """Return what a network was trained on, how good it is, and which rule each op gets and why.

    Args:
        folder: A folder that ``lrprism train`` wrote.
        rule: Name of a composite.

    Raises:
        DataError: If the folder holds no trained network.
        InputError: If the rule is unknown.
    """
    composite = named_composite(rule)
    trained = TrainedNetwork.load(folder)
    record, spec = trained.record, trained.record["network"]
    sample = torch.ones(1, spec["bands"], spec["window"], spec["window"])
    parameters = sum(parameter.numel() for parameter in trained.model.parameters())
    return "\n".join(
        [
            f"{spec['name']}: {spec['bands']} bands, {spec['window']} x {spec['window']} pixels, "
            f"{spec['classes']} classes, {parameters:,} parameters",
            f"trained on {record['data']['title']}: {record['split']['train']} patches, split by "
            f"{record['split']['kind']}; test accuracy {100 * record['test']['accuracy']:.1f} %, "
            f"macro F1 {record['test']['macro_f1']:.3f}",
            "",
            str(LRP(trained.model, Within(NETWORK, composite)).plan(sample)),
        ]
    )
