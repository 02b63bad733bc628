from dataclasses import replace

import numpy as np
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral import Scene, Split, contiguous_cut, disjoint_blocks, hold_out, leakage
from small_scenes import assert_windows_disjoint, label_map, random_labels


@pytest.mark.parametrize(("guard", "block", "fraction"), [(0, 5, 0.2), (1, 8, 0.3), (2, 12, 0.5)])
def test_no_window_of_three_parts_shares_a_pixel(guard: int, block: int, fraction: float) -> None:
    labels = random_labels(block, (60, 50))
    split = contiguous_cut(labels, guard=guard, axis="y")
    held = hold_out(labels, split, block=block, guard=guard, fraction=fraction, seed=0)
    assert_windows_disjoint(labels, held, guard)
    assert held.test.tolist() == split.test.tolist()
    assert set(held.train) | set(held.validation) <= set(split.train)
    inner = replace(held, test=held.validation, validation=np.empty(0, dtype=np.int64))
    assert leakage(inner, 2 * guard + 1, 50).overlapping == 0
    assert leakage(held, 2 * guard + 1, 50).overlapping == 0


def test_the_table_and_the_notes_count_what_is_there() -> None:
    labels = random_labels(1, (60, 50))
    split = contiguous_cut(labels, guard=1)
    held = hold_out(labels, split, block=8, guard=1, seed=0)
    flat = labels.values.ravel()
    for name in ("train", "validation", "test"):
        expected = [np.sum(flat[getattr(held, name)] == label) for label in (1, 2, 3)]
        assert held.coverage[name].tolist() == expected
    lost = len(split.train) - len(held.train) - len(held.validation)
    assert held.notes == (
        *split.notes,
        f"validation blocks of 8 pixels, guard of 1: {lost} training pixels are in neither part",
    )


def test_without_a_guard_the_fraction_is_met_about_and_nothing_lost() -> None:
    labels = random_labels(0, (60, 50))
    split = contiguous_cut(labels, guard=0)
    held = hold_out(labels, split, block=5, guard=0, fraction=0.25, seed=0)
    assert len(held.train) + len(held.validation) == len(split.train)
    assert len(held.validation) / len(split.train) == pytest.approx(0.25, abs=0.03)


def test_a_class_of_one_spot_is_named() -> None:
    values = np.ones((40, 40), dtype=int)
    values[3:5, 3:5] = 2
    labels = label_map(values, 2)
    split = contiguous_cut(labels, guard=1, axis="y", test_fraction=0.3)
    held = hold_out(labels, split, block=6, guard=1, seed=0)
    assert held.notes[-1] == "not in both training and validation part: class 1"


def test_the_seed_decides() -> None:
    labels = random_labels(0)
    split = contiguous_cut(labels, guard=1)
    first, again, other = (hold_out(labels, split, block=6, guard=1, seed=seed) for seed in (1, 1, 2))
    assert first.validation.tolist() == again.validation.tolist()
    assert first.validation.tolist() != other.validation.tolist()


def test_indian_pines(indian_pines: Scene) -> None:
    labels = indian_pines.labels
    split = disjoint_blocks(labels, block=16, guard=2, seed=0)
    held = hold_out(labels, split, block=8, guard=2, seed=0)
    assert_windows_disjoint(labels, held, 2)
    assert len(held.train) > 4 * len(held.validation) > 1000


def other_scene() -> Split:
    return contiguous_cut(random_labels(0, (60, 80)), guard=1)


def test_a_split_of_another_scene() -> None:
    with pytest.raises(DataError, match=r"split should hold labelled pixels .* Found \d+ of \d+ training"):
        hold_out(random_labels(0), other_scene(), block=6, guard=1, seed=0)


def test_a_part_that_would_be_empty() -> None:
    values = np.zeros((40, 40), dtype=int)
    values[5, 5], values[30, 30] = 1, 1
    split = contiguous_cut(label_map(values, 1), guard=1)
    with pytest.raises(DataError, match=r"training and validation part .* of 1 with blocks of 6 and a guard"):
        hold_out(label_map(values, 1), split, block=6, guard=1, seed=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"guard": 1, "block": 6, "fraction": 0.0}, "fraction should lie between 0 and 1. Found 0"),
        ({"guard": 3, "block": 6}, "block should be larger than twice the guard of 3 pixels. Found 6"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, float], message: str) -> None:
    labels = random_labels(0)
    with pytest.raises(InputError, match=message):
        hold_out(labels, contiguous_cut(labels, guard=1), seed=0, **settings)


def test_a_second_validation_part() -> None:
    labels = random_labels(0)
    held = hold_out(labels, contiguous_cut(labels, guard=1), block=6, guard=1, seed=0)
    with pytest.raises(InputError, match=r"no validation part yet. Found one of \d+ samples. Use it"):
        hold_out(labels, held, block=6, guard=1, seed=0)
