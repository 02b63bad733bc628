"""Groups of bands that networks exchange for each other from training to training."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import ClusterNode, linkage, to_tree
from scipy.spatial.distance import squareform

from lrprism.errors import InputError
from lrprism.spectral.bands.redundancy import Redundancy
from lrprism.spectral.bands.selection.correlation import EXCHANGEABLE, correlate_bands
from lrprism.spectral.bands.width import check_finite_spectra

FEWEST_TRAININGS: Final = 5
"""Of fewer trainings it cannot be told that bands exchange relevance: few numbers rise or fall by chance."""
COPIES: Final = 0.999
"""Bands that correlate so much hold the same: one can stand for the other even if no training lets it."""
_LEVEL: Final = 0.05
"""A group of bands that do not exchange relevance is taken in one of twenty results at most."""
_ENOUGH: Final = 3
"""So many shufflings are expected beyond the level of a test, so that its p-value can come below it."""
_AT_ONCE: Final = 200  # shufflings

Floats = npt.NDArray[np.float64]


def correlate_overall_and_within(spectra: npt.ArrayLike, labels: npt.ArrayLike) -> Floats:
    r"""Return for each two bands the weaker of their correlations over all samples and within classes.

    .. math:: r_{ij} = \begin{cases} r^o_{ij} & |r^o_{ij}| < |r^w_{ij}| \\ r^w_{ij} & \text{else} \end{cases}

    with :math:`r^o` of the spectra and :math:`r^w` of the spectra less the mean of their class. Two bands
    that both follow the class agree overall alone: each tells it with noise of its own, and both are better
    than one. Where the class lies in the difference of two bands they agree within classes alone. In neither
    case can one stand for the other. A constant band correlates with none.

    Shapes: ``spectra``: ``[sample, band]``; ``labels``: ``[sample]``; result ``[band, band]``.

    Args:
        spectra: Spectra, any unit.
        labels: Class of each.

    Raises:
        DataError: If the spectra are not finite numbers.
        InputError: If there is not a label for each.

    Example:
        >>> correlate_overall_and_within([[0, 0], [1, 1], [5, 0], [6, 1]], [0, 0, 1, 1]).round(2)
        array([[1. , 0.2],
               [0.2, 1. ]])
    """
    x, names = check_finite_spectra(spectra), np.asarray(labels)
    if names.shape != (len(x),):
        raise InputError(
            f"labels should hold a class for each of {len(x)} spectra. Found shape {names.shape}. Pass both "
            "of the same samples."
        )
    residual = x.copy()
    for name in np.unique(names):
        residual[names == name] -= x[names == name].mean(axis=0)
    # a band that is constant within each class keeps rounding errors alone
    residual[:, np.abs(residual).max(axis=0) <= 1e-12 * np.abs(x).max(axis=0)] = 0
    overall, within = correlate_bands(x), correlate_bands(residual)
    return np.where(np.abs(overall) < np.abs(within), overall, within)


def exchangeable_groups(
    shares: npt.ArrayLike,
    correlation: npt.ArrayLike,
    *,
    redundancy: Redundancy | None = None,
    threshold: float = EXCHANGEABLE,
    seed: int = 0,
) -> npt.NDArray[np.int64]:
    r"""Group bands that correlate, and of which one tells as much as all, or that swap relevance.

    Bands are joined by complete linkage of ``1 - |r|``, so that each two of a group correlate at least as
    much as the threshold. Bands of which each two correlate by .999 or more are copies and one group, however
    steadily networks divide relevance among them. Beyond these, the largest groups of that tree are taken of
    which each band tells as much of the class as all (:meth:`Redundancy.holds`), unless the networks use a
    difference within: more than its fair share of the relevance of a class, of which the larger half cancels.

    So are the largest in which relevance moves about from training to training while its sum stays: with
    :math:`s_{tcb}` the signed share of band b, or of copies together, in the relevance for class c in
    training t,

    .. math:: V = \frac1C \sum_c \frac{\operatorname{var}_t \sum_{b \in G} s_{tcb}}
                                      {\sum_{b \in G} \operatorname{var}_t s_{tcb}}

    is 1 for bands that vary independently, 0 where one band gains what the others lose. A group is taken if V
    is so small between its bands, and between the two halves that the tree joins it from, as in at most
    .05 / K of the cases in which the trainings of each are shuffled, with K the number of groups of the tree
    that could be taken (Bonferroni). Without the second condition two groups that each exchange relevance
    among themselves would pass for one.

    Fewer than 5 trainings cannot tell that. A constant band is a group of its own.

    Shapes: ``shares``: ``[training, band]`` or ``[training, class, band]``; ``correlation``:
    ``[band, band]``; result ``[band]``.

    Args:
        shares: Signed shares, such as :func:`signed_shares` gives.
        correlation: Such as :func:`correlate_overall_and_within` gives.
        redundancy: Of the samples; None to go by what the trainings swap alone.
        threshold: Least absolute correlation within a group, above 0 and at most 1.
        seed: Seed of the shuffling.

    Returns:
        Number of the group of each band; groups count from 0 in the order of their first bands.

    Raises:
        DataError: If the shares are not finite numbers.
        InputError: If the shapes do not fit, or the threshold is out of its range.

    Example:
        Bands 0 and 1 are copies: what one has, the other has not.

        >>> moved = np.linspace(-0.2, 0.2, 20)
        >>> other = np.tile([0.3, 0.4], 10)
        >>> shares = np.stack([0.3 + moved, 0.3 - moved, other], axis=1)
        >>> exchangeable_groups(shares, [[1, 0.99, 0], [0.99, 1, 0], [0, 0, 1]])
        array([0, 0, 1])
    """
    s, r = _check_shapes(shares, correlation)
    if not 0 < threshold <= 1:
        raise InputError(f"threshold should be above 0 and at most 1. Found {threshold}. Try {EXCHANGEABLE}.")
    groups = np.arange(len(r))
    if len(r) > 1:
        distance = np.clip(1 - np.abs(r), 0, None)
        tree = to_tree(linkage(squareform((distance + distance.T) / 2, checks=False), "complete"))
        # rounding: bands that correlate exactly as the threshold says belong together
        most = 1 - threshold + 1e-12
        level = _LEVEL / max(1, len(_list_open(tree, most)))
        _join(tree, Trainings(s, most, level, redundancy, np.random.default_rng(seed)), groups)
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)


def _check_shapes(shares: npt.ArrayLike, correlation: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return shares, ``[training, class, band]``, and the correlation.

    Raises:
        InputError: If they do not fit each other.
    """
    s, r = np.asarray(shares, dtype=np.float64), np.asarray(correlation, dtype=np.float64)
    flat = check_finite_spectra(s.reshape(-1, s.shape[-1]) if s.ndim in (2, 3) else s)
    if r.shape != (flat.shape[1],) * 2 or not np.isfinite(r).all():
        raise InputError(
            f"correlation should be finite, {flat.shape[1]} x {flat.shape[1]} as there are bands. Found "
            f"shape {r.shape}. Compute it for the same bands."
        )
    return s.reshape(len(s), -1, s.shape[-1]), r


