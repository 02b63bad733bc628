from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lrprism.errors import DataError
from lrprism.spectral import sample_spectra
from lrprism.spectral.bands.pooling import build_box
from lrprism.spectral.plots import relevance_spectrum, style

MakeRelevance = Callable[..., xr.Dataset]
Check = Callable[[Figure], None]
Words = Callable[[Figure], str]


def part(figure: Figure, gid: str) -> Line2D:
    (line,) = [line for axes in figure.axes for line in axes.lines if line.get_gid() == gid]
    return line


def test_mean_over_samples_of_the_sum_over_pixels(relevance: xr.Dataset) -> None:
    line = part(relevance_spectrum(relevance, 1), "relevance")
    values = relevance["relevance"].to_numpy()[1::2].astype(float).sum((2, 3)).mean(0)
    order = np.argsort(relevance["wavelength"].to_numpy())
    drawn = ~np.isnan(line.get_xdata())
    np.testing.assert_allclose(line.get_xdata()[drawn], relevance["wavelength"].to_numpy()[order])
    np.testing.assert_allclose(line.get_ydata()[drawn], values[order], rtol=1e-6)


@pytest.mark.parametrize("gid", ["relevance", "input"])
def test_lines_are_sorted_and_broken_at_the_gap(relevance: xr.Dataset, gid: str) -> None:
    x = part(relevance_spectrum(relevance, 0), gid).get_xdata()
    (gap,) = np.flatnonzero(np.isnan(x))
    assert (x[gap - 1], x[gap + 1]) == (1280, 1500)
    assert (np.diff(np.delete(x, gap)) > 0).all()


def test_labels_units_legend_and_names(relevance: xr.Dataset, words: Words) -> None:
    text = words(relevance_spectrum(relevance, 0))
    for expected in (
        "Relevance for Corn",
        "3 samples explained for this class, 0 of them right",
        "each band summed over 5 × 5 pixels",
        "wavelength (nm)",
        "relevance (logit)",
        "radiance (W m⁻² sr⁻¹ µm⁻¹)",
        "mean input ± 1 s.d. (right axis)",
        "± 1 s.d. over 3 samples",
        "largest peaks",
        "the air absorbs",
    ):
        assert expected in text


def test_the_air_is_shaded_above_scenes_alone(relevance: xr.Dataset, words: Words) -> None:
    leaves = relevance.drop_vars(["row", "column"])
    assert "the air absorbs" not in words(relevance_spectrum(leaves, 0))


def test_the_largest_peaks_that_lie_apart_are_marked(relevance: xr.Dataset, words: Words) -> None:
    relevance["relevance"][:] = 0.0
    # 600, 640 and 680 nm are one peak on this axis: it is 1400 nm long, a 25th is 56 nm
    for band, value in ((0, 2.0), (1, 3.0), (2, 2.5), (25, 1.0)):
        relevance["relevance"][:, band] = value
    figure = relevance_spectrum(relevance, 0)
    line = part(figure, "strongest")
    nm = relevance["wavelength"].to_numpy()
    assert sorted(line.get_xdata()) == sorted(nm[[1, 25]])
    np.testing.assert_allclose(sorted(line.get_ydata()), [25, 75])  # times 5 x 5 pixels
    assert all(f"{nm[band]:.1f} nm" in words(figure) for band in (1, 25))


def test_features_are_named_at_marks_that_they_hold_more_than_chance(
    make_relevance: MakeRelevance, words: Words
) -> None:
    relevance = make_relevance(np.arange(500.0, 1000.0, 10.0))
    nm = relevance["wavelength"]
    relevance["relevance"][:] = xr.where((nm > 682) & (nm < 750), 1.0, 0.0)
    text = words(relevance_spectrum(relevance, 0))
    assert "red edge" in text
    assert "leaf water" not in text
    silent = relevance.assign_attrs(reasons={0: ("too few samples",)})
    assert "red edge" not in words(relevance_spectrum(silent, 0))
    # of one sample no noise is known
    assert "red edge" not in words(relevance_spectrum(relevance.isel(sample=[0]), 0))
    # one band lies in some feature wherever it lies
    relevance["relevance"][:] = xr.where(nm == 720, 1.0, 0.0)
    assert "red edge" not in words(relevance_spectrum(relevance, 0))


