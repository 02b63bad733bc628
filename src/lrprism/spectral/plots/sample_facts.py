"""The facts of a single sample in the heading of a figure: which one, what is true, what is predicted."""

from typing import Final

import numpy as np
import xarray as xr

from lrprism.spectral.bands.statistics import SEGMENTATION, TASK
from lrprism.spectral.plots import contract, style

_PLACES: Final = ("name", "row", "column", "scene")
_CERTAIN = 0.9995  # from here on three decimals would say 1.000


def describe_sample(dataset: xr.Dataset) -> list[str]:
    r"""Return name or place, true and predicted class of the only sample; nothing of several samples.

    Beside the predicted class c stands its probability, of logits z over classes, or of one logit z:

    .. math:: p_c = \frac{e^{z_c}}{\sum_k e^{z_k}}, \qquad p_1 = 1 - p_0 = \frac{1}{1 + e^{-z}}

    A trait has its measured and its predicted value instead. A segmentation has no probability: its logits
    are means over a region, its predicted class that of the centre.

    Args:
        dataset: A relevance dataset, its :func:`lrprism.spectral.sample_spectra`, or one sample of either.
    """
    if dataset["target"].size != 1:
        return []
    sample = dataset.isel(sample=0) if "sample" in dataset.dims else dataset
    is_regression = contract.is_regression(sample)
    if not {"true" if is_regression else "label", "predicted"} <= set(sample.variables):
        return name_sample(sample)
    truth = _name_values(sample) if is_regression else _name_classes(sample)
    return [*name_sample(sample), *truth]


def _name_values(sample: xr.Dataset) -> list[str]:
    unit = contract.get_relevance_unit(sample)
    true, predicted = (style.format_number(float(sample[name])) for name in ("true", "predicted"))
    measured = f"measured: {true} {unit}" if np.isfinite(float(sample["true"])) else "not measured"
    return [measured, f"predicted: {predicted} {unit}"]


def _name_classes(sample: xr.Dataset) -> list[str]:
    label, predicted = int(sample["label"]), contract.get_class_name(sample, int(sample["predicted"]))
    true = contract.get_class_name(sample, label) if label >= 0 else "not known"
    if "output" not in sample.variables or sample.attrs.get(TASK) == SEGMENTATION:
        return [f"true class: {true}", f"predicted: {predicted}"]
    logits = np.atleast_1d(sample["output"].to_numpy()).astype(np.float64)
    # one logit tells two classes apart by its sign, as the softmax of 0 and z does
    logits = logits if logits.size > 1 else np.array([0.0, logits[0]])
    shares = np.exp(logits - logits.max())
    share = float(shares[int(sample["predicted"])] / shares.sum())
    probability = f"{share:.3f}" if share < _CERTAIN else "above 0.999"
    return [f"true class: {true}", f"predicted: {predicted}, probability {probability}"]


def name_sample(dataset: xr.Dataset) -> list[str]:
    """Return the name of the only sample, such as its file or its line in a table, or its row and column.

    Args:
        dataset: A relevance dataset, or one sample of it. Of several samples, nothing is returned, as of one
            without a name and a place.
    """
    known = {str(name): dataset[name].to_numpy() for name in _PLACES if name in dataset.coords}
    if any(values.size != 1 for values in known.values()):
        return []
    words = {name: values.item() for name, values in known.items()}
    if "name" in words:
        return [f"sample {words['name']}"]
    if not {"row", "column"} <= set(words):
        return []
    where = f" of {words['scene']}" if "scene" in words else ""
    return [f"sample at row {words['row']}, column {words['column']}{where}"]