def _is_same(node: ClusterNode, most: float) -> bool:
    """Return True for a band, and for bands that are copies of each other."""
    return bool(node.is_leaf() or node.dist <= min(most, 1 - COPIES + 1e-12))


def _list_open(node: ClusterNode, most: float) -> list[ClusterNode]:
    """List the nodes whose bands correlate enough, and are a group only if they exchange relevance."""
    if _is_same(node, most):
        return []
    below = [part for half in (node.get_left(), node.get_right()) for part in _list_open(half, most)]
    return [node, *below] if node.dist <= most else below


def _list_units(node: ClusterNode, most: float) -> list[list[int]]:
    """List the bands below a node, copies together."""
    if _is_same(node, most):
        return [node.pre_order()]
    return [unit for half in (node.get_left(), node.get_right()) for unit in _list_units(half, most)]


@dataclass(frozen=True, eq=False)
class Trainings:
    """What a group of bands is judged by.

    Args:
        shares: Signed shares, ``[training, class, band]``.
        most: Largest distance within a group.
        level: Of the test of what the trainings swap.
        redundancy: Of the samples; None where it is not known.
        generator: Draws the shufflings.
    """

    shares: Floats
    most: float
    level: float
    redundancy: Redundancy | None
    generator: np.random.Generator

    def are_exchangeable(self, node: ClusterNode) -> bool:
        """Return True if the bands below a node can stand for each other."""
        if _is_same(node, self.most):
            return True
        if node.dist > self.most:
            return False
        bands = np.array(node.pre_order())
        if self.redundancy is not None and self.redundancy.holds(bands) and not self._cancel(bands):
            return True
        return len(self.shares) >= FEWEST_TRAININGS and self._swap(node)

    def _cancel(self, bands: npt.NDArray[np.intp]) -> bool:
        """Return True if some class uses the bands, and more than half of their relevance cancels."""
        means = self.shares[:, :, bands].mean(axis=0)
        size, fair = np.abs(means).sum(axis=1), len(bands) / self.shares.shape[2]
        return bool(((size > fair) & (np.abs(means.sum(axis=1)) < size / 2)).any())

    def _swap(self, node: ClusterNode) -> bool:
        """Return True if relevance moves between the halves of a node, and between its bands."""
        halves = (node.get_left(), node.get_right())
        sums = [self.shares[:, :, half.pre_order()].sum(axis=2) for half in halves]
        units = [self.shares[:, :, unit].sum(axis=2) for unit in _list_units(node, self.most)]
        return all(_exchanges(parts, self.level, self.generator) for parts in (sums, units))