def test_spread_is_the_standard_deviation(make_relevance: MakeRelevance) -> None:
    dataset = make_relevance([500.0, 510.0, 520.0], samples=4, window=3)
    dataset["relevance"][:] = 0.0
    dataset["relevance"][0, 1, 1, 1] = 2.0  # samples 0 and 2 are of class 0: mean 1, deviation 1
    axes = next(a for a in relevance_spectrum(dataset, 0).axes if a.get_ylabel().startswith("relevance"))
    area = axes.collections[0].get_paths()[0].vertices
    assert area[:, 1].min() == pytest.approx(0.0)
    assert area[:, 1].max() == pytest.approx(2.0)


@pytest.mark.parametrize("samples", [1, 2, 6])
@pytest.mark.parametrize(
    "wavelength", [[677.6], [400.0, 900.0], [388.2, 392.4, 528.7, 601.0, 677.6, 839.4, 1009.7]]
)
def test_readable_with_few_bands_and_samples(
    make_relevance: MakeRelevance,
    assert_readable: Check,
    words: Words,
    samples: int,
    wavelength: list[float],
) -> None:
    figure = relevance_spectrum(make_relevance(wavelength, samples=samples), 0)
    assert_readable(figure)
    assert ("relevance (1 sample)" in words(figure)) == (samples < 3)


def test_readable_over_the_whole_range(make_relevance: MakeRelevance, assert_readable: Check) -> None:
    nm = np.r_[np.linspace(400, 1350, 96), np.linspace(1415, 1800, 40), np.linspace(1950, 2490, 55)]
    figure = relevance_spectrum(make_relevance(nm, window=3), 0)
    assert_readable(figure)
    assert style.measure_figure(figure)[0] == pytest.approx(85)


def test_strongest_bands_side_by_side_keep_their_labels_apart(
    make_relevance: MakeRelevance, assert_readable: Check
) -> None:
    dataset = make_relevance(np.linspace(400, 2500, 200), window=3)
    dataset["relevance"][:, 197:] += 100
    assert_readable(relevance_spectrum(dataset, 0))


def test_zero_line_lies_inside(relevance: xr.Dataset) -> None:
    relevance["relevance"][:] = abs(relevance["relevance"]) + 5
    figure = relevance_spectrum(relevance, 0)
    axes = next(a for a in figure.axes if a.get_ylabel().startswith("relevance"))
    assert axes.get_ylim()[0] < 0 < axes.get_ylim()[1]


def test_constant_zero_relevance(relevance: xr.Dataset) -> None:
    relevance["relevance"][:] = 0.0
    relevance["patch"][:] = 1.0
    relevance_spectrum(relevance, 0)


def test_units_that_are_not_given_are_said(relevance: xr.Dataset, words: Words) -> None:
    del relevance.attrs["units"], relevance.attrs["quantity"]
    assert "input (units not given)" in words(relevance_spectrum(relevance, 0))


def test_target_that_was_not_explained(relevance: xr.Dataset) -> None:
    with pytest.raises(
        DataError, match=r"one of \[0, 1\]\. Found 2\. Explain samples for that class first\."
    ):
        relevance_spectrum(relevance, 2)


@pytest.mark.parametrize("name", ["wavelength", "patch", "target", "original_band"])
def test_missing_coordinate(relevance: xr.Dataset, name: str) -> None:
    with pytest.raises(DataError, match=rf"A relevance dataset should hold {name}\."):
        relevance_spectrum(relevance.drop_vars(name), 0)


