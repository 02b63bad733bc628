import re
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral import FEATURES, FeatureKind, Scene, describe, features_near


def test_every_feature_is_complete_and_in_order() -> None:
    for feature in FEATURES:
        assert 380 < feature.start_nm < feature.end_nm < 2500
        assert feature.kind in get_args(FeatureKind)
        assert re.search(r"[A-Z][a-z]+.* (19|20)\d\d, ", feature.source)
    centres = [feature.start_nm for feature in FEATURES]
    assert all(earlier <= later + 15 for earlier, later in pairwise(centres))


@pytest.mark.parametrize(
    ("nm", "words"),
    [
        (677.6, "chlorophyll a absorption"),  # the tutorial's most relevant band
        (528.7, "xanthophyll signal (PRI)"),  # and its second
        (764.0, "oxygen A line (atmosphere)"),  # band 39 of Indian Pines
        (759.2, "oxygen A line (atmosphere)"),  # bands 38 and 39 averaged
        (687.0, "oxygen B line (atmosphere)"),
        (710.0, "red edge"),
        (970.0, "leaf water"),
        (2205.0, "Al-OH absorption"),
        (600.0, ""),
        (1300.0, ""),
    ],
)
def test_a_wavelength_in_words(nm: float, words: str) -> None:
    assert describe(nm) == words


@pytest.mark.parametrize(
    ("nm", "name"),
    [  # centres that Curran (1989) lists for leaves
        (430, "chlorophyll a"), (460, "chlorophyll b"), (640, "chlorophyll b"), (660, "chlorophyll a"),
        (970, "leaf water"), (1120, "lignin"), (1200, "leaf water"), (1450, "leaf water"), (1510, "protein"),
        (1690, "lignin"), (1780, "cellulose"), (1940, "leaf water"), (2060, "protein"), (2100, "cellulose"),
        (2180, "protein"), (2270, "cellulose"), (2300, "protein"), (2340, "cellulose"),
    ],
)  # fmt: skip
def test_the_published_centres_lie_inside_their_features(nm: float, name: str) -> None:
    features = [feature for feature in features_near(nm, 0) if name in feature.name]
    assert features
    assert all("Curran 1989" in feature.source for feature in features)


@pytest.mark.parametrize("nm", [761, 820, 940, 1130, 1575, 1605, 2005, 2060])
def test_lines_of_the_air_lie_where_a_real_spectrum_dips(indian_pines: Scene, nm: float) -> None:
    line = next(f for f in FEATURES if f.kind == "atmosphere" and f.distance(nm) == 0)
    spectrum = indian_pines.cube.mean(("y", "x"))
    centre = spectrum["wavelength"].values
    near = np.abs(centre - line.center_nm) < max(line.end_nm - line.start_nm, 20)
    ends = np.flatnonzero(near)[[0, -1]]
    chord = np.interp(centre[near], centre[ends], spectrum.values[ends])
    deepest = centre[near][np.argmin(spectrum.values[near] / chord)]
    assert line.distance(float(deepest)) == 0


def test_the_nearest_feature_comes_first_and_the_narrowest_of_those() -> None:
    # 690 nm lies in the O2-B line (8 nm wide) and in the red edge (68 nm); chlorophyll a ends 8 nm before it
    assert [feature.name for feature in features_near(690, 10)] == [
        "oxygen B line", "red edge", "chlorophyll a absorption",
    ]  # fmt: skip
    assert [feature.name for feature in features_near(690, 5)] == ["oxygen B line", "red edge"]


def test_a_negative_tolerance() -> None:
    with pytest.raises(DataError, match=r"tolerance should be 0 nm or more. Found -1"):
        features_near(600, -1)
