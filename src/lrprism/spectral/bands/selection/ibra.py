"""IBRA: bands at which runs of collinear neighbours reach equally far to both sides."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import convolve

from lrprism.errors import DataError, InputError
from lrprism.spectral.bands.selection.correlation import correlate_bands
from lrprism.spectral.bands.selection.samples import BandNumbers

_MOST_UNEVEN: Final = 5  # a minimum whose runs differ by so many bands or more is none
_BORDER: Final = 100  # the unevenness that is assumed beyond the first and the last band


def ibra(cube: npt.ArrayLike, labels: npt.ArrayLike, threshold: float = 10, window: int = 5) -> BandNumbers:
    r"""Select bands by inter-band redundancy analysis (IBRA), over the patches round all labelled pixels.

    With :math:`r_{bj}` the correlation of bands over all pixels of all patches, the variance inflation of a
    pair is

    .. math:: \mathrm{VIF}_{bj} = \frac{1}{1 - r_{bj}^2}

    From each band a walk to the left and one to the right count bands, to the first one whose VIF with it is
    not above the threshold, that one included:

    .. math:: d_b = |\mathrm{left}_b - \mathrm{right}_b|

    The bands selected are the local minima of d that are below 5. Their number follows from the threshold:
    1/(1 - r²) = 10 is a correlation of .949.

    What the paper leaves open is done as its authors' lists of bands show: a pixel counts as often as there
    are patches that hold it; beyond the border of the scene patches hold zeros, in the units of the cube (so
    an offset of the values matters); VIF is not rounded; a walk counts the last band it compares, and the one
    to the left ends before band 0, which is never compared; of a plateau of equal minima the middle is taken,
    rounded down; 100 is assumed beyond both ends. So done on the Indian Pines of tensorly, in its own units,
    the published lists for thresholds 12 and 10 come out exactly. Bands are walked in the order of the file.

    Shapes: ``cube``: ``[y, x, band]``; ``labels``: ``[y, x]``.

    Args:
        cube: The scene, any unit.
        labels: Class of each pixel; 0 is unlabelled.
        threshold: VIF above which two bands are collinear, above 1; published with 5 to 12.
        window: Side of the patches in pixels, odd.

    Returns:
        Numbers of the bands, from 0, in ascending order.

    Raises:
        DataError: If the shapes do not fit, a value is not finite, or no pixel has a label.
        InputError: If the threshold or the window is out of its range.

    Source: Morales, Sheppard, Logan and Shaw, "Hyperspectral dimensionality reduction based on inter-band
    redundancy analysis and greedy spectral selection", Remote Sensing 13, 3649, 2021.
    """
    values, marked = _check_scene(cube, labels)
    if window < 1 or window % 2 == 0:
        raise InputError(f"window should be odd and at least 1. Found {window}. Try 5.")
    # the number of patches that hold each pixel
    counts = convolve(marked.astype(np.float64), np.ones((window, window)), mode="constant").round()
    padding = marked.sum() * window**2 - counts.sum()
    seen = counts > 0
    spectra = np.concatenate([values[seen], np.zeros((1, values.shape[2]))])
    weights = np.append(counts[seen], padding)
    return find_even_bands(correlate_bands(spectra, weights), threshold)


def find_even_bands(r: npt.NDArray[np.float64], threshold: float) -> BandNumbers:
    """Select bands by IBRA from their correlation.

    Args:
        r: Correlation of each two bands, ``[band, band]``.
        threshold: VIF above which two bands are collinear.

    Returns:
        Numbers of the bands, in ascending order.

    Raises:
        InputError: If the threshold is not above 1.
    """
    if not threshold > 1:
        raise InputError(
            f"threshold should be above 1, the VIF of unrelated bands. Found {threshold}. Try 10."
        )
    collinear = r**2 > 1 - 1 / threshold  # as VIF > threshold, without a division by zero
    count = len(r)
    uneven = np.array(
        [
            abs(
                _walk(collinear[band], range(band - 1, 0, -1))
                - _walk(collinear[band], range(band + 1, count))
            )
            for band in range(count)
        ]
    )
    from scipy.signal import find_peaks  # late: it takes half a second

    padded = np.concatenate([[_BORDER], uneven, [_BORDER]])
    peaks, _ = find_peaks(padded.max() - padded, height=0)
    minima = peaks - 1
    chosen: BandNumbers = minima[uneven[minima] < _MOST_UNEVEN].astype(np.int64)
    return chosen


def _walk(collinear: npt.NDArray[np.bool_], neighbours: Iterable[int]) -> int:
    """Count the neighbours up to the first that is not collinear."""
    steps = 0
    for neighbour in neighbours:
        steps += 1
        if not collinear[neighbour]:
            break
    return steps


def _check_scene(
    cube: npt.ArrayLike, labels: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    values, marked = np.asarray(cube, dtype=np.float64), np.asarray(labels) != 0
    if values.ndim != 3 or values.shape[:2] != marked.shape:
        raise DataError(
            f"cube should be (y, x, band) and labels (y, x). Found shapes {values.shape} and {marked.shape}. "
            "Move the axis of the bands to the end."
        )
    if not marked.any():
        raise DataError("labels should mark some pixels. Found 0 everywhere. Give the class of each, from 1.")
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        raise DataError(
            f"cube should be finite. Found {wrong} of {values.size} values NaN or infinite. Leave their "
            "bands or rows out."
        )
    return values, marked
