"""The bands that tell samples of one class from samples of the others, in any network for the same data."""

from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.bands.statistics import sample_spectra
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.workbench.against_others import OtherClasses
from lrprism.spectral.workbench.composites import DEFAULT_RULE, find_composite
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.patch_explainer import PatchExplainer
from lrprism.spectral.workbench.references import OTHERS, describe_reference
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork

WAY: Final = f"{DEFAULT_RULE} against {describe_reference(OTHERS)}"
"""The rule and the reference of :func:`explain_bands`: those of the report of classes."""


def pair_samples(samples: Samples, numbers: Numbers) -> OtherClasses:
    """Draw for each sample one of another class, as the report of classes does.

    Args:
        samples: The data.
        numbers: The samples, each explained for its true class.

    Raises:
        DataError: If all are of one class.
    """
    patches = samples.cut(numbers)
    # the draw asks for classes and for plants and background, which no network has to tell
    unexplained = patches.assign(
        relevance=xr.zeros_like(patches["patch"]), target=patches["label"], predicted=patches["label"]
    )
    pairs = OtherClasses.draw(sample_spectra(unexplained), numbers, len(numbers))
    if pairs is None:
        raise DataError(
            "bands should tell a class from others. Found test samples of one class alone. Train with a "
            "split that has several classes in the test part."
        )
    return pairs


def explain_bands(
    model: Pipeline, trained: TrainedNetwork, samples: Samples, pairs: OtherClasses
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    r"""Explain samples for their true classes against samples of other classes, and sum over the pixels.

    .. math:: r_{sb} = \sum_{yx} R_{sbyx}

    Args:
        model: The network, trained with any seed.
        trained: The network of the run.
        samples: Its data.
        pairs: The samples, each with one of another class.

    Returns:
        The relevance, ``[sample, band]`` in logits, and the predicted classes, ``[sample]``, in ascending
        order of the numbers of the samples.
    """
    network, composite = model.cpu().eval(), find_composite(DEFAULT_RULE)
    explainer = PatchExplainer(network, composite, samples, trained.task, "true", codes=trained.codes)
    spectra = pairs.explain(explainer, 0.0)
    order = np.argsort(pairs.numbers)
    relevance = (spectra["positive"] + spectra["negative"]).transpose("sample", "band").values
    return relevance[order], spectra["predicted"].values[order].astype(np.int64)