def test_wavelength_that_is_no_number(relevance: xr.Dataset) -> None:
    relevance["wavelength"][0] = np.nan
    with pytest.raises(DataError, match=r"positive number of nm for every band\. Found nan at band 0"):
        relevance_spectrum(relevance, 0)


def test_one_sample_without_its_dimension(relevance: xr.Dataset) -> None:
    with pytest.raises(DataError, match=r"dimensions sample, band, y, x\. .*Keep the sample dimension"):
        relevance_spectrum(relevance.isel(sample=0), 0)


def test_input_that_is_not_finite(relevance: xr.Dataset) -> None:
    relevance["patch"][0, 0, 0, 0] = np.inf
    with pytest.raises(DataError, match=r"patch should be finite everywhere\. Found 1 of"):
        relevance_spectrum(relevance, 0)


def test_reduced_samples_give_the_same_figure(relevance: xr.Dataset) -> None:
    figure, reduced = (relevance_spectrum(dataset, 0) for dataset in (relevance, sample_spectra(relevance)))
    for axes, other in zip(figure.axes, reduced.axes, strict=True):
        for line, same in zip(axes.lines, other.lines, strict=True):
            np.testing.assert_array_equal(line.get_xydata(), same.get_xydata())
    assert [text.get_text() for text in figure.texts] == [text.get_text() for text in reduced.texts]


def test_relevance_is_drawn_over_the_input(relevance: xr.Dataset) -> None:
    zorder = {
        line.get_gid(): axes.get_zorder()
        for axes in relevance_spectrum(relevance, 0).axes
        for line in axes.lines
    }
    assert zorder["relevance"] > zorder["input"]


def agree(relevance: xr.Dataset) -> xr.Dataset:
    """Return samples that are all near the mean of class 1: the interval of three others is wide."""
    values = relevance["relevance"]
    mean = values.isel(sample=slice(1, None, 2)).mean("sample")
    scale = xr.DataArray(1 + 0.01 * np.arange(values.sizes["sample"]), dims="sample")
    return relevance.assign(relevance=(mean * scale).transpose(*values.dims))


def test_the_pooled_relevance_has_a_panel_of_its_own(
    relevance: xr.Dataset, words: Words, assert_readable: Check
) -> None:
    relevance = agree(relevance)
    figure = relevance_spectrum(relevance.assign_attrs(resolution_nm=85.0), 1)
    assert_readable(figure)
    assert {"as computed", "averaged over 85 nm"} <= set(words(figure).split("\n"))
    computed, summed = [
        line for axes in figure.axes for line in axes.lines if line.get_gid() == "relevance"
    ]  # fmt: skip
    values = relevance["relevance"].to_numpy()[1::2].astype(float).sum((2, 3)).mean(0)
    wavelength = relevance["wavelength"].to_numpy()
    order, drawn = np.argsort(wavelength), ~np.isnan(summed.get_xdata())
    np.testing.assert_allclose(computed.get_ydata()[drawn], values[order], rtol=1e-6)
    np.testing.assert_allclose(
        summed.get_ydata()[drawn], (build_box(wavelength, 85) @ values)[order], rtol=1e-5, atol=1e-5
    )
    boxes = [line.get_xdata() for axes in figure.axes for line in axes.lines if line.get_gid() == "region"]
    assert 1 <= len(boxes) <= 3
    assert words(figure).count("largest boxes") == 1
    # one box after the other, none of them longer than its width or beyond the sensor
    assert all(end - start <= 85 and start >= 400 and end <= 1780 for start, end in boxes)


def test_nothing_is_marked_that_is_within_its_own_noise(relevance: xr.Dataset) -> None:
    noise = np.zeros((6, *relevance["relevance"].shape[1:]), dtype=np.float32)
    noise[::2, 0, 0, 0], noise[1::2, 0, 0, 0] = 1.0, -1.0
    noise[:, 3, 0, 0] = 0.5
    dataset = relevance.assign(relevance=(relevance["relevance"].dims, noise), target=("sample", [1] * 6))
    line = part(relevance_spectrum(dataset.assign_attrs(resolution_nm=85.0), 1), "strongest")
    assert line.get_xdata().tolist() == [float(relevance["wavelength"][3])]


