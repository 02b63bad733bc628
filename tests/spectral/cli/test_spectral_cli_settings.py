import pytest

import lrprism as lp
from lrprism.spectral.cli.settings import read_features, read_network, read_preparation
from lrprism.spectral.workbench import NetworkSettings, Preparation

NOTHING = {"labels": None, "key": None, "wavelengths": None, "class_names": None, "average_pairs": False}


def test_bands_and_class_names_are_read_from_their_words() -> None:
    options = {**NOTHING, "class_names": " oak, elm ,ash", "key": "cube"}
    assert read_preparation(**options, bands="0,3-5", window=9) == Preparation(
        bands=(0, 3, 4, 5), window=9, class_names=("oak", "elm", "ash"), key="cube"
    )


def test_without_words_the_data_stay_as_they_are() -> None:
    assert read_preparation(**NOTHING, bands=None, window=7) == Preparation()


def test_bands_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(lp.DataError, match="bands should read like"):
        read_preparation(**NOTHING, bands="3,x", window=7)


def test_components_come_after_the_other_steps() -> None:
    assert read_network("ssrn", None, "snv,zscore", 30) == NetworkSettings(
        "ssrn", ("snv", "zscore", "pca:30")
    )
    assert read_network("ssrn", "volume", "none", None) == NetworkSettings("ssrn", (), "volume")


@pytest.mark.parametrize(
    ("words", "expected"), [("3", 3), ("0", 0), ("490,610.5", (490, 610.5)), ("490", (490,)), (" 7 ", 7)]
)
def test_features_are_counted_or_named(words: str, expected: object) -> None:
    assert read_features(words) == expected


@pytest.mark.parametrize("words", ["", "some", "490,,500"])
def test_features_that_cannot_be_read_are_refused(words: str) -> None:
    with pytest.raises(lp.InputError, match="features should be a number of them, such as 3, or wavelengths"):
        read_features(words)
