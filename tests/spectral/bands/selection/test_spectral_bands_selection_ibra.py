import numpy as np
import pytest

import lrprism as lp
from lrprism.errors import DataError, InputError
from lrprism.spectral.bands import ibra
from lrprism.spectral.bands.selection.ibra import find_even_bands

# as published for Indian Pines, windows of 5 x 5 pixels
PUBLISHED = {
    12: "2 7 11 17 26 34 39 47 56 58 60 67 74 80 89 99 104 109 125 142 144 146 148 150 169 187 191 198",
    10: "0 7 11 15 17 25 34 37 39 44 47 56 58 60 67 74 78 86 93 99 104 109 125 142 144 146 148 150 169 191 "
    "199",
}


@pytest.fixture(scope="module")
def raw_scene() -> tuple[np.ndarray, np.ndarray]:
    from tensorly.datasets import load_indian_pines

    source = load_indian_pines()
    return np.asarray(source["tensor"]), np.asarray(source["ticks"][0]).astype(int)


@pytest.mark.parametrize("threshold", PUBLISHED)
def test_the_published_lists(raw_scene: tuple[np.ndarray, np.ndarray], threshold: int) -> None:
    bands = lp.spectral.bands.ibra(*raw_scene, threshold=threshold, window=5)
    assert bands.tolist() == [int(band) for band in PUBLISHED[threshold].split()]


@pytest.mark.parametrize(("threshold", "count"), [(8, 27), (5, 20)])
def test_as_many_bands_as_published(
    raw_scene: tuple[np.ndarray, np.ndarray], threshold: int, count: int
) -> None:
    assert len(ibra(*raw_scene, threshold=threshold)) == count


def cut_and_regress(cube: np.ndarray, labels: np.ndarray, threshold: float, window: int) -> list[int]:
    """IBRA slowly: every patch cut, z-scores, a regression for each pair."""
    half = window // 2
    padded = np.pad(cube, ((half, half), (half, half), (0, 0)))
    x = np.concatenate(
        [
            padded[y : y + window, x : x + window].reshape(-1, cube.shape[2])
            for y, x in np.argwhere(labels > 0)
        ]
    )
    z = (x - x.mean(0)) / x.std(0)
    bands, uneven = cube.shape[2], []

    def is_collinear(i: int, j: int) -> bool:
        slope = z[:, i] @ z[:, j] / (z[:, j] @ z[:, j])
        left = ((z[:, i] - slope * z[:, j]) ** 2).sum() / (z[:, i] ** 2).sum()
        return bool(1 / left > threshold)

    for band in range(bands):
        steps = {-1: 0, 1: 0}
        for way in steps:
            other = band + way
            while 0 < other < bands:
                steps[way] += 1
                if not is_collinear(band, other):
                    break
                other += way
        uneven.append(abs(steps[-1] - steps[1]))
    middles, band = [], 0
    while band < bands:  # runs of equal values that are lower than what is beside them
        end = band
        while end + 1 < bands and uneven[end + 1] == uneven[band]:
            end += 1
        before = 100 if band == 0 else uneven[band - 1]
        after = 100 if end == bands - 1 else uneven[end + 1]
        if uneven[band] < min(before, after, 5):
            middles.append((band + end) // 2)
        band = end + 1
    return middles


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("threshold", "window"), [(5, 1), (3, 3)])
def test_the_slow_way_gives_the_same(seed: int, threshold: float, window: int) -> None:
    draw = np.random.default_rng(seed)
    cube = np.cumsum(draw.normal(size=(6, 7, 24)), axis=2) + 3
    labels = draw.integers(0, 3, (6, 7))
    expected = cut_and_regress(cube, labels, threshold, window)
    assert ibra(cube, labels, threshold, window).tolist() == expected
    assert expected


def test_walks_by_hand() -> None:
    # each band is collinear with its neighbours alone; a walk counts the first that is not, none is band 0:
    # left 0 0 1 2 2, right 2 2 2 1 0, so uneven 2 2 1 1 2 and the plateau of 1 at bands 2 and 3
    r = np.eye(5) + 0.99 * (np.eye(5, k=1) + np.eye(5, k=-1))
    assert find_even_bands(r, 10).tolist() == [2]


@pytest.mark.parametrize(
    ("cube", "labels", "options", "error", "message"),
    [
        (np.ones((2, 2)), np.ones((2, 2)), {}, DataError, r"Found shapes \(2, 2\) and \(2, 2\)"),
        (np.ones((2, 2, 3)), np.ones((2, 3)), {}, DataError, r"Found shapes \(2, 2, 3\) and \(2, 3\)"),
        (np.full((2, 2, 3), np.nan), np.ones((2, 2)), {}, DataError, r"Found 12 of 12 values NaN"),
        (np.ones((2, 2, 3)), np.zeros((2, 2)), {}, DataError, r"mark some pixels\. Found 0 everywhere"),
        (np.ones((2, 2, 3)), np.ones((2, 2)), {"window": 4}, InputError, r"odd and at least 1\. Found 4"),
        (np.ones((2, 2, 3)), np.ones((2, 2)), {"threshold": 1}, InputError, r"above 1, .*\. Found 1\."),
    ],
)
def test_bad_input(
    cube: np.ndarray, labels: np.ndarray, options: dict[str, float], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        ibra(cube, labels, **options)  # type: ignore[arg-type]
