import numpy as np
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral import contiguous_cut, leakage
from lrprism.spectral.splits import CutAxis
from small_scenes import assert_counted, assert_windows_disjoint, fields, label_map, random_labels


def test_by_hand() -> None:
    # 10 rows of 4 pixels, guard 1: rows 1..8 and columns 1, 2 are usable. The cut before row 5 leaves rows
    # 1..3 and rows 6..8, 6 pixels on each side.
    split = contiguous_cut(label_map(np.ones((10, 4), dtype=int), 1), guard=1)
    assert split.train.tolist() == [5, 6, 9, 10, 13, 14]
    assert split.test.tolist() == [25, 26, 29, 30, 33, 34]
    assert split.notes == ("cut before row 5, guard of 1: 28 labelled pixels are in neither part",)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("axis", "guard", "fraction"), [("y", 0, 0.5), ("x", 1, 0.3), ("auto", 3, 0.6)])
def test_windows_share_no_pixel(seed: int, axis: CutAxis, guard: int, fraction: float) -> None:
    labels = random_labels(seed) if seed % 2 else fields(seed)
    split = contiguous_cut(labels, guard=guard, axis=axis, test_fraction=fraction)
    assert_windows_disjoint(labels, split, guard)
    assert_counted(labels, split, split.notes[0].split(":")[0])
    assert leakage(split, 2 * guard + 1, labels.sizes["x"]).overlapping == 0


@pytest.mark.parametrize(("axis", "guard", "fraction"), [("y", 2, 0.5), ("x", 2, 0.3), ("x", 0, 0.9)])
def test_no_other_cut_comes_nearer_to_the_fraction(axis: CutAxis, guard: int, fraction: float) -> None:
    labels = fields(3)
    split = contiguous_cut(labels, guard=guard, axis=axis, test_fraction=fraction)
    usable = np.zeros(labels.shape, dtype=bool)
    usable[guard : 40 - guard, guard : 50 - guard] = labels.values[guard : 40 - guard, guard : 50 - guard] > 0
    lines = usable.T if axis == "x" else usable
    misses = []
    for before in range(1, len(lines)):
        train = sum(lines[line].sum() for line in range(len(lines)) if line < before - guard)
        test = sum(lines[line].sum() for line in range(len(lines)) if line >= before + guard)
        if train and test:
            misses.append(abs(test / (train + test) - fraction))
    share = len(split.test) / (len(split.test) + len(split.train))
    assert abs(share - fraction) == pytest.approx(min(misses))


def test_the_far_side_is_for_testing() -> None:
    labels = random_labels(0)
    rows, columns = (contiguous_cut(labels, guard=1, axis=axis) for axis in ("y", "x"))
    assert (rows.train // 50).max() < (rows.test // 50).min() - 2
    assert (columns.train % 50).max() < (columns.test % 50).min() - 2


def test_auto_takes_the_axis_with_more_classes_on_both_sides() -> None:
    stripes = np.repeat([[1], [2], [3], [2]], 5, axis=0) * np.ones((1, 20), dtype=int)
    # every row crosses one stripe, so that only a cut between columns has all three classes on both sides
    assert contiguous_cut(label_map(stripes), guard=1).notes[0].startswith("cut before column")
    assert contiguous_cut(label_map(stripes.T), guard=1).notes[0].startswith("cut before row")
    assert contiguous_cut(label_map(stripes), guard=1).missing_classes == []
    assert contiguous_cut(label_map(stripes), guard=1, axis="y").missing_classes == ["class 0", "class 2"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"guard": -1}, "guard should be 0 or more pixels. Found -1"),
        ({"guard": 1, "test_fraction": 0.0}, "test_fraction should lie between 0 and 1. Found 0"),
        ({"guard": 1, "axis": "rows"}, "axis should be 'auto', 'y' or 'x'. Found 'rows'. Take one"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        contiguous_cut(random_labels(0), **settings)


@pytest.mark.parametrize("guard", [5, 30])
def test_a_guard_that_leaves_nothing(guard: int) -> None:
    values = np.zeros((40, 50), dtype=int)
    values[18:22, 20:24] = 1
    with pytest.raises(DataError, match=f"both parts should keep .* with cut before .*, guard of {guard}"):
        contiguous_cut(label_map(values, 1), guard=guard)
