from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from lrprism.spectral.plots import style, wavelength_axis

Check = Callable[[Figure], None]

# Steps sorted: 10, 10, 10, 100, 10; the median is 10, so only 100 is a gap.
UNSORTED = np.array([420.0, 400.0, 410.0, 540.0, 430.0, 530.0])


def test_segments_are_sorted_and_cut_at_gaps() -> None:
    assert [stretch.tolist() for stretch in wavelength_axis.split_at_gaps(UNSORTED)] == [[1, 2, 0, 4], [5, 3]]


def test_a_step_of_exactly_three_medians_is_no_gap() -> None:
    assert len(wavelength_axis.split_at_gaps(np.array([0.0, 10.0, 20.0, 50.0]))) == 1
    assert len(wavelength_axis.split_at_gaps(np.array([0.0, 10.0, 20.0, 50.1]))) == 2


@pytest.mark.parametrize("wavelength", [[500.0], [500.0, 500.0], [400.0, 900.0]])
def test_too_few_wavelengths_for_a_gap(wavelength: list[float]) -> None:
    assert len(wavelength_axis.split_at_gaps(np.array(wavelength))) == 1


def test_broken_puts_nan_into_the_gap() -> None:
    x, y = wavelength_axis.break_at_gaps(UNSORTED, np.arange(6.0))
    np.testing.assert_array_equal(x, [400, 410, 420, 430, np.nan, 530, 540])
    np.testing.assert_array_equal(y, [1, 2, 0, 4, np.nan, 5, 3])


def test_alone_names_bands_between_gaps() -> None:
    assert wavelength_axis.find_lone_bands(np.array([400.0, 410.0, 420.0, 600.0, 800.0, 810.0])) == [3]


def test_cell_edges_by_hand() -> None:
    (first, edges), (second, others) = wavelength_axis.find_cell_edges(UNSORTED)
    assert first.tolist() == [1, 2, 0, 4]
    assert second.tolist() == [5, 3]
    np.testing.assert_allclose(edges, [395, 405, 415, 425, 435])
    np.testing.assert_allclose(others, [525, 535, 545])


def test_cell_of_a_single_band_has_a_width() -> None:
    ((_, edges),) = wavelength_axis.find_cell_edges(np.array([500.0]))
    np.testing.assert_allclose(edges, [495, 505])


def test_limits_leave_room() -> None:
    assert wavelength_axis.choose_limits(np.array([1400.0, 400.0])) == (380.0, 1420.0)  # 2 % of 1000
    assert wavelength_axis.choose_limits(np.array([500.0])) == (495.0, 505.0)


def test_features_within_are_sorted_and_reach_into_the_range() -> None:
    features = wavelength_axis.find_features((640.0, 770.0))
    names = [feature.name for feature in features]
    assert "oxygen A line" in names
    assert "leaf water" not in names
    centres = [feature.center_nm for feature in features]
    assert centres == sorted(centres)


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ((700.0, 700.0), ["red edge"]),  # a peak in it
        ((690.0, 690.0), ["oxygen B line", "red edge"]),
        ((740.0, 790.0), ["oxygen A line"]),  # its middle lies in the box, that of the red edge does not
        ((600.0, 600.0), []),
    ],
)
def test_only_features_at_marked_places_are_kept(place: tuple[float, float], names: list[str]) -> None:
    features = wavelength_axis.find_features((380.0, 1000.0), [place])
    assert [feature.name for feature in features] == names
    assert wavelength_axis.find_features((380.0, 1000.0), []) == []


def test_strip_names_every_feature_once_and_apart(assert_readable: Check) -> None:
    figure = style.new_figure(style.PAGE_WIDTH, 60)
    features = wavelength_axis.find_features((380.0, 2500.0))
    strip = wavelength_axis.draw_feature_strip(figure, (20, 5), 140, (380.0, 2500.0), features)
    assert strip is not None
    names = [text for text in strip.findobj(Text) if text.get_rotation() == 90 and text.get_text()]
    assert len(names) == len(features)
    places = np.sort([text.get_position()[0] for text in names])
    assert np.diff(places).min() > 0
    assert_readable(figure)


def test_no_strip_where_nothing_is_known() -> None:
    figure = style.new_figure(style.PAGE_WIDTH, 60)
    assert wavelength_axis.draw_feature_strip(figure, (20, 5), 130, (20.0, 30.0), []) is None
    assert wavelength_axis.measure_strip([]) == 0
    assert not figure.axes


def test_every_kind_of_feature_has_a_colour() -> None:
    kinds = {feature.kind for feature in wavelength_axis.FEATURES}
    assert kinds <= set(wavelength_axis.KINDS)


def test_only_the_air_is_shaded_and_named_once() -> None:
    axes = style.add_axes(style.new_figure(100, 60), 10, 10, 80, 40)
    wavelength_axis.shade_atmosphere(axes, (640.0, 780.0))
    air = [f for f in wavelength_axis.find_features((640.0, 780.0)) if f.kind == "atmosphere"]
    assert len(axes.patches) == len(air) > 1
    assert axes.get_legend_handles_labels()[1] == ["the air absorbs"]
