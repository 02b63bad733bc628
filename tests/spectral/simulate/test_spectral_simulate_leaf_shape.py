import numpy as np
import pytest

from lrprism.spectral.simulate.leaf_shape import draw_leaf


@pytest.mark.parametrize("window", [9, 25])
@pytest.mark.parametrize("seed", range(6))
def test_a_leaf_fills_part_of_the_image_and_its_tip_half_of_it(window: int, seed: int) -> None:
    leaf = draw_leaf(window, np.random.default_rng(seed))
    assert leaf.share.shape == (window, window)
    assert 0 <= leaf.share.min() <= leaf.share.max() <= 1
    assert 0.2 < leaf.share.mean() < 0.6
    assert (leaf.tip <= leaf.share).all()
    assert 0.2 < leaf.tip.sum() / leaf.share.sum() < 0.6
    assert ((leaf.share > 0) & (leaf.share < 1)).any(), "mixed pixels at the edge"
    assert (leaf.light > 0).all()


def test_the_area_is_that_of_the_outline() -> None:
    # 2 a b times the integral of (1 - u²)(1 - 0.35 u) over -1 to 1, which is 4/3: 8/3 a b at most, where the
    # half length a is 0.45 to 0.6 and the half width b 0.22 to 0.32 of the window; less where it reaches out
    shares = [draw_leaf(40, np.random.default_rng(seed)).share.mean() for seed in range(100)]
    assert max(shares) < 8 / 3 * 0.6 * 0.32
    assert min(shares) > 0.9 * 8 / 3 * 0.45 * 0.22
    assert np.std(shares) > 0.03


def test_a_leaf_is_darker_at_its_edge_than_the_ground_beside_it() -> None:
    leaf = draw_leaf(25, np.random.default_rng(1))
    bend = leaf.light / leaf.light_on_ground
    assert bend.max() == pytest.approx(1, abs=0.01)
    assert 0.7 < bend[(leaf.share > 0) & (leaf.share < 0.5)].mean() < 0.97


def test_leaves_lie_in_all_directions() -> None:
    pictures = [draw_leaf(25, np.random.default_rng(seed)) for seed in range(200)]
    y, x = np.mgrid[-12:13, -12:13]
    angles = [np.arctan2((p.tip * y).sum(), (p.tip * x).sum()) for p in pictures]
    assert np.histogram(angles, bins=4, range=(-np.pi, np.pi))[0].min() > 25
