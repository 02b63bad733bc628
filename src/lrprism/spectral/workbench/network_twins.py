"""Classes that several networks do not tell apart: the bands of one are those of the other."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral.report.confusion import find_twin


def find_network_twins(
    labels: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], names: Sequence[str]
) -> list[str | None]:
    r"""Say of each class which other one networks do not tell it from, by what most of them predict.

    A sample counts once, for the class :math:`\hat y_s = \arg\max_c \#\{t: \hat y_{ts} = c\}`, the first of
    equals: samples that several networks get wrong alike are no more evidence than one.

    Args:
        labels: True class of each sample, ``[sample]``.
        predicted: Classes that the networks predict, ``[training, sample]``.
        names: Names of the classes.

    Returns:
        For each class a clause; None where it is told from all others, see
        :func:`lrprism.spectral.report.confusion.measure_confusion`.
    """
    votes = (predicted[:, :, None] == np.arange(len(names))).sum(axis=0)
    samples = xr.Dataset({"label": ("sample", labels), "predicted": ("sample", votes.argmax(axis=1))})
    return [_find_twin(number, names, samples) for number in range(len(names))]


def _find_twin(number: int, names: Sequence[str], samples: xr.Dataset) -> str | None:
    twin = find_twin(number, range(len(names)), samples)
    if twin is None:
        return None
    other, told = twin
    return (
        f"the networks do not tell it from {names[other]}: of their samples that most networks take for one "
        f"of the two {100 * told:.0f} % are right"
    )
