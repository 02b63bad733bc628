import numpy as np
import pytest

from lrprism.spectral.splits.search import Areas, rate_parts


def test_rating_by_hand() -> None:
    train, test, total = np.array([6, 4, 0, 0]), np.array([5, 1, 3, 0]), np.array([12, 5, 3, 0])
    # classes 0 and 1 are in both parts, class 0 alone with 5 samples or more;
    # f = 1/4: min(6 / 0.75, 5 / 0.25) / 12 = 8 / 12; min(4 / 0.75, 1 / 0.25) / 5 = 4 / 5
    assert rate_parts(train, test, total, 0.25) == (2, 1, pytest.approx(8 / 12 + 4 / 5))


def test_the_size_of_the_parts_counts_on_request() -> None:
    # two classes of 4 and 2 pixels, each in one area: only the size tells the deals apart
    labels = np.array([[1, 1, 1, 1, 2, 2]])
    area = np.array([[0, 0, 1, 1, 2, 2]])
    blind, seeing = (Areas.from_scene(labels, area, 0, 0.5, by_size=by_size) for by_size in (False, True))
    deal = np.array([False, False, True])
    assert blind.score(*blind.count_classes(deal)) == (0, 0, 0.0, 0.0)
    # 4 pixels for training and 2 for testing: min(4 / 0.5, 2 / 0.5) / 6
    assert seeing.score(*seeing.count_classes(deal)) == (0, 0, 0.0, pytest.approx(4 / 6))


@pytest.mark.parametrize("guard", [0, 1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_a_flip_changes_what_is_near_the_area_and_no_more(guard: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 4, (40, 33))
    # areas of 5 x 7 pixels, and one in two places
    area = np.add.outer(np.arange(40) // 5 * 5, np.arange(33) // 7)
    area[area == 39] = 0
    units = Areas.from_scene(labels, np.unique(area, return_inverse=True)[1], guard, 0.5, by_size=False)
    on_test = generator.random(units.count) < 0.5
    for unit in range(units.count):
        flipped = on_test.copy()
        flipped[unit] = not flipped[unit]
        everywhere = np.subtract(units.count_classes(flipped), units.count_classes(on_test))
        near = np.subtract(units.count_near(flipped, unit), units.count_near(on_test, unit))
        assert near.tolist() == everywhere.tolist()
