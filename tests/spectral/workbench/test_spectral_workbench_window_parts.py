from dataclasses import replace

import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.splits import Split, disjoint_blocks, leakage
from lrprism.spectral.workbench.pixel_targets import PixelTargets
from lrprism.spectral.workbench.window_parts import describe_windows, thin_windows
from small_scenes import assert_windows_disjoint, fields

LABELS = fields(0)
PIXELS = PixelTargets(LABELS.values - 1, 9)
NAMES = LABELS.attrs["class_names"]


def split_scene() -> Split:
    return disjoint_blocks(LABELS, block=14, guard=4, seed=0)


def test_windows_of_the_parts_share_no_pixel_and_hold_those_of_the_parts() -> None:
    split = split_scene()
    thinned = thin_windows(PIXELS, split)
    assert_windows_disjoint(LABELS, thinned, 4)
    for name in ("train", "test"):
        windows, pixels = getattr(thinned, name), getattr(split, name)
        assert len(windows) < len(pixels)
        assert set(pixels) <= set(PIXELS.list_labelled(windows))


def test_coverage_counts_the_pixels_of_the_windows() -> None:
    thinned = thin_windows(PIXELS, split_scene())
    split = describe_windows(PIXELS, thinned, leakage(thinned, 9, LABELS.shape[1]), NAMES)
    held = {name: PIXELS.list_labelled(getattr(thinned, name)) for name in ("train", "test")}
    for number, row in enumerate(split.coverage.itertuples()):
        assert row.labelled == np.sum(PIXELS.classes == number)
        assert row.train == np.sum(PIXELS.classes.ravel()[held["train"]] == number)
        assert row.test == np.sum(PIXELS.classes.ravel()[held["test"]] == number)
    assert f"{len(thinned.train)} windows for training hold {len(held['train'])}" in split.notes[1]
    assert f"{len(thinned.test)} windows for test hold {len(held['test'])}" in split.notes[1]


def test_a_class_beside_the_centres_is_no_longer_said_to_be_missing() -> None:
    # class 2 lies in two pixels that are no centre of the training part
    classes = np.zeros((20, 40), dtype=np.int64)
    classes[2, 2] = classes[10, 30] = 1
    pixels, width = PixelTargets(classes, 9), 40
    train, test = np.array([5 * width + 5]), np.array([10 * width + 30])
    before = disjoint_blocks(LABELS, block=14, guard=4, seed=0).coverage
    table = before.iloc[:2].assign(train=[1, 0], test=[0, 1], labelled=[798, 2], class_name=["a", "b"])
    split = Split(train, test, table, ("not in both parts: a, b",))
    thinned = thin_windows(pixels, split)
    assert thinned.notes == ()
    described = describe_windows(pixels, thinned, None, ["a", "b"])
    assert described.missing_classes == []
    assert not any("not in both parts" in note for note in described.notes)


def test_pixels_that_are_learned_too_are_counted() -> None:
    split = split_scene()
    split = replace(split, train=split.train[::2], validation=split.train[1::2])
    described = describe_windows(PIXELS, thin_windows(PIXELS, split), None, NAMES)
    assert "the best epoch was chosen on windows whose pixels are learned too" in described.notes[2]


def test_windows_that_overlap_are_refused() -> None:
    split = split_scene()
    both = np.sort(np.concatenate([split.train, split.test]))
    mixed = thin_windows(PIXELS, replace(split, train=both[::2], test=both[1::2]))
    with pytest.raises(InputError, match=r"share no pixel with those of the training .* blocks wider than 9"):
        describe_windows(PIXELS, mixed, leakage(mixed, 9, LABELS.shape[1]), NAMES)
