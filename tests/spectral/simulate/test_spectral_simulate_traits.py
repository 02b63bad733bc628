import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.simulate import TRAITS, Trait
from lrprism.spectral.simulate.traits import check_trait, draw_traits


def test_the_mean_of_a_trait() -> None:
    assert Trait("cm", 1.0, 4.0).mean == 2.5


def test_traits_are_drawn_over_their_range_and_apart_from_each_other() -> None:
    drawn = draw_traits(4000, np.random.default_rng(0))
    for name, values in drawn.items():
        width = TRAITS[name].high - TRAITS[name].low
        assert TRAITS[name].low <= values.min() < TRAITS[name].low + 0.01 * width
        assert TRAITS[name].high - 0.01 * width < values.max() <= TRAITS[name].high
    correlation = np.corrcoef(np.stack(list(drawn.values()))) - np.eye(len(drawn))
    assert np.abs(correlation).max() < 0.06


def test_a_trait_tells_the_classes_apart_and_no_other_does() -> None:
    y = np.arange(900) % 3
    drawn = draw_traits(900, np.random.default_rng(0), trait="water", y=y, classes=3)
    # 0.005 to 0.025 cm in three parts of 0.00667, of which each class takes the middle 0.6
    for c, middle in enumerate([0.005 + 0.02 * share for share in (1 / 6, 3 / 6, 5 / 6)]):
        assert np.abs(drawn["water"][y == c] - middle).max() <= 0.3 * 0.02 / 3 + 1e-12
    assert np.abs(np.corrcoef(drawn["chlorophyll"], y)[0, 1]) < 0.1


def test_an_unknown_trait_is_refused() -> None:
    check_trait(None)
    with pytest.raises(InputError, match=r"trait should be one of chlorophyll, .* Found 'height'"):
        check_trait("height")
