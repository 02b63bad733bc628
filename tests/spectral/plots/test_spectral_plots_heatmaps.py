from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from lrprism.errors import DataError
from lrprism.spectral import pooled
from lrprism.spectral.plots import band_heatmaps, save, style

MakeRelevance = Callable[..., xr.Dataset]
Check = Callable[[Figure], None]
Words = Callable[[Figure], str]


def images(figure: Figure) -> list[AxesImage]:
    """Return the picture, the sum and the heatmaps of bands, which lie on axes over the whole page."""
    return list(figure.axes[0].images)


def titles_of(figure: Figure) -> list[str]:
    """Return the titles of the heatmaps of bands, two lines each."""
    lines = [text.get_text() for text in figure.axes[0].texts]
    return ["\n".join(lines[start : start + 2]) for start in range(4, len(lines), 2)]


@pytest.mark.parametrize(("bands", "window", "drawn"), [(1, 3, 1), (5, 25, 5), (100, 9, 6), (224, 4, 6)])
def test_a_column_of_readable_panels_at_any_number_of_bands(
    make_relevance: MakeRelevance, assert_readable: Check, bands: int, window: int, drawn: int
) -> None:
    dataset = make_relevance(np.linspace(387.12, 2484.2, bands), window=window, samples=1)
    figure = band_heatmaps(dataset.isel(sample=0))
    assert len(images(figure)) == 2 + drawn
    assert style.measure_figure(figure)[0] == pytest.approx(85)
    assert_readable(figure)


def test_the_strongest_bands_that_lie_apart_are_shown(relevance: xr.Dataset, words: Words) -> None:
    sample = relevance.isel(sample=0)
    sample["relevance"][:] = 0.01
    # relevance against the class counts as well; 640 nm lies beside 600 nm on this axis
    for band, value in ((0, 2.0), (1, 1.5), (25, -3.0), (15, 0.5)):
        sample["relevance"][band, 2, 2] = value
    nm = sample["wavelength"].to_numpy()
    shown = titles_of(band_heatmaps(sample))
    assert {f"{nm[band]:.1f} nm\nband {band}" for band in (0, 25, 15)} <= set(shown)
    assert f"{nm[1]:.1f} nm\nband 1" not in shown
    values = [float(title.split(" ")[0]) for title in shown]
    assert values == sorted(values)
    assert f"{len(shown)} of 31 bands shown, the strongest that lie apart" in words(band_heatmaps(sample))


def test_the_sum_over_all_bands_stands_beside_the_picture(relevance: xr.Dataset) -> None:
    sample = relevance.isel(sample=2)
    figure = band_heatmaps(sample, bands=[7])
    drawn = images(figure)[1]
    assert [text.get_text() for text in figure.axes[0].texts[2:4]] == ["sum", "all 31 bands"]
    total = sample["relevance"].to_numpy().astype(float).sum(axis=0)
    np.testing.assert_allclose(drawn.get_array(), total)
    np.testing.assert_allclose(drawn.get_clim(), (-np.abs(total).max(), np.abs(total).max()))


def test_titles_numbers_and_values(relevance: xr.Dataset) -> None:
    sample = relevance.isel(sample=2)
    figure = band_heatmaps(sample, bands=[7, 3])
    assert titles_of(figure) == ["880.0 nm\nband 7", "720.0 nm\nband 3"]
    values = images(figure)[2].get_array()
    np.testing.assert_array_equal(values, sample["relevance"].to_numpy()[7])


def test_one_symmetric_scale_for_all_bands(relevance: xr.Dataset) -> None:
    sample = relevance.isel(sample=0)
    figure = band_heatmaps(sample, bands=range(20))
    limits = {image.get_clim() for image in images(figure)[2:]}
    largest = np.percentile(np.abs(sample["relevance"].to_numpy()[:20].astype(float)), 99.5)
    assert len(limits) == 1
    np.testing.assert_allclose(limits.pop(), (-largest, largest))


def test_heading_side_and_unit(relevance: xr.Dataset, words: Words) -> None:
    sample = relevance.isel(sample=0)
    sample["relevance"][:] = 0.01
    sample["output"][:] = np.array([2.5, 1.5, 0.5])
    text = words(band_heatmaps(sample))
    total = 0.01 * sample["relevance"].size
    assert "Explained class: Corn, logit 2.5" in text
    assert f"total relevance {total:.3g}" in text
    # 1 / (1 + 1 / e + 1 / e²) = 0.665
    facts = ["sample at row 40, column 60", "true class: Woods", "predicted: Corn, probability 0.665"]
    lines = text.replace(" · ", "\n").split("\n")
    assert {*facts, "Test scene", "Epsilon()", "5 × 5 pixels", "centre outlined"} <= set(lines)
    assert {"bands (logit)", "sum (logit)", "RGB", "640/560/440 nm"} <= set(lines)
    assert "colours end" not in text


def test_a_true_class_may_be_unknown(relevance: xr.Dataset, words: Words) -> None:
    sample = relevance.isel(sample=0)
    assert "true class: not known\npredicted: Corn" in words(band_heatmaps(sample.assign(label=-1))).replace(
        " · ", "\n"
    )


