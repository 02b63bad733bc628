"""Samples in a few strata of a trait, so that a split deals out low and high values alike."""

from typing import Final

import numpy as np
import numpy.typing as npt

_MOST: Final = 5
_FEWEST: Final = 8  # samples of a stratum


def stratify(values: npt.NDArray[np.float64], name: str) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Put samples into up to five strata between quantiles of a trait.

    Shapes: ``values`` and the stratum ``[...]``.

    Args:
        values: The trait of each sample; NaN where it is not known.
        name: The name of the trait.

    Returns:
        The stratum of each sample from 0, the lowest first, -1 where there is no value; and the names of the
        strata, such as "nitrogen 1.2 to 1.9".
    """
    known = ~np.isnan(values)
    measured = values[known]
    count = min(_MOST, max(1, measured.size // _FEWEST))
    # equal values stay together: a trait of few different values has fewer strata
    edges = np.unique(np.quantile(measured, np.arange(1, count) / count)) if measured.size else np.empty(0)
    stratum = np.full(values.shape, -1, dtype=np.int64)
    present, stratum[known] = np.unique(np.searchsorted(edges, measured, side="right"), return_inverse=True)
    parts = [measured[stratum[known] == number] for number in range(len(present))]
    return stratum, [f"{name} {part.min():.4g} to {part.max():.4g}" for part in parts]
