"""The search for blocks, regions or groups to test on, so that as many classes as possible can be tested."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias, TypeVar, final

import numpy as np
import numpy.typing as npt

from lrprism.spectral.splits.guard import Mask, keep_apart, mark_usable
from lrprism.spectral.splits.split import Numbers

Score: TypeAlias = tuple[int, int, float, float]
"""A rating, compared from its first number on."""
Box: TypeAlias = tuple[slice, slice]
"""Rows and columns of a rectangle in a scene."""

STARTS = 8
"""Deals to start from."""
_TRIALS_PER_START, _FURTHER_TRIALS = 100, 600  # 8 * 100 + 600 deals: about a second for Indian Pines
_ENOUGH = 5  # with fewer samples of a class on a side, training or testing on them says nothing


@dataclass(frozen=True, eq=False)
class AbstractUnits(ABC):
    """Units that go to one of the two parts as a whole: blocks, regions or groups.

    Args:
        total: Number of samples of each class.
        movable: Numbers of the units that hold samples.
        count: Number of units.
        test_fraction: Share of the samples wanted in the test part.
        by_size: Rate deals that are equal otherwise by the size of the parts. Whole regions and groups need
            it: a class in one of them alone counts for nothing else. Many small blocks do not.
    """

    total: Numbers
    movable: Numbers
    count: int
    test_fraction: float
    by_size: bool

    @abstractmethod
    def count_classes(self, on_test: Mask) -> tuple[Numbers, Numbers]:
        """Return the number of samples of each class in both parts; ``on_test``: ``[unit]``."""

    @abstractmethod
    def count_near(self, on_test: Mask, unit: int) -> tuple[Numbers, Numbers]:
        """Return the same of those samples alone that may change their part when a unit does."""

    def score(self, train: Numbers, test: Numbers) -> Score:
        r"""Rate two parts by :func:`rate_parts` and, if ``by_size``, by their size.

        .. math:: \min\Bigl(\frac{n^{train}}{1 - f}, \frac{n^{test}}{f}\Bigr) \Big/ n,
                  \quad n = \sum_c n_c

        The numbers are compared from the first on. Shapes: ``train``, ``test``: ``[class]``.
        """
        sizes = [counts.sum(keepdims=True) for counts in (train, test, self.total)]
        size = _balance(sizes[0], sizes[1], sizes[2], self.test_fraction).item() if self.by_size else 0.0
        return *rate_parts(train, test, self.total, self.test_fraction), size


def rate_parts(train: Numbers, test: Numbers, total: Numbers, test_fraction: float) -> tuple[int, int, float]:
    r"""Rate two parts by their classes.

    The numbers, compared from the first on, are: the classes in both parts, those of them with 5 samples or
    more in both, and, large for balanced parts that lose few samples, with f the wanted share for testing,

    .. math:: \sum_c \min\Bigl(\frac{n_c^{train}}{1 - f}, \frac{n_c^{test}}{f}\Bigr) \Big/ n_c.

    Shapes: ``train``, ``test``, ``total``, the samples in each part and in the data: ``[class]``.
    """
    fewer = np.minimum(train, test)
    balance = float(np.sum(_balance(train, test, total, test_fraction)))
    return int(np.sum(fewer > 0)), int(np.sum(fewer >= _ENOUGH)), balance


def _balance(train: Numbers, test: Numbers, total: Numbers, test_fraction: float) -> npt.NDArray[np.float64]:
    # a class that does not occur counts 0
    share = np.minimum(train / (1 - test_fraction), test / test_fraction) / np.maximum(total, 1)
    return np.asarray(share, dtype=np.float64)


@final
@dataclass(frozen=True, eq=False)
class Areas(AbstractUnits):
    """Areas that a scene is divided into, with a guard band between those of different parts.

    Args, besides those of :class:`AbstractUnits`:
        labels: 0 where unlabelled, else 1 + the class, ``[y, x]``.
        usable: Labelled pixels whose window lies inside the scene, ``[y, x]``.
        area_of: Number of the area that each pixel lies in, ``[y, x]``.
        guard: Radius of the windows.
        boxes: Rows and columns of the box round each area.
    """

    labels: npt.NDArray[np.integer]
    usable: Mask
    area_of: Numbers
    guard: int
    boxes: Sequence[Box]

    @classmethod
    def from_scene(
        cls,
        labels: npt.NDArray[np.integer],
        area_of: Numbers,
        guard: int,
        test_fraction: float,
        *,
        by_size: bool,
    ) -> Self:
        """Count the pixels and areas of a scene; the arguments are those of the class."""
        from scipy import ndimage  # late: help texts that list the schemes need no scipy

        usable = mark_usable(labels, guard)
        return cls(
            total=np.bincount(labels.ravel())[1:],
            movable=np.unique(area_of[usable]),
            count=int(area_of.max()) + 1,
            test_fraction=test_fraction,
            by_size=by_size,
            labels=labels,
            usable=usable,
            area_of=area_of,
            guard=guard,
            boxes=ndimage.find_objects(area_of + 1),
        )

    def count_classes(self, on_test: Mask) -> tuple[Numbers, Numbers]:
        """Return the number of remaining pixels of each class in both parts."""
        train, test = (self._count(self.labels[part]) for part in self.trim_sides(on_test))
        return train, test

    def count_near(self, on_test: Mask, unit: int) -> tuple[Numbers, Numbers]:
        """Return the number of remaining pixels of each class round an area, for training and for testing."""
        # an area decides on pixels within two radii of it, and they hang on those within two more
        near, around = (_widen(self.boxes[unit], margin * self.guard) for margin in (2, 4))
        sides = keep_apart(self.usable[around], on_test[self.area_of[around]], self.guard)
        inside = tuple(
            slice(inner.start - outer.start, inner.stop - outer.start)
            for inner, outer in zip(near, around, strict=True)
        )
        train, test = (self._count(self.labels[near][side[inside]]) for side in sides)
        return train, test

    def trim_sides(self, on_test: Mask) -> tuple[Mask, Mask]:
        """Return the pixels that the guard band leaves for training and for testing, each ``[y, x]``."""
        return keep_apart(self.usable, on_test[self.area_of], self.guard)

    def _count(self, labels: npt.NDArray[np.integer]) -> Numbers:
        return np.bincount(labels, minlength=len(self.total) + 1)[1:]


def _widen(box: Box, margin: int) -> Box:
    """Return a box with so many rows and columns more on each side, as far as the scene has them."""
    rows, columns = box
    return (
        slice(max(0, rows.start - margin), rows.stop + margin),
        slice(max(0, columns.start - margin), columns.stop + margin),
    )


_Units = TypeVar("_Units", bound=AbstractUnits)


def search_deal(candidates: Iterable[_Units], generator: np.random.Generator) -> tuple[_Units, Mask]:
    """Deal units to the two parts at random, then flip one unit at a time while the score does not fall.

    Args:
        candidates: Units to deal, one start each; the best start is searched further.
        generator: Source of the deals and of the order of flips.

    Returns:
        The best units, and a mask of those for testing.
    """
    starts = []
    # many short searches, then a long one from the best
    for units in candidates:
        deal = generator.random(units.count) < units.test_fraction
        starts.append((units, *_improve_deal(units, deal, _TRIALS_PER_START, generator)))
    units, on_test, _ = max(starts, key=lambda start: start[2])
    on_test, _ = _improve_deal(units, on_test, _FURTHER_TRIALS, generator)
    return units, on_test


def _improve_deal(
    units: AbstractUnits, deal: Mask, trials: int, generator: np.random.Generator
) -> tuple[Mask, Score]:
    """Return the deal that flips lead to, and its score."""
    on_test, counts = deal.copy(), units.count_classes(deal)
    best = units.score(*counts)
    if not units.movable.size:
        return on_test, best
    # each unit in turn, in a new order in each round
    rounds = -(-trials // units.movable.size)
    order = np.concatenate([generator.permutation(units.movable) for _ in range(rounds)])
    for unit in order[:trials]:
        before = units.count_near(on_test, unit)
        on_test[unit] = not on_test[unit]
        after = units.count_near(on_test, unit)
        # the rest of the scene stays as it is: no flip goes through all of its pixels
        flipped = counts[0] - before[0] + after[0], counts[1] - before[1] + after[1]
        score = units.score(*flipped)
        if score >= best:  # equal ones too: the search walks along plateaus
            counts, best = flipped, score
        else:
            on_test[unit] = not on_test[unit]
    return on_test, best