def test_clipping_is_said(relevance: xr.Dataset, words: Words) -> None:
    sample = relevance.isel(sample=0)
    sample["relevance"][0, 0, 0] = -40.0
    text = words(band_heatmaps(sample, bands=[0, 1]))
    assert "bands: colours end at the 99.5th percentile of |R|, the largest is 40" in text
    assert "colours end" not in words(band_heatmaps(sample, bands=[0, 1], percentile=100))


def test_chosen_bands_are_counted(relevance: xr.Dataset, words: Words) -> None:
    bands = relevance.sizes["band"]
    assert f"2 of {bands} bands shown ·" in words(band_heatmaps(relevance.isel(sample=0), bands=[0, 1]))


def test_one_logit_for_two_classes_is_signed(relevance: xr.Dataset, words: Words) -> None:
    binary = relevance.isel(sample=0, drop=False).isel({"class": [0]})
    binary["output"][0] = -1.5
    binary.attrs["class_names"] = ["weed", "crop"]
    assert "Explained class: weed, logit 1.5" in words(band_heatmaps(binary, bands=[0]))
    binary["target"] = 1
    assert "Explained class: crop, logit −1.5" in words(band_heatmaps(binary, bands=[0]))


def test_patches_that_come_from_no_scene(relevance: xr.Dataset, words: Words) -> None:
    sample = relevance.isel(sample=0)
    text = words(band_heatmaps(sample.drop_vars(["row", "column", "class_name"]), bands=[1]))
    assert "centre" not in text
    assert "Explained class: class 0" in text


def test_files_are_written_and_settings_kept(relevance: xr.Dataset, tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    paths = save(band_heatmaps(relevance.isel(sample=0), bands=[0, 5]), tmp_path, "bands")
    assert [path.name for path in paths] == ["bands.png", "bands.svg"]
    assert "600.0 nm" in paths[1].read_text(encoding="utf-8")
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", ["patch", "target", "wavelength", "output"])
def test_missing_part(relevance: xr.Dataset, name: str) -> None:
    with pytest.raises(DataError, match=rf"A relevance dataset should hold {name}\. Found .*relevance"):
        band_heatmaps(relevance.isel(sample=0).drop_vars(name))


def test_several_samples(relevance: xr.Dataset) -> None:
    with pytest.raises(
        DataError, match=r"relevance should have the non-empty dimensions band, y, x\. .*isel\(sample=0\)"
    ):
        band_heatmaps(relevance)


@pytest.mark.parametrize("value", [np.nan, 0.0, -5.0, np.inf])
def test_wrong_wavelength(relevance: xr.Dataset, value: float) -> None:
    relevance["wavelength"][3] = value
    with pytest.raises(
        DataError, match=rf"positive number of nm for every band\. Found {value} at band 3 \(1 of"
    ):
        band_heatmaps(relevance.isel(sample=0))


def test_relevance_that_is_not_finite(relevance: xr.Dataset) -> None:
    relevance["relevance"][0, 2, 1, 1] = np.nan
    with pytest.raises(DataError, match=r"relevance should be finite everywhere\. Found 1 of \d+ values NaN"):
        band_heatmaps(relevance.isel(sample=0))


@pytest.mark.parametrize("bands", [[], [0, 0], [-1], [999]])
def test_wrong_bands(relevance: xr.Dataset, bands: list[int]) -> None:
    with pytest.raises(
        DataError, match=r"bands should be different numbers from 0 to \d+, at least one\. Found \["
    ):
        band_heatmaps(relevance.isel(sample=0), bands=bands)


def test_more_bands_than_a_figure_has_room_for(make_relevance: MakeRelevance) -> None:
    sample = make_relevance(np.linspace(400, 900, 50)).isel(sample=0)
    with pytest.raises(DataError, match=r"bands should be 30 at most\. Found 31\. Draw them in several"):
        band_heatmaps(sample, bands=range(31))


def test_target_that_is_no_output(relevance: xr.Dataset) -> None:
    relevance["target"][0] = 9
    with pytest.raises(DataError, match=r"target should be one of the 3 classes of output\. Found 9\."):
        band_heatmaps(relevance.isel(sample=0))


def test_pooled_relevance_is_drawn_with_its_box(
    relevance: xr.Dataset, words: Words, assert_readable: Check
) -> None:
    relevance["relevance"] = pooled(relevance["relevance"], nm=84)
    figure = band_heatmaps(relevance.isel(sample=2), bands=[7, 3])
    assert_readable(figure)
    assert titles_of(figure) == ["880 nm\n± 42 nm", "720 nm\n± 42 nm"]
    assert "each band averaged over 84 nm of wavelength" in words(figure)


def test_the_region_of_a_segmentation_is_outlined(
    relevance: xr.Dataset, words: Words, assert_readable: Check
) -> None:
    sample = relevance.isel(sample=0).assign_coords(row=33, column=81)
    assert "region" not in words(band_heatmaps(sample))
    region = np.zeros((sample.sizes["y"], sample.sizes["x"]), dtype=bool)
    for count, lines in ((0, 0), (1, 2), (region.size, 0)):
        region.flat[:count] = True
        figure = band_heatmaps(sample.assign(region=(("y", "x"), region)))
        assert "region dashed" in words(figure)
        # a border where it does not fill the window, white below black
        assert len(figure.axes[0].collections) == lines
    assert_readable(figure)
