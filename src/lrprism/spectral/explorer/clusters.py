"""Groups of samples that a network decides alike: clusters of their relevance."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_NEIGHBOURS: Final = 10
_MOST_CLUSTERS: Final = 8
_STEPS: Final = 10
"""Steps of the random walk by whose eigenvalues clusters are counted."""
_FEWEST: Final = 20
"""Samples below which there are no clusters to be found."""
_AT_ONCE: Final = 600
"""Samples whose graph is cut; the others join the cluster of the nearest of them."""
_SIDE: Final = 5
"""Blocks along each side of the coarse map that stands for the place of the relevance."""

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Clusters:
    """The clusters of some samples.

    Args:
        members: The cluster of each sample, from 0, the largest first.
        eigenvalues: The smallest eigenvalues of the Laplacian of the graph of neighbours; as many are near
            0 as there are clusters. Empty where there were too few samples.
    """

    members: Numbers
    eigenvalues: Floats

    @property
    def count(self) -> int:
        """The number of clusters."""
        return int(self.members.max(initial=0)) + 1


def find_clusters(profiles: npt.ArrayLike, seed: int = 0) -> Clusters:
    r"""Cluster samples by their relevance, as SpRAy does.

    Each sample is joined to its 10 nearest neighbours. With the matrix A of who is joined to whom and the
    number of joins :math:`d_i = \sum_j A_{ij}`, the eigenvectors to the smallest eigenvalues of

    .. math:: L = I - D^{-1/2} A D^{-1/2}

    are constant on parts of the graph that are barely joined. Their number is where the gap between two
    eigenvalues of a random walk of t = 10 steps is largest,

    .. math:: k = \arg\max_k (1 - \lambda_k)^t - (1 - \lambda_{k+1})^t

    and k-means on the rows of the first k eigenvectors tells the parts apart. Source: Lapuschkin et al.,
    "Unmasking Clever Hans predictors and assessing what machines really learn", Nature Communications 10,
    2019; the gap: Azran and Ghahramani, "Spectral methods for automatic multiscale data clustering", 2006.

    Shapes: ``profiles``: ``[sample, value]``.

    Args:
        profiles: What stands for each sample, from :func:`build_profiles`.
        seed: Seed of the k-means.
    """
    from scipy.cluster.vq import kmeans2  # late: only pages pay for scipy

    points = np.asarray(profiles, dtype=np.float64)
    if len(points) < _FEWEST:
        return Clusters(np.zeros(len(points), dtype=np.int64), np.empty(0))
    chosen = np.unique(np.linspace(0, len(points) - 1, min(len(points), _AT_ONCE)).astype(np.int64))
    some, vectors = _decompose(points[chosen])
    # parts that a walk leaves within its steps are no clusters: the gap of L itself is often one among those
    count = int(np.argmax(-np.diff((1 - some) ** _STEPS))) + 1
    rows = vectors[:, :count]
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    _, found = kmeans2(rows, count, minit="++", rng=np.random.default_rng(seed))
    members = found[_find_nearest(points, points[chosen], 1)[:, 0]]
    # the largest first; a cluster that k-means left empty has no number
    numbers, sizes = np.unique(members, return_counts=True)
    order = np.zeros(count, dtype=np.int64)
    order[numbers[np.argsort(-sizes, kind="stable")]] = np.arange(len(numbers))
    return Clusters(order[members], some)


def _decompose(points: Floats) -> tuple[Floats, Floats]:
    """Return the smallest eigenvalues of the Laplacian of the graph of neighbours, and their vectors."""
    from scipy.linalg import eigh  # late: only pages pay for scipy

    nearest = _find_nearest(points, points, _NEIGHBOURS + 1)
    joined = np.zeros((len(points), len(points)))
    joined[np.arange(len(points))[:, None], nearest] = 1
    np.fill_diagonal(joined, 0)
    # one that is a neighbour in one direction alone counts half
    joined = (joined + joined.T) / 2
    root = 1 / np.sqrt(joined.sum(axis=1))
    laplacian = np.eye(len(points)) - root[:, None] * joined * root
    most = min(_MOST_CLUSTERS, len(points) - 1)
    values, vectors = eigh(laplacian, subset_by_index=(0, most))
    return values, vectors


def _find_nearest(points: Floats, others: Floats, count: int) -> Numbers:
    """Return the places of the nearest of other points, ``[point, count]``, in no order."""
    pieces = []
    for start in range(0, len(points), _AT_ONCE):
        some = points[start : start + _AT_ONCE]
        # |a - b|² less |a|², which all distances of a point share
        away = (others**2).sum(axis=1) - 2 * some @ others.T
        pieces.append(np.argpartition(away, count - 1, axis=1)[:, :count])
    return np.concatenate(pieces)


def build_profiles(spectra: npt.ArrayLike, maps: npt.ArrayLike | None = None) -> Floats:
    """Return what stands for each sample when they are compared: how its relevance lies, not how much.

    The spectrum has length 1. Where there are maps, they are averaged over 5 x 5 blocks, get length 1 too,
    and follow it.

    Shapes: ``spectra``: ``[sample, band]``; ``maps``: ``[sample, y, x]``; the result ``[sample, value]``.

    Args:
        spectra: Relevance of each sample, summed over its pixels.
        maps: Relevance of each sample, summed over its bands.
    """
    parts = [_scale_rows(np.asarray(spectra, dtype=np.float64))]
    if maps is not None:
        values = np.asarray(maps, dtype=np.float64)
        if min(values.shape[1:]) > 1:
            parts.append(_scale_rows(_average_blocks(values)))
    return np.concatenate(parts, axis=1)


def _scale_rows(values: Floats) -> Floats:
    length = np.linalg.norm(values, axis=1, keepdims=True)
    scaled: Floats = values / np.where(length > 0, length, 1)
    return scaled


def _average_blocks(maps: Floats) -> Floats:
    rows, columns = (_cut_side(size) for size in maps.shape[1:])
    blocks: list[Any] = [maps[:, y, x].mean(axis=(1, 2)) for y in rows for x in columns]
    return np.stack(blocks, axis=1)


def _cut_side(size: int) -> list[slice]:
    edges = np.unique(np.linspace(0, size, min(size, _SIDE) + 1).round().astype(np.int64))
    return [slice(int(low), int(high)) for low, high in pairwise(edges)]
