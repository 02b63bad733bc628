"""One figure from an explanation of the engine, without files and without a run."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from matplotlib.figure import Figure

from lrprism.attribution import Explanation, predicted_class
from lrprism.errors import InputError
from lrprism.spectral.plots.class_map import class_spectra
from lrprism.spectral.plots.conservation import layer_sums
from lrprism.spectral.plots.contract import get_explained_outputs
from lrprism.spectral.plots.heatmaps import band_heatmaps
from lrprism.spectral.plots.spectra import relevance_spectrum
from lrprism.spectral.runs.tables import conservation_table

Kind = Literal["spectrum", "heatmaps", "classes", "layers"]
UNKNOWN: Final = -1
"""The label of a sample whose true class is not given."""


def draw_explanation(
    explanation: Explanation,
    kind: Kind,
    wavelength: npt.ArrayLike,
    *,
    sample: int = 0,
    labels: npt.ArrayLike | None = None,
    class_names: Sequence[str] = (),
) -> Figure:
    """Draw one figure of an explanation of spectra or of patches.

    Args:
        explanation: Of classes, one of each sample: relevance ``[N, band]`` or ``[N, band, y, x]``, output
            ``[N, class]``.
        kind: ``"spectrum"``: relevance over wavelength, mean over the samples explained for the class of
            ``sample``; ``"heatmaps"``: the picture, the sum and the strongest bands of ``sample``, of a
            single spectrum its curve; ``"classes"``: all explained classes; ``"layers"``: what the output is
            made of, from an explanation with ``audit=True``.
        wavelength: Of each band in nm, ``[band]``.
        sample: The sample, or one of its class.
        labels: True class of each sample, ``[N]``: the figure says how many are right.
        class_names: Names of the classes, in the order of the output.

    Returns:
        The figure, one or two columns wide; write it with :func:`lrprism.spectral.plots.save`.

    Raises:
        InputError: If the kind is unknown, the explanation is not of one class of each sample or keeps no
            inputs, its axes are others, the sample is not there, or there is no account to draw.
        DataError: If a value is not finite, or a wavelength is not a positive number.
    """
    if kind not in get_args(Kind):
        raise InputError(f"kind should be one of {', '.join(get_args(Kind))}. Found {kind!r}.")
    dataset = read_explanation(explanation, wavelength, labels, class_names)
    count = dataset.sizes["sample"]
    if not 0 <= sample < count:
        raise InputError(f"sample should be a number from 0 to {count - 1}. Found {sample}.")
    if kind == "layers":
        return _draw_layers(explanation, dataset)
    if kind == "classes":
        return class_spectra(dataset)
    target = int(dataset["target"][sample])
    if kind == "spectrum":
        return relevance_spectrum(dataset, target)
    if dataset.sizes["y"] * dataset.sizes["x"] == 1:  # heatmaps of one pixel would be empty squares
        return relevance_spectrum(dataset.isel(sample=[sample]), target)
    return band_heatmaps(dataset.isel(sample=sample))


def read_explanation(
    explanation: Explanation,
    wavelength: npt.ArrayLike,
    labels: npt.ArrayLike | None = None,
    class_names: Sequence[str] = (),
) -> xr.Dataset:
    """Return an explanation as a relevance dataset, as the figures and the statistics of bands read it.

    The arguments are those of :func:`draw_explanation`; the label of a sample is -1 where none is given.

    Raises:
        InputError: If the explanation is not of one class of each sample or keeps no inputs, or its axes are
            others.
    """
    values = explanation.to_xarray(np.asarray(wavelength, dtype=np.float64))
    _check_axes(values)
    output, bands = values["output"].to_numpy(), values.sizes["band"]
    names = list(class_names) or [f"class {number}" for number in range(output.shape[1])]
    true = np.full(len(output), UNKNOWN) if labels is None else np.asarray(labels, dtype=np.int64)
    predicted = predicted_class(torch.from_numpy(output)).numpy()
    pixels = {} if "y" in values.sizes else {"y": 1, "x": 1}
    relevance, patch = (
        values[name].expand_dims(pixels).transpose("sample", "band", "y", "x")
        for name in ("relevance", "input")
    )
    return xr.Dataset(
        {
            "relevance": relevance.assign_attrs(units="logit"),
            "patch": patch,
            "target": ("sample", values["target"].to_numpy()),
            "label": ("sample", true),
            "predicted": ("sample", predicted),
            "output": (("sample", "class"), output),
        },
        coords={
            "band": np.arange(bands),
            "wavelength": ("band", values["wavelength"].to_numpy()),
            "fwhm": ("band", np.full(bands, np.nan)),
            "original_band": ("band", [str(band) for band in range(bands)]),
            "class_name": ("class", names[: output.shape[1]]),
        },
        attrs={"class_names": names},
    )


def _check_axes(values: xr.Dataset) -> None:
    """Refuse an explanation without one class of each sample, inputs, or the axes of spectra and patches.

    Raises:
        InputError: If it is another.
    """
    axes = tuple(values["relevance"].dims)
    is_readable = axes in {("sample", "band"), ("sample", "band", "y", "x")} and values["output"].ndim == 2
    if not is_readable or "input" not in values or "target" not in values.coords:
        raise InputError(
            "a figure should have an explanation of one class of each sample, relevance [N, band] or "
            f"[N, band, y, x] beside its inputs, and output [N, class]. Found relevance over {axes}, output "
            f"{values['output'].shape}. Try explain(x) with a target of one class."
        )


def _draw_layers(explanation: Explanation, dataset: xr.Dataset) -> Figure:
    """Draw the account of an explanation.

    Raises:
        InputError: If it has none.
    """
    if explanation.audit is None:
        raise InputError("sums per layer should have an account. Found none. Try explain(x, audit=True).")
    count = dataset.sizes["sample"]
    table = conservation_table([explanation.audit], count)
    is_compared = explanation.reference_output is not None
    output = float(get_explained_outputs(dataset).mean()) if is_compared else None
    return layer_sums(table, output=output, facts=[f"mean over {count} samples"])
