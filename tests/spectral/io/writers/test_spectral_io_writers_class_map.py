"""Which arrays are class maps, and the legend of one."""

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.io.writers.class_map import ClassLegend


def test_an_integer_map_of_one_band_with_names_is_one(label_map: xr.DataArray) -> None:
    for data in (label_map, label_map.expand_dims("band"), label_map.astype(np.uint8)):
        legend = ClassLegend.of(data)
        assert legend is not None
        assert legend.names == ("Unlabelled", "corn", "hay, dry")


def test_nothing_else_is_one(label_map: xr.DataArray) -> None:
    assert ClassLegend.of(label_map.astype(np.float32)) is None
    assert ClassLegend.of(label_map.expand_dims(band=2)) is None
    assert ClassLegend.of(label_map > 0) is None
    assert ClassLegend.of(label_map.assign_attrs(title="t").drop_attrs()) is None


def test_colours_are_those_given_or_the_same_each_time(label_map: xr.DataArray) -> None:
    given = ClassLegend.of(label_map.assign_attrs(class_colours=["#FF8000", "#0000ff"]))
    assert given is not None
    assert given.colours == ((0, 0, 0), (255, 128, 0), (0, 0, 255))
    drawn = ClassLegend.of(label_map)
    assert drawn == ClassLegend.of(label_map)
    assert drawn is not None
    assert all(64 <= value < 256 for colour in drawn.colours[1:] for value in colour)


@pytest.mark.parametrize("colours", [["#FF8000"], ["#FF8000", "red"], ["#FF8000", "#12345"]])
def test_colours_that_cannot_be_read(label_map: xr.DataArray, colours: list[str]) -> None:
    with pytest.raises(
        DataError, match=r"class_colours should be a colour #RRGGBB for each of the 2 classes"
    ):
        ClassLegend.of(label_map.assign_attrs(class_colours=colours))


def test_every_value_needs_a_name(label_map: xr.DataArray) -> None:
    for shift, span in ((-1, "-1 to 1"), (1, "1 to 3")):
        wrong = (label_map + shift).assign_attrs(label_map.attrs)
        with pytest.raises(DataError, match=rf"0 for no class and 1 to 2, .* Found {span}"):
            ClassLegend.of(wrong)
