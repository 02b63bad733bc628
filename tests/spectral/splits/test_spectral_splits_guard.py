import numpy as np
import pytest

from lrprism.spectral.splits.guard import keep_apart, mark_usable


@pytest.mark.parametrize("guard", [0, 1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_against_the_definition(guard: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    usable = mark_usable((generator.random((14, 17)) < 0.3).astype(int), guard)
    on_test = np.kron(generator.random((3, 3)) < 0.5, np.ones((5, 6), dtype=bool))[:14, :17]
    sides = keep_apart(usable, on_test, guard)
    pixels = np.argwhere(usable)
    expected = np.zeros((2, 14, 17), dtype=bool)
    for y, x in pixels:
        side = on_test[y, x]
        window = on_test[y - guard : y + guard + 1, x - guard : x + guard + 1]
        others = [p for p in pixels if on_test[tuple(p)] != side]
        far = all(max(abs(p[0] - y), abs(p[1] - x)) > 2 * guard for p in others)
        expected[int(side), y, x] = (window == side).all() or far
    assert (sides[0] == expected[0]).all()
    assert (sides[1] == expected[1]).all()


def test_mark_usable_by_hand() -> None:
    labels = np.ones((4, 5), dtype=int)
    labels[1, 1] = 0
    assert np.argwhere(mark_usable(labels, 1)).tolist() == [[1, 2], [1, 3], [2, 1], [2, 2], [2, 3]]
    assert not mark_usable(labels, 3).any()
