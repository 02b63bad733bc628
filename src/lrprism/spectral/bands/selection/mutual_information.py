"""mRMR: bands that tell much about the class and little about each other."""

from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.spectral.bands.selection.samples import BandNumbers, BandSamples

_BINS: Final = 10


def select_by_mrmr(samples: BandSamples, k: int) -> BandNumbers:
    r"""Select k bands of most relevance to the class and least redundancy (mRMR), one after another.

    .. math:: b_n = \arg\max_{b \notin S} I(x_b; y) - \frac{1}{|S|} \sum_{j \in S} I(x_b; x_j)

    The mutual information is the plug-in estimate in bits of values sorted into 10 bins of equally many
    samples each, see :func:`mutual_information`. It is too high for few samples, alike for all bands.

    Args:
        samples: The samples, of at least two classes.
        k: Number of bands.

    Returns:
        Numbers of the bands in the order selected.

    Raises:
        InputError: If k is more than the number of bands that vary, or there is one class only.

    Source: Peng, Long and Ding, "Feature selection based on mutual information: criteria of max-dependency,
    max-relevance, and min-redundancy", IEEE Transactions on Pattern Analysis and Machine Intelligence 27,
    2005.
    """
    samples.check_count(k)
    samples.require_classes("mRMR")
    codes = np.stack([_sort_into_bins(values) for values in samples.spectra[:, samples.varying].T])
    classes = np.unique(samples.labels, return_inverse=True)[1]
    relevance = np.array([mutual_information(band, classes) for band in codes])
    redundancy = np.zeros(len(codes))
    left = np.ones(len(codes), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < k:
        score = np.where(left, relevance - redundancy / max(1, len(chosen)), -np.inf)
        best = int(np.argmax(score))
        chosen.append(best)
        left[best] = False
        redundancy[left] += [mutual_information(band, codes[best]) for band in codes[left]]
    bands: BandNumbers = samples.varying[chosen]
    return bands


def mutual_information(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> float:
    r"""Return the plug-in estimate of the mutual information of two discrete variables, in bits.

    .. math:: I = \sum_{uv} p_{uv} \log_2 \frac{p_{uv}}{p_u p_v}

    with shares of samples for probabilities. Shapes: ``[sample]``.

    Args:
        first: The value of each sample, a whole number from 0.
        second: The same of the other variable.

    Example:
        >>> mutual_information(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
        1.0
    """
    sizes = int(first.max()) + 1, int(second.max()) + 1
    joint = np.bincount(first * sizes[1] + second, minlength=sizes[0] * sizes[1]).reshape(sizes) / len(first)
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    there = joint > 0
    return float((joint[there] * np.log2(joint[there] / independent[there])).sum())


def _sort_into_bins(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the number of the bin of each value; equal values share a bin."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, _BINS + 1)[1:-1]))
    return np.searchsorted(edges, values, side="right").astype(np.int64)
