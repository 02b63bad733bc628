"""Split a scene into training and test blocks whose windows share no pixel."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy import ndimage

from lrprism._errors import DataError
from lrprism.spectral.splits import Split, check_test_fraction, coverage_table

# The search looks at 8 * 100 + 600 deals: about a second for Indian Pines.
_ORIGINS, _TRIALS_PER_ORIGIN, _FURTHER_TRIALS = 8, 100, 600
_ENOUGH = 5  # pixels of a class on a side below which training or testing on them says nothing

Mask = npt.NDArray[np.bool_]


def disjoint_blocks(
    labels: xr.DataArray, *, block: int, guard: int, seed: int, test_fraction: float = 0.5
) -> Split:
    r"""Give square blocks of a scene to training or to testing, with a guard band between the two.

    A pixel is kept if every pixel within ``guard`` of it lies on its own side, or if no labelled pixel of the
    other side lies within ``2 guard``. So a kept training centre p and test centre q always have
    :math:`\max(|p_y - q_y|, |p_x - q_x|) > 2\,\text{guard}`: windows of radius ``guard`` share no pixel.
    Pixels within ``guard`` of the scene's border are not kept, as their windows would leave the scene.

    Blocks are dealt out so that as many classes as possible are on both sides, as many of these as possible
    with 5 pixels or more, and then so that

    .. math:: \sum_c \min\Bigl(\frac{n_c^{train}}{1 - f}, \frac{n_c^{test}}{f}\Bigr) \Big/ n_c

    is large: balanced parts, few pixels lost to the guard. The search shifts the grid of blocks, starts from
    a random deal and flips one block at a time. Why blocks at all: Nalepa et al. 2019, arXiv:1811.03707.

    Shapes: ``labels``: ``[y, x]``.

    Args:
        labels: 0 where unlabelled, else 1 + the class; ``attrs["class_names"]`` as in a scene.
        block: Side of a block in pixels; blocks at the scene's border are cut off.
        guard: Radius of the windows to be cut, ``size // 2``.
        seed: Seed of the search; the same seed gives the same split.
        test_fraction: Share f of the pixels of each class to test on, as near as blocks allow.

    Returns:
        The split, in pixel numbers for :func:`cut_windows`; its notes name classes not on both sides.

    Raises:
        DataError: If a number is impossible, or one part would be empty.
    """
    check_test_fraction(test_fraction)
    _check_sizes(labels, block, guard)
    masks = _best_parts(labels.values, block, guard, test_fraction, seed)
    parts = [np.flatnonzero(mask) for mask in masks]
    if not parts[0].size or not parts[1].size:
        raise DataError(
            f"both parts should keep labelled pixels. Found {parts[0].size} for training and "
            f"{parts[1].size} for testing with blocks of {block} and a guard of {guard} pixels. "
            "Use another block or a smaller window."
        )
    names = labels.attrs["class_names"]
    table = coverage_table(labels.values.ravel().astype(np.int64) - 1, parts[0], parts[1], names)
    split = Split(parts[0], parts[1], table)
    return Split(parts[0], parts[1], table, _notes(split, block, guard))


def _check_sizes(labels: xr.DataArray, block: int, guard: int) -> None:
    if guard < 0 or block <= 2 * guard:
        raise DataError(
            f"block should be larger than twice the guard of 0 or more pixels. Found block {block}, "
            f"guard {guard}. Try blocks of {max(4 * guard, 1)} pixels."
        )
    if block > max(labels.shape) // 2:
        raise DataError(
            f"at least two blocks should fit the scene of {labels.shape[0]} x {labels.shape[1]} pixels. "
            f"Found blocks of {block}. Use smaller blocks."
        )


def _notes(split: Split, block: int, guard: int) -> tuple[str, ...]:
    lost = int(split.coverage["labelled"].sum()) - len(split.train) - len(split.test)
    note = f"blocks of {block} pixels, guard of {guard}: {lost} labelled pixels are in neither part"
    if not split.missing_classes:
        return (note,)
    return (note, f"not in both parts: {', '.join(split.missing_classes)}")


@dataclass(frozen=True, eq=False)
class _Layout:
    """The pixels, their blocks, and what a deal of blocks to the two sides is worth."""

    labels: npt.NDArray[np.integer]
    usable: Mask
    block_of: npt.NDArray[np.int64]
    guard: int
    test_fraction: float

    def kept(self, test_blocks: Mask) -> tuple[Mask, Mask]:
        """Training and test pixels that remain when the blocks marked true are for testing."""
        on_test = test_blocks[self.block_of]
        train, test = self.usable & ~on_test, self.usable & on_test
        return self._kept(train, ~on_test, test), self._kept(test, on_test, train)

    def _kept(self, own: Mask, region: Mask, other: Mask) -> Mask:
        deep = ndimage.minimum_filter(region, size=2 * self.guard + 1)
        near = ndimage.maximum_filter(other, size=4 * self.guard + 1, mode="constant")
        return np.asarray(own & (deep | ~near), dtype=bool)

    def score(self, test_blocks: Mask) -> tuple[int, int, float]:
        """Number of classes on both sides, of those with enough pixels there, then balance and size."""
        total = np.maximum(np.bincount(self.labels.ravel())[1:], 1)
        train, test = (
            np.bincount(self.labels[part], minlength=len(total) + 1)[1:] for part in self.kept(test_blocks)
        )
        balance = np.minimum(train / (1 - self.test_fraction), test / self.test_fraction) / total
        fewer = np.minimum(train, test)
        return int(np.sum(fewer > 0)), int(np.sum(fewer >= _ENOUGH)), float(balance.sum())

    def improved(self, sides: Mask, trials: int, generator: np.random.Generator) -> Mask:
        """Flip one block at a time, keeping every flip that does not lower the score."""
        occupied = np.unique(self.block_of[self.usable])
        if not occupied.size:
            return sides
        rounds = -(-trials // occupied.size)
        order = np.concatenate([generator.permutation(occupied) for _ in range(rounds)])
        best_score = self.score(sides)
        for block in order[:trials]:
            flipped = sides.copy()
            flipped[block] = not flipped[block]
            score = self.score(flipped)
            if score >= best_score:
                sides, best_score = flipped, score
        return sides


def _inside(labels: npt.NDArray[np.integer], guard: int) -> Mask:
    """Mark the labelled pixels whose window lies inside the scene."""
    height, width = labels.shape
    inside = np.zeros((height, width), dtype=bool)
    inside[guard : height - guard, guard : width - guard] = True
    return inside & (labels > 0)


def _block_numbers(
    shape: tuple[int, ...], block: int, origin: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Number of the block that each pixel lies in, the grid of blocks shifted by ``origin``."""
    row, column = ((np.arange(length) + shift) // block for length, shift in zip(shape, origin, strict=True))
    return np.asarray(row[:, None] * (int(column[-1]) + 1) + column[None, :], dtype=np.int64)


def _best_parts(
    labels: npt.NDArray[np.integer], block: int, guard: int, test_fraction: float, seed: int
) -> tuple[Mask, Mask]:
    """Search over places of the grid and deals of the blocks; the best kept pixels of both sides."""
    generator = np.random.default_rng(seed)
    usable = _inside(labels, guard)
    candidates = []
    for _ in range(_ORIGINS):
        numbers = _block_numbers(labels.shape, block, generator.integers(0, block, size=2))
        layout = _Layout(labels, usable, numbers, guard, test_fraction)
        deal = generator.random(int(numbers.max()) + 1) < test_fraction
        candidates.append((layout, layout.improved(deal, _TRIALS_PER_ORIGIN, generator)))
    layout, sides = max(candidates, key=lambda candidate: candidate[0].score(candidate[1]))
    return layout.kept(layout.improved(sides, _FURTHER_TRIALS, generator))