def test_no_box_is_marked_where_all_are_within_their_noise(relevance: xr.Dataset) -> None:
    noise = np.zeros((6, *relevance["relevance"].shape[1:]), dtype=np.float32)
    noise[::2, :, 0, 0], noise[1::2, :, 0, 0] = 1.0, -1.0
    dataset = relevance.assign(relevance=(relevance["relevance"].dims, noise), target=("sample", [1] * 6))
    figure = relevance_spectrum(dataset.assign_attrs(resolution_nm=85.0), 1)
    assert not {line.get_gid() for axes in figure.axes for line in axes.lines} & {"strongest", "region"}


def test_why_nothing_is_named_stands_in_the_heading(relevance: xr.Dataset, words: Words) -> None:
    reasons = {1: ("90 % of the relevance lies on the outermost ring of the patch, 25 % of the pixels",)}
    figure = relevance_spectrum(relevance.assign_attrs(resolution_nm=85.0, reasons=reasons), 1)
    assert "Nothing is named: 90 % of the relevance lies on the outermost ring" in words(figure)
    assert not {line.get_gid() for axes in figure.axes for line in axes.lines} & {"strongest", "region"}
    assert "Nothing is named" not in words(relevance_spectrum(relevance.assign_attrs(reasons=reasons), 0))


@pytest.mark.parametrize("width", [0.0, 39.0])
def test_no_panel_where_every_band_stands_alone(relevance: xr.Dataset, words: Words, width: float) -> None:
    figure = relevance_spectrum(relevance.assign_attrs(resolution_nm=width), 0)
    assert "as computed" not in words(figure)


def test_boxes_are_those_that_the_report_names(relevance: xr.Dataset) -> None:
    pooled = sample_spectra(agree(relevance).assign_attrs(resolution_nm=85.0))

    def find(named: list[tuple[float, float]]) -> list[list[float]]:
        figure = relevance_spectrum(pooled.assign_attrs(named={1: named}), 1)
        lines = [line for axes in figure.axes for line in axes.lines if line.get_gid() == "region"]
        return [line.get_xdata().tolist() for line in lines]

    assert find([(917.5, 1002.5)]) == [[917.5, 1002.5]]
    legend = relevance_spectrum(pooled.assign_attrs(named={1: [(917.5, 1002.5)]}), 1).legends[0]
    assert "named by the report" in [text.get_text() for text in legend.get_texts()]
    # also where it is no peak of the figure's own
    assert find([(600.0, 685.0)]) == [[600.0, 685.0]]
    assert find([]) == []


def test_of_a_trait_the_size_is_drawn_and_marked_as_up_and_down_cancel(relevance: xr.Dataset) -> None:
    relevance["relevance"][:] = 0.0
    ups = np.flatnonzero(relevance["target"] == 0)
    # of three samples one goes up by 2 and two down by 1: a mean of 0, a mean size of 4 / 3
    for sample, value in zip(ups, (2.0, -1.0, -1.0), strict=True):
        relevance["relevance"][sample, 2] = value / 25
    relevance.attrs |= {"task": "regression", "target_units": ["mg/g"] * relevance.sizes["class"]}
    figure = relevance_spectrum(relevance, 0)
    size, marked = part(figure, "size"), part(figure, "strongest")
    assert np.nanmax(size.get_ydata()) == pytest.approx(4 / 3, rel=1e-5)
    assert (marked.get_xdata()[0], marked.get_ydata()[0]) == (680, pytest.approx(4 / 3, rel=1e-5))
    assert np.nanmax(np.abs(part(figure, "relevance").get_ydata())) < 1e-6
