import numpy as np
import numpy.typing as npt
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral import Scene, connected_regions, leakage, region_split
from small_scenes import assert_counted, assert_windows_disjoint, fields, label_map, random_labels


def test_regions_by_hand() -> None:
    labels = label_map(
        [
            [1, 1, 0, 2],
            [0, 0, 1, 2],
            [2, 0, 0, 0],
            [2, 1, 0, 1],
        ]
    )
    # the third 1 touches the first two at a corner; those of the last row touch no other 1
    expected = [[1, 1, 0, 4], [0, 0, 1, 4], [5, 0, 0, 0], [5, 2, 0, 3]]
    assert connected_regions(labels).values.tolist() == expected
    assert connected_regions(labels).dims == ("y", "x")


def grown(values: npt.NDArray[np.int64], start: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """The region of one pixel, one neighbour at a time."""
    inside, waiting = np.zeros(values.shape, dtype=bool), [start]
    while waiting:
        y, x = waiting.pop()
        within = 0 <= y < len(values) and 0 <= x < values.shape[1]
        if within and not inside[y, x] and values[y, x] == values[start]:
            inside[y, x] = True
            waiting += [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return inside


def test_regions_against_growing_them() -> None:
    labels = random_labels(0, (12, 15))
    regions = connected_regions(labels).values
    assert ((regions > 0) == (labels.values > 0)).all()
    for y, x in np.argwhere(regions > 0):
        assert ((regions == regions[y, x]) == grown(labels.values, (y, x))).all()


@pytest.mark.parametrize(("guard", "fraction"), [(0, 0.5), (1, 0.3), (2, 0.5), (4, 0.6)])
@pytest.mark.parametrize("seed", range(2))
def test_windows_share_no_pixel(seed: int, guard: int, fraction: float) -> None:
    labels = fields(seed, side=11)
    split = region_split(labels, connected_regions(labels), guard=guard, seed=seed, test_fraction=fraction)
    assert_windows_disjoint(labels, split, guard)
    assert_counted(labels, split, f"whole regions, guard of {guard}")
    assert leakage(split, 2 * guard + 1, labels.sizes["x"]).overlapping == 0


def test_no_region_is_in_both_parts() -> None:
    labels = fields(1)
    regions = connected_regions(labels)
    split = region_split(labels, regions, guard=1, seed=0)
    flat = regions.values.ravel()
    assert not set(flat[split.train]) & set(flat[split.test])


def test_far_fields_lose_nothing() -> None:
    values = np.zeros((60, 60), dtype=int)
    for number, (y, x) in enumerate([(5, 5), (5, 45), (45, 5), (45, 45)]):
        values[y : y + 6, x : x + 6] = 1 + number % 2
    split = region_split(label_map(values, 2), connected_regions(label_map(values, 2)), guard=4, seed=0)
    assert split.coverage[["train", "test"]].to_numpy().tolist() == [[36, 36], [36, 36]]
    assert split.notes == ("whole regions, guard of 4: 0 labelled pixels are in neither part",)


def test_near_fields_lose_half_a_window_each_at_their_border() -> None:
    values = np.zeros((40, 41), dtype=int)
    values[10:30, 8:20], values[10:30, 21:33] = 1, 2  # one bare column between the two
    regions = connected_regions(label_map(values, 2))
    split = region_split(label_map(values, 2), regions, guard=2, seed=0)
    pixels = np.concatenate([split.train, split.test])
    columns = np.sort(pixels[pixels // 41 == 20] % 41)
    # the bare column counts to one field, which loses 1 of 12 pixels in this row; the other loses 2
    assert len(columns) == 12 + 12 - 3


def test_days_of_acquisition() -> None:
    labels = random_labels(0)
    days = np.ones(labels.shape, dtype=int)
    days[:, 20:] = 7
    split = region_split(labels, days, guard=2, seed=0)
    western, right = sorted([split.train, split.test], key=lambda part: part[0] % 50)
    assert ((western % 50) <= 17).all()
    assert ((right % 50) >= 22).all()


def test_the_note_names_the_classes_of_one_region_alone() -> None:
    values = np.zeros((40, 40), dtype=int)
    values[5:10, 5:10], values[5:10, 30:35], values[30:35, 5:10] = 1, 1, 2
    split = region_split(label_map(values, 2), connected_regions(label_map(values, 2)), guard=1, seed=0)
    assert split.notes[1:] == ("lie in a single region: class 1", "not in both parts: class 1")


def test_the_seed_decides() -> None:
    labels = fields(0)
    regions = connected_regions(labels)
    first, again, other = (region_split(labels, regions, guard=1, seed=seed) for seed in (1, 1, 2))
    assert first.test.tolist() == again.test.tolist()
    assert first.test.tolist() != other.test.tolist()


def test_indian_pines_by_field(indian_pines: Scene) -> None:
    labels = indian_pines.labels
    regions = connected_regions(labels)
    split = region_split(labels, regions, guard=2, seed=0)
    assert leakage(split, 5, labels.sizes["x"]).overlapping == 0
    # seven classes grow on one field alone; the others must be on both sides
    alone = [
        name
        for label, name in enumerate(indian_pines.class_names, start=1)
        if len(np.unique(regions.values[labels.values == label])) == 1
    ]
    assert split.missing_classes == alone
    assert len(alone) == 7
    assert min(len(split.train), len(split.test)) > 4000


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        (
            np.ones((40, 40), dtype=int),
            r"the \(40, 50\) pixels .* Found shape \(40, 40\) of int64. Number",
        ),
        (np.ones((40, 50)), "Found shape .* of float64"),
        (np.full((40, 50), -1), "regions should be integers from 0"),
        (np.ones((40, 50), dtype=int), "should lie in at least 2 regions. Found 1. Use smaller regions"),
        (np.zeros((40, 50), dtype=int), r"Found \d+ outside, the first at row 0, column \d+. Give the pixel"),
    ],
)
def test_regions_that_do_not_fit(regions: npt.NDArray[np.generic], message: str) -> None:
    with pytest.raises(DataError, match=message):
        region_split(random_labels(0), regions, guard=1, seed=0)


def test_a_guard_that_leaves_nothing() -> None:
    values = np.zeros((40, 40), dtype=int)
    values[18:20, 18:20], values[20:22, 20:22] = 1, 2
    with pytest.raises(
        DataError, match=r"both parts should keep .* with whole regions, guard of 5. Split in"
    ):
        region_split(label_map(values, 2), values, guard=5, seed=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"guard": -1}, "guard should be 0 or more pixels. Found -1"),
        ({"guard": 1, "test_fraction": 1.0}, "test_fraction should lie between 0 and 1. Found 1"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, float], message: str) -> None:
    labels = random_labels(0)
    with pytest.raises(InputError, match=message):
        region_split(labels, connected_regions(labels), seed=0, **settings)
