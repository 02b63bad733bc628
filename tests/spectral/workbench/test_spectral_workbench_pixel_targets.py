import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.workbench import Preparation
from lrprism.spectral.workbench.pixel_targets import PixelTargets, check_has_pixels, read_pixels
from small_scenes import label_map, paint_windows, random_labels


def targets_of(seed: int = 0, window: int = 9) -> PixelTargets:
    return PixelTargets(random_labels(seed).values - 1, window)


def inner_numbers(targets: PixelTargets) -> np.ndarray:
    """Labelled pixels whose window lies inside the scene."""
    inside, radius = np.zeros(targets.classes.shape, dtype=bool), targets.window // 2
    inside[radius:-radius, radius:-radius] = True
    return np.flatnonzero(inside & (targets.classes >= 0))


def test_the_classes_of_a_window_are_those_of_its_pixels() -> None:
    targets = PixelTargets(np.arange(30).reshape(5, 6), 3)
    # row 2, column 3 of 5 x 6 pixels
    assert targets.cut(np.array([15])).tolist() == [[[8, 9, 10], [14, 15, 16], [20, 21, 22]]]
    assert (targets.locate(np.array([7, 15]))[1] == targets.cut(np.array([15]))[0]).all()


@pytest.mark.parametrize(("seed", "window"), [(0, 9), (1, 5), (2, 3), (3, 13)])
def test_the_labelled_pixels_of_windows_are_those_painted_one_window_at_a_time(
    seed: int, window: int
) -> None:
    targets = targets_of(seed, window)
    numbers = np.random.default_rng(seed).choice(inner_numbers(targets), 7, replace=False)
    painted = paint_windows(targets.classes.shape, numbers, window // 2)
    expected = np.flatnonzero(painted & (targets.classes >= 0))
    assert (targets.list_labelled(numbers) == expected).all()


@pytest.mark.parametrize("window", [3, 5, 9, 17])
def test_thinned_windows_are_few_and_cover_all_pixels(window: int) -> None:
    targets = targets_of(window=window)
    numbers = inner_numbers(targets)
    chosen = targets.thin(numbers)
    assert (np.diff(chosen) > 0).all()
    assert set(chosen) <= set(numbers)
    assert set(numbers) <= set(targets.list_labelled(chosen))
    height, width = (-(-length // targets.step) for length in targets.classes.shape)
    assert len(chosen) <= height * width
    if window == 3:  # a quarter of it is less than a pixel
        assert len(chosen) == len(numbers)


def test_the_window_of_a_square_is_that_nearest_to_its_middle() -> None:
    targets = PixelTargets(np.zeros((20, 20), dtype=np.int64), 17)
    assert targets.step == 4
    # of square (1, 1), rows and columns 4 to 7 with the middle 5.5: (5, 6), and of two alike the first
    assert targets.thin(np.array([4 * 20 + 4, 5 * 20 + 6, 7 * 20 + 7])).tolist() == [5 * 20 + 6]
    assert targets.thin(np.array([5 * 20 + 5, 6 * 20 + 6])).tolist() == [5 * 20 + 5]


def test_pixels_are_read_for_a_segmentation_alone() -> None:
    labels, preparation = label_map([[0, 1, 3]]), Preparation(window=1, task="segmentation")
    targets = read_pixels(labels, preparation)
    assert targets is not None
    assert targets.classes.tolist() == [[-1, 0, 2]]
    assert read_pixels(labels, Preparation()) is None
    check_has_pixels("leaves.csv", Preparation())
    with pytest.raises(InputError, match=r"should get a scene with a label map.* in 'leaves.csv', with one"):
        check_has_pixels("leaves.csv", preparation)
