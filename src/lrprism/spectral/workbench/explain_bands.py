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
_AT_ONCE: Final = 100  # patches in memory


def pair_samples(trained: TrainedNetwork, samples: Samples, numbers: Numbers) -> OtherClasses:
    """Draw for each sample one of another class, as the report of classes does.

    Args:
        trained: A network for the data, which finds plants and background where there are both.
        samples: The data.
        numbers: The samples, each explained for its true class.

    Raises:
        DataError: If all are of one class.
    """
    explainer = _build_explainer(trained.model, trained, samples)
    cuts = np.array_split(numbers, -(-len(numbers) // _AT_ONCE))
    relevance = xr.concat([explainer.explain(cut)[0] for cut in cuts], "sample", combine_attrs="override")
    pairs = OtherClasses.draw(sample_spectra(relevance), numbers, len(numbers))
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
    spectra = pairs.explain(_build_explainer(model.cpu().eval(), trained, samples), 0.0)
    order = np.argsort(pairs.numbers)
    relevance = (spectra["positive"] + spectra["negative"]).transpose("sample", "band").values
    return relevance[order], spectra["predicted"].values[order].astype(np.int64)


def _build_explainer(model: Pipeline, trained: TrainedNetwork, samples: Samples) -> PatchExplainer:
    composite = find_composite(DEFAULT_RULE)
    return PatchExplainer(model, composite, samples, trained.task, "true", codes=trained.codes)
