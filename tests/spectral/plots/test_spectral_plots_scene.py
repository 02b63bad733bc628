from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrprism.errors import DataError
from lrprism.spectral import pooled
from lrprism.spectral.plots import save, scene_relevance, style

Check = Callable[[Figure], None]
Words = Callable[[Figure], str]
Maps = tuple[xr.DataArray, xr.DataArray, xr.DataArray]


def build(height: int, width: int, *, bands: int = 6, classes: int = 3, border: int = 1) -> Maps:
    """A scene with a border that is not explained; its classes are vertical stripes."""
    rng = np.random.default_rng(0)
    wavelength = ("band", np.linspace(420.0, 2400.0, bands))
    explained = np.zeros((height, width), dtype=bool)
    explained[border : height - border, border : width - border] = True
    values = np.where(explained, rng.normal(size=(bands, height, width)), np.nan).astype("float32")
    relevance = xr.DataArray(
        values, dims=("band", "y", "x"), coords={"wavelength": wavelength}, name="relevance",
        attrs={"units": "logit", "title": "Test scene", "composite": "Epsilon()"},
    )  # fmt: skip
    stripes = np.broadcast_to(np.arange(width) * classes // width, (height, width))
    predicted = xr.DataArray(
        np.where(explained, stripes, -1), dims=("y", "x"), name="class",
        attrs={"class_names": [f"Class {chr(65 + index)}" for index in range(classes)]},
    )  # fmt: skip
    light = 100 + 20 * rng.random((bands, height, width))
    cube = xr.DataArray(light, dims=("band", "y", "x"), coords={"wavelength": wavelength}, name="cube")
    return relevance, predicted, cube


def by_hand() -> Maps:
    """One row of three pixels, the last one not explained; bands out of order.

    Mean of |R|: band 0 (1 + 3) / 2 = 2, band 1 (4 + 1) / 2 = 2.5, band 2 (0 + 0.5) / 2 = 0.25,
    band 3 (2 + 5) / 2 = 3.5. Largest R: band 0 (1) in the first pixel, band 1 (1) in the second.
    """
    values = [[[1.0, -3.0, np.nan]], [[-4.0, 1.0, np.nan]], [[0.0, 0.5, np.nan]], [[-2.0, -5.0, np.nan]]]
    relevance = xr.DataArray(
        np.array(values, dtype="float32"), dims=("band", "y", "x"), name="relevance",
        coords={"band": [7, 8, 9, 10], "wavelength": ("band", [650.0, 550.0, 450.0, 700.0])},
    )  # fmt: skip
    classes = xr.DataArray([[1, 0, -1]], dims=("y", "x"), attrs={"class_names": ["Corn", "Woods"]})
    cube = relevance.copy(data=np.arange(12.0).reshape(4, 1, 3))
    return relevance, classes, cube


def panel(figure: Figure, word: str) -> Axes:
    return next(axes for axes in figure.axes if word in axes.get_title(loc="left").replace("\n", " "))


def pixels(figure: Figure, word: str) -> np.ma.MaskedArray[Any, Any]:
    return np.ma.asarray(panel(figure, word).images[0].get_array())


def test_panels_follow_the_strongest_bands() -> None:
    figure = scene_relevance(*by_hand())
    titles = [axes.get_title(loc="left").replace("\n", " ") for axes in figure.axes]
    assert [title for title in titles if title] == [
        "a  RGB 650/550/450 nm",
        "b  predicted class",
        "c  band of largest relevance",
        "d  700.0 nm, band 10",
        "e  550.0 nm, band 8",
        "f  650.0 nm, band 7",
    ]


def test_values_in_the_panels_by_hand() -> None:
    figure = scene_relevance(*by_hand())
    np.testing.assert_array_equal(pixels(figure, "predicted").filled(-1), [[1, 0, -1]])
    np.testing.assert_array_equal(pixels(figure, "largest").filled(0), [[650.0, 550.0, 0.0]])
    np.testing.assert_array_equal(pixels(figure, "band 10").filled(np.nan), [[-2.0, -5.0, np.nan]])
    np.testing.assert_array_equal(pixels(figure, "band 8").filled(np.nan), [[-4.0, 1.0, np.nan]])


def test_one_scale_centred_on_0() -> None:
    figure = scene_relevance(*by_hand())
    limits = {panel(figure, f"band {band}").images[0].get_clim() for band in (7, 8, 10)}
    magnitudes = np.abs([1.0, -3.0, -4.0, 1.0, -2.0, -5.0])
    assert len(limits) == 1
    np.testing.assert_allclose(
        limits.pop(), (-np.percentile(magnitudes, 99.5), np.percentile(magnitudes, 99.5))
    )


def test_bands_can_be_chosen() -> None:
    relevance, classes, _ = by_hand()
    figure = scene_relevance(relevance, classes, bands=[2])
    titles = [axes.get_title(loc="left").replace("\n", " ") for axes in figure.axes]
    assert [title for title in titles if title] == [
        "a  predicted class",
        "b  band of largest relevance",
        "c  450.0 nm, band 9",
    ]


def test_keys_in_words(words: Words) -> None:
    text = words(scene_relevance(*by_hand()))
    assert "0  Corn (33 %)\n1  Woods (33 %)\nnot explained (33 %)" in text
    assert "most often 650.0 nm (50 %), 550.0 nm (50 %)" in text
    assert "c  wavelength of the band of largest relevance (nm)" in text
    assert "d–f  relevance (logit)" in text
    assert "drawn" not in text


def test_heading(words: Words) -> None:
    text = words(scene_relevance(*build(8, 9)))
    assert "summed over its window · 8 × 9 pixels · Test scene · Epsilon()" in text


def test_scene_explained_to_its_edge_has_no_such_entry(words: Words) -> None:
    assert "not explained" not in words(scene_relevance(*build(6, 6, border=0)))


def test_only_classes_that_occur_are_named(words: Words) -> None:
    relevance, classes, _ = build(6, 6, classes=3)
    text = words(scene_relevance(relevance, classes.where(classes != 1, 2)))
    assert "0  Class A" in text
    assert "2  Class C" in text
    assert "Class B" not in text


def test_gaps_of_the_sensor_stay_grey(words: Words) -> None:
    relevance, classes, _ = build(6, 6, bands=8)
    gapped = relevance.assign_coords(wavelength=("band", [410.0, 400, 420, 430, 900, 910, 920, 930]))
    figure = scene_relevance(gapped, classes)
    key = next(axes for axes in figure.axes if "wavelength of the band" in axes.get_xlabel())
    assert [np.asarray(mesh.get_array()).ravel().tolist() for mesh in key.collections] == [
        [400.0, 410.0, 420.0, 430.0],
        [900.0, 910.0, 920.0, 930.0],
    ]
    assert "grey: the sensor has no band, or it was left out" in words(figure)


def test_pixels_are_square_and_counted_from_0() -> None:
    figure = scene_relevance(*build(7, 5))
    axes = panel(figure, "predicted")
    assert axes.get_xlim() == (-0.5, 4.5)
    assert axes.get_ylim() == (6.5, -0.5)
    width, height = axes.get_position().size * figure.get_size_inches()
    assert height / width == pytest.approx(7 / 5)


def test_pixels_without_data_are_grey_in_the_picture() -> None:
    relevance, classes, cube = build(6, 6)
    cube[:, :, :2] = np.nan
    image = panel(scene_relevance(relevance, classes, cube), "nm").images[0]
    opacity = np.asarray(image.get_array())[..., 3]
    np.testing.assert_array_equal(opacity, np.broadcast_to([0, 0, 1, 1, 1, 1], (6, 6)))


def test_order_of_dimensions_does_not_matter() -> None:
    relevance, classes, cube = build(6, 8)
    figure = scene_relevance(relevance, classes, cube)
    turned = scene_relevance(
        *(array.transpose(*reversed(array.dims)) for array in (relevance, classes, cube))
    )
    for axes, other in zip(figure.axes, turned.axes, strict=True):
        for image, same in zip(axes.images, other.images, strict=True):
            np.testing.assert_array_equal(image.get_array(), same.get_array())


def test_large_scenes_are_thinned_out(words: Words) -> None:
    relevance, classes, _ = build(2, 7000, bands=1, border=0)
    relevance[:, :, 1] = 1e6  # between the columns that are drawn
    figure = scene_relevance(relevance, classes)
    drawn = pixels(figure, "420.0 nm")
    step = round(7000 / drawn.shape[1])
    assert step > 1
    np.testing.assert_array_equal(drawn, relevance.to_numpy()[0, ::step, ::step].astype(float))
    assert panel(figure, "predicted").get_xlim() == (-0.5, 6999.5)
    assert panel(figure, "predicted").images[0].get_extent()[1] >= 6999.5
    assert f"one of every {step} rows and columns drawn" in words(figure)


def test_means_count_the_pixels_that_are_not_drawn() -> None:
    relevance, classes, _ = build(2, 7000, bands=3, border=0)
    relevance[1, :, 1] = 1e6
    assert "band 1" in panel(scene_relevance(relevance, classes), "c  ").get_title(loc="left")


class Counted:
    """An array that writes down how much of it is read at a time."""

    def __init__(self, values: np.ndarray[Any, Any]) -> None:
        self.values, self.shape, self.dtype, self.ndim = values, values.shape, values.dtype, values.ndim
        self.reads: list[int] = []

    def __getitem__(self, key: Any) -> np.ndarray[Any, Any]:
        part = self.values[key]
        self.reads.append(part.size)
        return part


@pytest.mark.parametrize("chunks", [(6, 4, 40), (2, 30, 40)])
def test_lazy_maps_are_read_piece_by_piece(chunks: tuple[int, int, int]) -> None:
    relevance, classes, cube = build(30, 40)
    counted = Counted(relevance.to_numpy())
    lazy = relevance.copy(data=da.from_array(counted, chunks=chunks))
    figure = scene_relevance(lazy, classes, cube.chunk(y=7))
    assert max(counted.reads) <= np.prod(chunks)
    assert sum(counted.reads) <= 2 * relevance.size
    expected = scene_relevance(relevance, classes, cube)
    for word in ("predicted", "largest", "nm, band"):
        np.testing.assert_array_equal(pixels(figure, word), pixels(expected, word))


@pytest.mark.parametrize(
    ("height", "width", "classes"),
    [(5, 5, 2), (60, 60, 16), (35, 190, 15), (190, 35, 15), (4, 400, 1), (400, 4, 40)],
)
def test_readable_for_any_scene(height: int, width: int, classes: int, assert_readable: Check) -> None:
    relevance, predicted, cube = build(height, width, classes=classes)
    figure = scene_relevance(relevance, predicted, cube)
    assert style.measure_figure(figure)[0] == pytest.approx(style.PAGE_WIDTH)
    assert style.measure_figure(figure)[1] <= 260
    assert_readable(figure)


def test_readable_with_long_names_and_many_bands(assert_readable: Check) -> None:
    relevance, classes, _ = build(40, 40, bands=20, classes=16)
    classes.attrs["class_names"] = [f"Buildings-Grass-Trees-Drives {index}" for index in range(16)]
    relevance[0, 20, 20] = 50.0  # clipped: the longest note
    assert_readable(scene_relevance(relevance, classes, bands=list(range(12))))


def test_one_band(assert_readable: Check) -> None:
    figure = scene_relevance(*build(12, 12, bands=1))
    assert len([axes for axes in figure.axes if axes.images]) == 4
    assert_readable(figure)


def test_files_are_written(tmp_path: Path) -> None:
    paths = save(scene_relevance(*build(6, 6)), tmp_path, "scene", dpi=200)
    assert all(path.stat().st_size for path in paths)


def test_relevance_nowhere() -> None:
    relevance, classes, _ = build(6, 6)
    with pytest.raises(DataError, match=r"values in every band.* Found 6 of 6 bands without .* larger than"):
        scene_relevance(relevance * np.nan, classes)


def test_infinite_relevance() -> None:
    relevance, classes, _ = build(6, 6)
    relevance[2, 3, 3] = -np.inf
    with pytest.raises(DataError, match=r"no infinite one\. Found 1 of 6 bands"):
        scene_relevance(relevance, classes)


def test_no_relevance_where_it_is_drawn() -> None:
    relevance, classes, _ = build(2, 7000, border=0)
    relevance[:] = np.nan
    relevance[:, 1, 1] = 1.0
    with pytest.raises(DataError, match=r"a pixel that is drawn, one of every \d+ rows and columns\. Found"):
        scene_relevance(relevance, classes)


def test_missing_wavelengths() -> None:
    relevance, classes, cube = build(6, 6)
    with pytest.raises(DataError, match=r"should hold wavelength\. Found relevance\."):
        scene_relevance(relevance.drop_vars("wavelength"), classes)
    with pytest.raises(DataError, match=r"should hold wavelength\. Found cube\."):
        scene_relevance(relevance, classes, cube.drop_vars("wavelength"))


def test_wrong_dimensions() -> None:
    relevance, classes, cube = build(6, 6)
    with pytest.raises(DataError, match=r"relevance should have the non-empty dimensions band, y, x\."):
        scene_relevance(relevance[0], classes)
    with pytest.raises(DataError, match=r"classes should have the non-empty dimensions y, x\."):
        scene_relevance(relevance, relevance)
    with pytest.raises(DataError, match=r"cube should have the non-empty dimensions band, y, x\."):
        scene_relevance(relevance, classes, cube[0])


@pytest.mark.parametrize("which", ["classes", "cube"])
def test_maps_of_another_scene(which: str) -> None:
    relevance, classes, cube = build(6, 6)
    maps = {"classes": classes, "cube": cube}
    maps[which] = maps[which].isel(x=slice(1, None))
    message = rf"{which} should have the 6 × 6 pixels of the relevance\. Found 6 × 5\. Give maps of one scene"
    with pytest.raises(DataError, match=message):
        scene_relevance(relevance, maps["classes"], maps["cube"])


def test_classes_that_are_no_whole_numbers() -> None:
    relevance, classes, _ = build(6, 6)
    with pytest.raises(DataError, match=r"classes should be whole numbers\. Found float64\."):
        scene_relevance(relevance, classes.astype("float64"))


def test_cube_without_a_value() -> None:
    relevance, classes, cube = build(6, 6)
    with pytest.raises(DataError, match=r"cube should have a pixel with finite values\. Found none"):
        scene_relevance(relevance, classes, cube * np.nan)


@pytest.mark.parametrize("bands", [[6], [-1], [1, 1], []])
def test_bands_that_do_not_exist(bands: list[int]) -> None:
    relevance, classes, _ = build(6, 6)
    with pytest.raises(DataError, match=r"different numbers from 0 to 5.*Leave bands out to see the"):
        scene_relevance(relevance, classes, bands=bands)


def test_too_many_bands() -> None:
    relevance, classes, _ = build(6, 6, bands=20)
    with pytest.raises(DataError, match=r"bands should be 12 at most\. Found 13\. Draw them in several"):
        scene_relevance(relevance, classes, bands=range(13))


def test_a_pooled_map_shows_boxes_apart(words: Words) -> None:
    relevance, classes, cube = by_hand()
    # by wavelength 0, -4, 1, -2 in the first pixel and 0.5, 1, -3, -5 in the second; 110 nm join 650 and 700,
    # the others stand alone: (1 - 2) / 2 = -0.5 and (-3 - 5) / 2 = -4 in both of them
    figure = scene_relevance(pooled(relevance, nm=110), classes, cube)
    assert "averaged over 110 nm along wavelength" in words(figure)
    titles = [axes.get_title(loc="left").replace("\n", " ") for axes in figure.axes]
    # mean of |R|: 550 nm (4 + 1) / 2 = 2.5, 650 and 700 nm (0.5 + 4) / 2 = 2.25, so 700 nm is left out
    assert [title for title in titles if title][2:] == [
        "c  strongest box",
        "d  550 ± 55 nm",
        "e  700 ± 55 nm",
    ]


def test_a_trait_has_a_continuous_scale_and_words_of_its_own(words: Words, assert_readable: Check) -> None:
    relevance, _, cube = build(20, 30)
    relevance.attrs |= {"task": "regression", "units": "mg/g", "target_range": [1.0, 3.0]}
    trait = xr.DataArray(
        np.linspace(0.0, 4.0, 600).reshape(20, 30), dims=("y", "x"), name="nitrogen",
        attrs={"units": "mg/g", "title": "Test scene"},
    )  # fmt: skip
    trait[0, 0] = np.nan
    trait[0, 1] = 90.0
    figure = scene_relevance(relevance, trait, cube)
    assert_readable(figure)
    image = panel(figure, "predicted nitrogen").images[0]
    assert image.get_clim() == (1.0, 3.0)
    drawn = np.ma.masked_invalid(np.ma.asarray(image.get_array()))
    assert drawn[10, 10] == pytest.approx(float(trait[10, 10]))
    assert drawn.mask.sum() == 1
    text = words(figure)
    for phrase in (
        "b  predicted nitrogen (mg/g)", "trained on 1 to 3 mg/g", "red raises the prediction",
        "relevance for its own prediction", "beyond the colours: smallest", "largest 90",
    ):  # fmt: skip
        assert phrase in text
    assert "class" not in text
    # the notes beside the colours are of a size that can be read
    (note,) = [line for line in figure.texts if line.get_text().startswith("predicted outside that range")]
    assert note.get_fontsize() > 5


def test_a_trait_of_whole_numbers_or_without_values_is_refused() -> None:
    relevance, classes, _ = build(6, 6)
    relevance.attrs["task"] = "regression"
    with pytest.raises(DataError, match=r"^trait should be real numbers\. Found int64\."):
        scene_relevance(relevance, classes)
    with pytest.raises(DataError, match=r"should have finite values\. Found none\. Look for NaN"):
        scene_relevance(relevance, (classes * np.nan).rename("N"))
