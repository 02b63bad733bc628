import pytest

import lrprism as lp
from lrprism.spectral.cli.settings import read_features, read_network
from lrprism.spectral.workbench import NetworkSettings


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
