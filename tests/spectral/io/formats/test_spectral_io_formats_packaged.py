"""The word that opens the packaged scene is no file's name."""

from pathlib import Path

import pytest
import xarray as xr

from lrprism.spectral import Scene
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.formats.packaged import INDIAN_PINES, read_packaged


def test_the_word_opens_the_scene(indian_pines: Scene) -> None:
    xr.testing.assert_identical(read_packaged(Path("indian-pines")), indian_pines.cube)


@pytest.mark.parametrize(
    ("name", "is_word"), [("indian-pines", True), ("./indian-pines", False), ("x", False)]
)
def test_only_the_word_itself_is_recognised(name: str, *, is_word: bool) -> None:
    assert INDIAN_PINES.detect(FileMarks(name)) is is_word
