"""Split a scene into training and test blocks whose windows share no pixel."""

import numpy as np
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.splits.guard import Mask, build_scene_split, check_guard, keep_apart, mark_usable
from lrprism.spectral.splits.search import STARTS, Areas, search_deal
from lrprism.spectral.splits.split import Numbers, Split, check_fraction


def disjoint_blocks(
    labels: xr.DataArray, *, block: int, guard: int, seed: int, test_fraction: float = 0.5
) -> Split:
    """Give square blocks of a scene to training or to testing, with a guard band between the two.

    Windows of radius ``guard`` of the two parts share no pixel, see :func:`keep_apart`. Pixels within
    ``guard`` of the scene's border drop out, as their windows would leave the scene.

    Blocks are dealt out so that as many classes as possible are on both sides, as many of these as possible
    with 5 pixels or more, and then so that the parts are balanced and few pixels lost to the guard, see
    :func:`rate_parts`. The search shifts the grid of blocks, starts from a random deal and flips one block
    at a time. Why blocks at all: Nalepa et al. 2019, arXiv:1811.03707.

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
        InputError: If a number is impossible.
        DataError: If one part would be empty.
    """
    check_fraction("test_fraction", test_fraction)
    parts = search_blocks(labels, block=block, guard=guard, seed=seed, test_fraction=test_fraction)
    return build_scene_split(labels, *parts, how=f"blocks of {block} pixels, guard of {guard}")


def checkerboard(labels: xr.DataArray, *, block: int, guard: int) -> Split:
    """Train on the dark squares of a checkerboard and test on the light ones, with a guard band between them.

    The plain split of the textbooks: no search and no seed, so that anyone can repeat it; with the square at
    row 0, column 0 for training. Windows of radius ``guard`` of the two parts share no pixel, see
    :func:`keep_apart`; pixels within ``guard`` of the scene's border drop out. :func:`disjoint_blocks`
    loses fewer pixels and classes.

    Shapes: ``labels``: ``[y, x]``.

    Args:
        labels: 0 where unlabelled, else 1 + the class; ``attrs["class_names"]`` as in a scene.
        block: Side of a square in pixels; squares at the right and lower border are cut off.
        guard: Radius of the windows to be cut, ``size // 2``.

    Returns:
        The split, in pixel numbers for :func:`cut_windows`; its notes name classes not on both sides.

    Raises:
        InputError: If a number is impossible.
        DataError: If one part would be empty.
    """
    _check_block(labels, block, guard)
    row, column = (np.arange(length) // block for length in labels.shape)
    light = (row[:, None] + column[None, :]) % 2 == 1
    parts = keep_apart(mark_usable(labels.values, guard), light, guard)
    return build_scene_split(labels, *parts, how=f"checkerboard of {block} pixels, guard of {guard}")


def search_blocks(
    labels: xr.DataArray, *, block: int, guard: int, seed: int, test_fraction: float
) -> tuple[Mask, Mask]:
    """Search over shifts of the grid and deals of the blocks, as :func:`disjoint_blocks` says.

    Returns:
        The pixels that remain of both sides, each ``[y, x]``; ``test_fraction`` of them in the second.

    Raises:
        InputError: If the block or the guard is impossible.
    """
    _check_block(labels, block, guard)
    generator = np.random.default_rng(seed)
    # made one at a time: each has a number per pixel of the scene
    grids = (_number_blocks(labels.shape, block, generator.integers(0, block, size=2)) for _ in range(STARTS))
    candidates = (
        Areas.from_scene(labels.values, grid, guard, test_fraction, by_size=False) for grid in grids
    )
    blocks, on_test = search_deal(candidates, generator)
    return blocks.trim_sides(on_test)


def _check_block(labels: xr.DataArray, block: int, guard: int) -> None:
    check_guard(guard)
    # the guard band would take every pixel of a block
    if block <= 2 * guard:
        raise InputError(
            f"block should be larger than twice the guard of {guard} pixels. Found {block}. "
            f"Try blocks of {max(4 * guard, 1)} pixels."
        )
    if block > max(labels.shape) // 2:
        raise InputError(
            f"at least two blocks should fit the scene of {labels.shape[0]} x {labels.shape[1]} pixels. "
            f"Found blocks of {block}. Use smaller blocks."
        )


def _number_blocks(shape: tuple[int, ...], block: int, origin: Numbers) -> Numbers:
    """Return the number of the block of each pixel, ``[y, x]``, the grid of blocks shifted by ``origin``."""
    row, column = ((np.arange(length) + shift) // block for length, shift in zip(shape, origin, strict=True))
    return np.asarray(row[:, None] * (int(column[-1]) + 1) + column[None, :], dtype=np.int64)