def _join(node: ClusterNode, trainings: Trainings, groups: npt.NDArray[np.int_]) -> None:
    """Give the bands below a node one number where they are exchangeable; else look at its halves."""
    if trainings.are_exchangeable(node):
        bands = np.array(node.pre_order())
        groups[bands] = bands.min()
        return
    for half in (node.get_left(), node.get_right()):
        _join(half, trainings, groups)


def _exchanges(parts: Sequence[Floats], level: float, generator: np.random.Generator) -> bool:
    """Return True if the sum of parts ``[training, class]`` varies less than chance lets it."""
    centred = [part - part.mean(axis=0) for part in parts]
    spread = np.sum([(part**2).sum(axis=0) for part in centred], axis=0)
    # rounding leaves shares that never change a tiny spread
    if not (spread > 1e-20).any():
        return False
    scale = np.where(spread > 1e-20, spread, np.inf)
    # equal up to rounding counts as equal
    found = ((sum(centred) ** 2).sum(axis=0) / scale).mean() * (1 + 1e-9)
    draws = math.ceil(_ENOUGH / level)
    as_small = 1  # what was found is one of the cases
    for start in range(0, draws, _AT_ONCE):
        count = min(_AT_ONCE, draws - start)
        as_small += int((_shuffle(centred, scale, count, generator) <= found).sum())
        if as_small > level * (draws + 1):
            return False
    return True


def _shuffle(parts: Sequence[Floats], scale: Floats, count: int, generator: np.random.Generator) -> Floats:
    """Return V of parts whose trainings are shuffled, all classes of a training together, ``[count]``."""
    trainings = len(parts[0])
    orders = np.tile(np.arange(trainings), (count, 1))
    total = np.zeros((count, *parts[0].shape))
    for part in parts:
        total += part[orders]
        orders = generator.permuted(orders, axis=1)
    ratio: Floats = ((total**2).sum(axis=1) / scale).mean(axis=1)
    return ratio
