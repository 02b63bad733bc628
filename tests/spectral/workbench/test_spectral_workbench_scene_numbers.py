import numpy as np

from lrprism.spectral.workbench.scene_numbers import SceneNumbers


def test_numbers_go_on_from_scene_to_scene() -> None:
    places = SceneNumbers(("a", "b", "c"), (6, 4, 5))
    # 6 + 4 = 10: pixel 10 is the first of c, 9 the last of b
    numbers = np.array([0, 5, 6, 9, 10, 14])
    assert places.starts.tolist() == [0, 6, 10]
    assert places.find_scene(numbers).tolist() == [0, 0, 1, 1, 2, 2]
    assert places.count_within(numbers).tolist() == [0, 5, 0, 3, 0, 4]
    assert places.name_of(numbers).tolist() == ["a", "a", "b", "b", "c", "c"]


def test_joining_undoes_counting_within() -> None:
    places = SceneNumbers(("a", "b", "c"), (6, 4, 5))
    numbers = np.random.default_rng(0).permutation(15)
    joined = places.join(places.name_of(numbers).tolist(), places.count_within(numbers))
    assert joined.tolist() == numbers.tolist()
    assert places.join([], np.empty(0, dtype=np.int64)).size == 0
