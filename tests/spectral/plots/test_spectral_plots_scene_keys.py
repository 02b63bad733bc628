"""The keys below a scene: classes with their shares, and wavelengths with their colours."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from lrprism.spectral.plots import style
from lrprism.spectral.plots.class_colours import UNEXPLAINED, class_colour
from lrprism.spectral.plots.scene_keys import LINE, ClassKey, draw_wavelength_key

Words = Callable[[Figure], str]
NAMES = ["Corn", "Woods", "Hay"]


def class_map(values: list[list[int]], names: list[str] = NAMES) -> xr.DataArray:
    return xr.DataArray(values, dims=("y", "x"), attrs={"class_names": names})


def test_shares_are_those_of_the_whole_scene() -> None:
    key = ClassKey.from_map(class_map([[2, 0, 0, -1], [0, -7, 2, 0]]))
    assert key.classes == (0, 2)
    # 4, 2 and 2 of 8 pixels
    assert key.labels == ("0  Corn (50 %)", "2  Hay (25 %)", "not explained (25 %)")


def test_the_number_of_a_class_is_its_code() -> None:
    classes = class_map([[1, 1]]).assign_attrs(class_codes=[1, 2, 211])
    assert ClassKey.from_map(classes).labels == ("2  Woods (100 %)",)


def test_a_scene_explained_to_its_edge_has_no_such_label() -> None:
    assert ClassKey.from_map(class_map([[1, 1]])).labels == ("1  Woods (100 %)",)


@pytest.mark.parametrize(("length", "columns"), [(3, 4), (40, 2), (200, 1)])
def test_long_names_take_fewer_columns_and_more_height(length: int, columns: int) -> None:
    key = ClassKey.from_map(class_map([[0, 1, 2, 3, 4]], ["a" * length] * 5))
    assert key.columns == columns
    # a title and the lines of names
    assert key.height == pytest.approx(LINE * (1 + -(-5 // columns)) + 2.0)


def test_colours_stand_beside_their_classes() -> None:
    figure = style.new_figure(style.PAGE_WIDTH, 40)
    ClassKey.from_map(class_map([[2, 0], [-1, 0]])).draw(figure, 5.0, "b")
    (legend,) = figure.legends
    colours = [to_hex(patch.get_facecolor()).upper() for patch in legend.get_patches()]
    assert colours == [class_colour(0).upper(), class_colour(2).upper(), UNEXPLAINED]
    assert figure.texts[0].get_text().startswith("b  predicted class")


def test_the_most_frequent_wavelengths_are_named(words: Words) -> None:
    figure = style.new_figure(style.PAGE_WIDTH, 40)
    wavelength = np.array([700.0, 500.0, 600.0, 650.0])
    # band 1 in 4, band 3 in 3, band 2 in 2 and band 0 in 1 of 10 explained pixels
    bands = np.array([[1, 3, 2, 1, 3, 0], [1, 2, 3, 1, 0, 0]])
    strongest = np.ma.MaskedArray(bands, [[False] * 6, [False] * 4 + [True] * 2])
    axes = draw_wavelength_key(figure, (3.0, 5.0, 80.0), wavelength, strongest, "c")
    assert "most often 500.0 nm (40 %), 650.0 nm (30 %), 600.0 nm (20 %)" in words(figure)
    assert axes.get_xlabel() == "c  wavelength of the band of largest relevance (nm)"
    (mesh,) = axes.collections
    np.testing.assert_array_equal(np.ravel(mesh.get_array()), [500, 600, 650, 700])
    assert mesh.get_clim() == axes.get_xlim()
