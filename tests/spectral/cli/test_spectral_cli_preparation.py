from pathlib import Path

import pytest

import lrprism as lp
from lrprism.spectral.cli.preparation import LabelWords, read_preparation
from lrprism.spectral.workbench import Preparation

NOTHING = {"labels": None, "key": None, "wavelengths": None, "class_names": None, "average_pairs": False}
SAID = LabelWords()


def test_bands_and_class_names_are_read_from_their_words() -> None:
    options = {**NOTHING, "class_names": " oak, elm ,ash", "key": "cube"}
    assert read_preparation(**options, bands="0,3-5", window=9, label_words=SAID) == Preparation(
        bands=(0, 3, 4, 5), window=9, class_names=("oak", "elm", "ash"), key="cube"
    )


def test_without_words_the_data_stay_as_they_are() -> None:
    assert read_preparation(**NOTHING, bands=None, window=7, label_words=SAID) == Preparation()


def test_bands_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(lp.DataError, match="bands should read like"):
        read_preparation(**NOTHING, bands="3,x", window=7, label_words=SAID)


def test_class_names_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("corn\nwinter wheat\n")
    options = {**NOTHING, "class_names": str(file)}
    assert read_preparation(**options, bands=None, window=7, label_words=SAID) == Preparation(
        class_names=("corn", "winter wheat")
    )
    file.write_text("211 corn\n312 hay\n")
    assert read_preparation(**options, bands=None, window=7, label_words=SAID) == Preparation(
        class_names=("corn", "hay"), class_codes=(211, 312)
    )


@pytest.mark.parametrize(("words", "codes"), [("none", ()), ("0", (0,)), ("0, 255", (0, 255)), (None, None)])
def test_unlabelled_codes_are_listed(words: str | None, codes: tuple[int, ...] | None) -> None:
    said = LabelWords("crop", "f", "EPSG:4326", words)
    read = read_preparation(**NOTHING, bands=None, window=7, label_words=said)
    assert read == Preparation(
        unlabelled=codes, label_attribute="crop", label_layer="f", label_crs="EPSG:4326"
    )


def test_unlabelled_codes_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(lp.InputError, match=r"unlabelled should be codes such as 0,255, or none\. Found 'x'"):
        read_preparation(**NOTHING, bands=None, window=7, label_words=LabelWords(unlabelled="x"))


def test_traits_are_listed_with_their_units() -> None:
    said = LabelWords(task="regression", target_columns=["N", "P"], target_units=["%", "ppm"])
    assert read_preparation(**NOTHING, bands=None, window=7, label_words=said) == Preparation(
        task="regression", target_columns=("N", "P"), target_units=("%", "ppm")
    )
