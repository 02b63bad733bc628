import numpy as np
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral import Scene, Split, checkerboard, cut_windows, disjoint_blocks, leakage
from small_scenes import (
    assert_counted,
    assert_windows_disjoint,
    label_map,
    paint_windows,
    random_labels,
)


@pytest.mark.parametrize(
    ("guard", "block", "fraction"), [(0, 9, 0.5), (1, 9, 0.3), (3, 9, 0.5), (3, 14, 0.3), (4, 20, 0.5)]
)
def test_no_window_of_one_part_shares_a_pixel_with_one_of_the_other(
    guard: int, block: int, fraction: float
) -> None:
    labels = random_labels(seed=block + guard)
    split = disjoint_blocks(labels, block=block, guard=guard, seed=0, test_fraction=fraction)
    assert_windows_disjoint(labels, split, guard)
    assert_counted(labels, split, f"blocks of {block} pixels, guard of {guard}")


def test_sparse_labels_are_disjoint_too_and_lose_little() -> None:
    values = np.zeros((60, 60), dtype=int)
    values[2::8, 2::8] = 1  # fields of one pixel, 8 apart: windows of radius 3 never touch
    split = disjoint_blocks(label_map(values, 1), block=12, guard=3, seed=0)
    inside = (values[3:-3, 3:-3] > 0).sum()
    assert len(split.train) + len(split.test) == inside
    assert not (paint_windows((60, 60), split.train, 3) & paint_windows((60, 60), split.test, 3)).any()


@pytest.fixture(scope="module")
def scene_split(indian_pines: Scene) -> Split:
    return disjoint_blocks(indian_pines.labels, block=16, guard=4, seed=0)


def test_indian_pines_windows_do_not_leak(indian_pines: Scene, scene_split: Split) -> None:
    small = Scene(indian_pines.cube.isel(band=[0]), indian_pines.labels)
    train, test = (cut_windows(small, 9, pixels=part) for part in (scene_split.train, scene_split.test))
    assert leakage(scene_split, 9, indian_pines.labels.sizes["x"]).overlapping == 0
    assert (train.sizes["sample"], test.sizes["sample"]) == (len(scene_split.train), len(scene_split.test))
    assert not any("dropped" in note for note in train.attrs["assumed"] + test.attrs["assumed"])


def test_indian_pines_keeps_most_classes_and_pixels(scene_split: Split) -> None:
    table = scene_split.coverage
    assert table["labelled"].sum() == 10249
    assert (table["train"].sum(), table["test"].sum()) == (len(scene_split.train), len(scene_split.test))
    assert min(len(scene_split.train), len(scene_split.test)) > 2500
    assert len(scene_split.missing_classes) <= 4
    # these lie in one field of about 10 x 10 pixels or less; the others must be on both sides
    assert set(scene_split.missing_classes) <= {
        "Alfalfa",
        "Grass-pasture-mowed",
        "Oats",
        "Stone-Steel-Towers",
    }


def test_notes_name_the_missing_classes_and_the_loss(scene_split: Split) -> None:
    lost = 10249 - len(scene_split.train) - len(scene_split.test)
    assert (
        scene_split.notes[0] == f"blocks of 16 pixels, guard of 4: {lost} labelled pixels are in neither part"
    )
    assert scene_split.notes[1] == f"not in both parts: {', '.join(scene_split.missing_classes)}"


def test_the_seed_decides() -> None:
    labels = random_labels(seed=0)
    first, again, other = (disjoint_blocks(labels, block=10, guard=1, seed=seed) for seed in (1, 1, 2))
    assert first.test.tolist() == again.test.tolist()
    assert first.test.tolist() != other.test.tolist()


def test_two_far_fields_of_a_class_go_to_different_sides() -> None:
    values = np.zeros((60, 60), dtype=int)
    for number, (y, x) in enumerate([(5, 5), (5, 45), (45, 5)], start=1):
        values[y : y + 6, x : x + 6] = number
        values[59 - y - 5 : 59 - y + 1, 59 - x - 5 : 59 - x + 1] = (
            number  # the same field, turned half way round
        )
    split = disjoint_blocks(label_map(values), block=20, guard=2, seed=0)
    assert split.missing_classes == []
    assert (split.coverage[["train", "test"]] > 0).to_numpy().all()
    assert len(split.notes) == 1


def test_the_test_fraction_is_met_about() -> None:
    split = disjoint_blocks(random_labels(0, (80, 80)), block=10, guard=0, seed=0, test_fraction=0.25)
    assert len(split.test) / (len(split.test) + len(split.train)) == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize(
    ("block", "guard", "message"),
    [
        (
            6,
            3,
            r"block should be larger than twice the guard of 3 pixels. Found 6. Try blocks of 12 pixels",
        ),
        (6, -1, r"guard should be 0 or more pixels. Found -1. Give the radius"),
        (0, 0, r"Found 0. Try blocks of 1 pixels"),
        (30, 1, r"at least two blocks should fit the scene of 40 x 50 pixels. Found blocks of 30"),
    ],
)
def test_sizes_that_cannot_be(block: int, guard: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        disjoint_blocks(random_labels(0), block=block, guard=guard, seed=0)
    with pytest.raises(InputError, match=message):
        checkerboard(random_labels(0), block=block, guard=guard)


def test_a_test_fraction_that_cannot_be() -> None:
    with pytest.raises(InputError, match=r"test_fraction should lie between 0 and 1. Found 1.5"):
        disjoint_blocks(random_labels(0), block=10, guard=1, seed=0, test_fraction=1.5)


@pytest.mark.parametrize("pixel", [(0, 0), (20, 20)])
def test_one_labelled_pixel_cannot_fill_two_parts(pixel: tuple[int, int]) -> None:
    values = np.zeros((40, 40), dtype=int)
    values[pixel] = 1
    message = r"both parts should keep labelled pixels. Found .* with .* of 10 pixels, guard of 2. Split in"
    with pytest.raises(DataError, match=message):
        disjoint_blocks(label_map(values, 1), block=10, guard=2, seed=0)
    with pytest.raises(DataError, match=message):
        checkerboard(label_map(values, 1), block=10, guard=2)


def test_a_checkerboard_by_hand() -> None:
    split = checkerboard(label_map(np.ones((4, 5), dtype=int), 1), block=2, guard=0)
    # light squares: columns 2 and 3 of rows 0 and 1; columns 0, 1 and 4 of rows 2 and 3
    assert split.test.tolist() == [2, 3, 7, 8, 10, 11, 14, 15, 16, 19]
    assert split.train.tolist() == [0, 1, 4, 5, 6, 9, 12, 13, 17, 18]
    assert split.notes == ("checkerboard of 2 pixels, guard of 0: 0 labelled pixels are in neither part",)


@pytest.mark.parametrize(("guard", "block"), [(0, 1), (1, 3), (2, 9), (3, 8), (4, 20)])
def test_a_checkerboard_shares_no_pixel(guard: int, block: int) -> None:
    labels = random_labels(seed=block)
    split = checkerboard(labels, block=block, guard=guard)
    assert_windows_disjoint(labels, split, guard)
    assert_counted(labels, split, f"checkerboard of {block} pixels, guard of {guard}")
    assert leakage(split, 2 * guard + 1, labels.sizes["x"]).overlapping == 0
