from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral import Leakage, Scene, Split, disjoint_blocks, leakage, random_split
from lrprism.spectral.splits import coverage_table


def split_of(train: list[int], test: list[int]) -> Split:
    parts = [np.array(part, dtype=np.int64) for part in (train, test)]
    return Split(parts[0], parts[1], coverage_table(np.zeros(400, dtype=np.int64), *parts, ["a"]))


def test_by_hand() -> None:
    # width 20, training pixel (0, 0); test pixels (0, 1), (2, 2), (0, 3), (5, 1): distances 1, 2, 3, 5
    split = split_of([0], [1, 42, 3, 101])
    assert leakage(split, 3, 20) == Leakage(overlapping=0.5, centres_seen=0.25, nearest=1)


def test_a_validation_part_counts_as_seen() -> None:
    # the training pixel (0, 19) is far from the test pixel (0, 1); the validation pixel (0, 0) beside it
    split = replace(split_of([19], [1]), validation=np.array([0]))
    assert leakage(split, 3, 20) == Leakage(overlapping=1, centres_seen=1, nearest=1)


def test_against_drawn_windows() -> None:
    generator = np.random.default_rng(0)
    train, test = generator.integers(3, 60, (40, 2)), generator.integers(3, 60, (50, 2))
    drawn = np.zeros((64, 64), dtype=bool)
    for y, x in train:
        drawn[y - 3 : y + 4, x - 3 : x + 4] = True
    hit = [drawn[y - 3 : y + 4, x - 3 : x + 4].any() for y, x in test]
    parts = [part[:, 0] * 64 + part[:, 1] for part in (train, test)]
    result = leakage(Split(parts[0], parts[1], pd.DataFrame()), 7, 64)
    assert result.overlapping == pytest.approx(np.mean(hit))
    assert result.centres_seen == pytest.approx(np.mean([drawn[y, x] for y, x in test]))


def test_indian_pines_leaks_at_random_and_not_in_blocks(indian_pines: Scene) -> None:
    labels, width = indian_pines.labels, indian_pines.labels.sizes["x"]
    pixels = np.flatnonzero(labels.values)
    drawn = random_split(labels.values.ravel()[pixels].astype(int) - 1, seed=0)
    scattered = Split(pixels[drawn.train], pixels[drawn.test], drawn.coverage)
    assert leakage(scattered, 5, width).overlapping > 0.99
    blocks = leakage(disjoint_blocks(labels, block=16, guard=2, seed=0), 5, width)
    assert (blocks.overlapping, blocks.centres_seen) == (0, 0)
    assert blocks.nearest >= 5


@pytest.mark.parametrize(("window", "width"), [(0, 20), (4, 20), (3, 0)])
def test_sizes_that_cannot_be(window: int, width: int) -> None:
    with pytest.raises(InputError, match=f"odd and at least 1, .* Found window {window}, width {width}"):
        leakage(split_of([0], [1]), window, width)


def test_an_empty_part() -> None:
    with pytest.raises(DataError, match=r"both parts should have pixels\. Found 1 for training and 0 for"):
        leakage(split_of([0], []), 3, 20)
