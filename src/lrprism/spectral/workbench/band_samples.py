"""Mean spectra of training samples and the relevance of their bands, which bands are selected by."""

from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation import attribute
from lrprism.spectral.bands import BandSamples
from lrprism.spectral.workbench.candidates import Candidate, ClassLogits
from lrprism.spectral.workbench.composites import DEFAULT_RULE
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.part_samples import draw_evenly, read_part, read_tensors, read_wavelengths
from lrprism.spectral.workbench.references import choose_reference
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork

_MOST: Final = 1000
"""Training samples that bands are selected by, at most."""
_AT_ONCE: Final = 100  # patches in memory


def gather_band_samples(
    trained: TrainedNetwork, samples: Samples, seed: int, *, explains: bool
) -> BandSamples:
    r"""Read the mean spectra of training samples, and explain them by the default rule.

    .. math:: m_{cb} = \frac{1}{S_c} \sum_{s \in c} \Bigl| \sum_{yx} R_{sbyx} \Bigr|

    for the logit of the class of each sample, in units of that logit. A thousand samples at most are read,
    the classes as even as their sizes allow.

    Args:
        trained: The network.
        samples: Its data.
        seed: Seed of the draw.
        explains: Whether relevance is wanted.

    Raises:
        InputError: If the training part of the network is not known, or a rule cannot pass the network.
        DataError: If the record holds no mean spectrum, which the default rule compares with.
    """
    train = read_part(trained, "train")
    if not train.size:
        raise InputError(
            "bands should be selected on the training part. Found a network whose training part is not "
            "known. Train one with lrprism train."
        )
    numbers = draw_evenly(samples, train, _MOST, seed)
    nm = read_wavelengths(samples)
    way = Candidate(DEFAULT_RULE, choose_reference(DEFAULT_RULE, None))
    method = way.build_method(trained.record, nm, quiet=True) if explains else None
    logits = ClassLogits(trained.model)
    spectra, sizes = [], []
    for piece in np.array_split(numbers, -(-len(numbers) // _AT_ONCE)):
        x, target = read_tensors(samples, piece)
        spectra.append(_sum_pixels(x).numpy() / x[0, 0].numel())
        if method is not None:
            relevance = attribute(method, logits, x, target, name=way.name)
            sizes.append(_sum_pixels(relevance).abs().numpy())
    labels = samples.labels_of(numbers)
    means = _average_by_class(np.concatenate(sizes), labels) if sizes else None
    return BandSamples(np.concatenate(spectra), labels, nm.numpy(), means, seed)


def _sum_pixels(patches: Tensor) -> Tensor:
    """Return sums over pixels in float64, ``[N, band]``."""
    return patches.sum((2, 3), dtype=torch.float64)


def _average_by_class(sizes: npt.NDArray[np.float64], labels: Numbers) -> npt.NDArray[np.float64]:
    """Return the mean of each class that occurs, ``[class, band]``."""
    return np.stack([sizes[labels == name].mean(axis=0) for name in np.unique(labels)])
