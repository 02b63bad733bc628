from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrprism.errors import DataError
from lrprism.spectral import sample_spectra
from lrprism.spectral.bands.pooling import build_box
from lrprism.spectral.plots import class_spectra

MakeRelevance = Callable[..., xr.Dataset]
Check = Callable[[Figure], None]
Words = Callable[[Figure], str]


def the_map(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.get_xlabel() == "wavelength (nm)")


def test_rows_are_classes_with_their_samples(relevance: xr.Dataset, words: Words) -> None:
    figure = class_spectra(relevance.isel(sample=[0, 1, 2]))
    assert [label.get_text() for label in the_map(figure).get_yticklabels()] == [
        "Corn (0 of 2 right)",
        "Woods (0 of 1 right)",
    ]
    text = words(figure)
    assert "Relevance of 2 explained classes" in text
    assert "mean relevance per band (logit)" in text
    assert "one scale for all classes" in text


def test_values_one_mesh_per_stretch_and_symmetric_scale(relevance: xr.Dataset) -> None:
    axes = the_map(class_spectra(relevance))
    meshes = axes.collections
    assert len(meshes) == 2  # one gap
    drawn = np.concatenate([np.asarray(mesh.get_array()) for mesh in meshes], axis=1)
    order = np.argsort(relevance["wavelength"].to_numpy())
    values = relevance["relevance"].to_numpy().astype(float).sum((2, 3))[:, order]
    np.testing.assert_allclose(drawn, [values[0::2].mean(0), values[1::2].mean(0)], rtol=1e-5)
    assert all(mesh.norm.vmin == -mesh.norm.vmax for mesh in meshes)


def test_normalised_classes_reach_one(relevance: xr.Dataset, words: Words) -> None:
    relevance["relevance"][1::2] *= 1000
    figure = class_spectra(relevance, normalise=True)
    drawn = np.concatenate([np.asarray(mesh.get_array()) for mesh in the_map(figure).collections], axis=1)
    np.testing.assert_allclose(np.abs(drawn).max(1), 1)
    assert "relevance / largest |R| of the class" in words(figure)
    assert "each class on its own scale" in words(figure)
    assert "colours end" not in words(figure)


@pytest.mark.parametrize("normalise", [False, True])
def test_the_largest_magnitude_stands_beside_each_class(
    relevance: xr.Dataset, words: Words, assert_readable: Check, normalise: bool
) -> None:
    relevance["relevance"][:] = 0.0
    # 25 pixels each; the second class has a thousandth
    relevance["relevance"][::2, 3], relevance["relevance"][1::2, 8] = -2.0, 0.002
    figure = class_spectra(relevance.assign_attrs(resolution_nm=85.0), normalise=normalise)
    assert_readable(figure)
    written = [text.get_text() for text in figure.findobj(lambda artist: artist.get_gid() == "peak")]
    # the box of 85 nm holds two bands and parts of others
    assert written[:2] == ["50", "0.05"]
    assert len(written) == 4
    assert "right of the rows: largest |R| of the class (logit)" in words(figure)
    assert words(figure).count("red speaks for the class") == 1


def test_dot_at_the_strongest_band(relevance: xr.Dataset) -> None:
    relevance["relevance"][:, 25] = 100.0
    (dots,) = [line for line in the_map(class_spectra(relevance)).lines if line.get_gid() == "strongest"]
    np.testing.assert_allclose(dots.get_xdata(), relevance["wavelength"].to_numpy()[[25, 25]])


def test_class_without_relevance_stays_white(relevance: xr.Dataset) -> None:
    relevance["relevance"][::2] = 0.0
    drawn = the_map(class_spectra(relevance, normalise=True)).collections[0].get_array()
    np.testing.assert_array_equal(drawn[0], 0)


@pytest.mark.parametrize("classes", [1, 16])
def test_readable(make_relevance: MakeRelevance, assert_readable: Check, classes: int) -> None:
    dataset = make_relevance(np.linspace(400, 2500, 100), samples=16, window=3)
    dataset["target"] = ("sample", np.arange(16) % classes)
    dataset["relevance"][0, 0] = 90.0  # clipped: the longest note
    dataset = dataset.drop_vars("class_name").assign_coords(
        class_name=("class", ["Buildings-Grass-Trees-Drives"] * 3)
    )
    assert_readable(class_spectra(dataset))


def test_a_class_that_names_no_bands_is_pale_hatched_and_says_why(
    relevance: xr.Dataset, words: Words, assert_readable: Check
) -> None:
    reasons = {0: ("the network gets most of these samples wrong", "another reason")}
    figure = class_spectra(relevance.assign_attrs(reasons=reasons))
    assert_readable(figure)
    axes = the_map(figure)
    hatched = [patch for patch in axes.patches if patch.get_gid() == "silent"]
    assert [(patch.get_y(), patch.get_hatch()) for patch in hatched] == [(-0.5, "////")]
    (dots,) = [line for line in axes.lines if line.get_gid() == "strongest"]
    assert dots.get_ydata().tolist() == [1]
    expected = "pale and hatched, no bands named: Corn (the network gets most of these samples wrong)"
    assert expected in words(figure)
    assert not [p for p in the_map(class_spectra(relevance)).patches if p.get_gid() == "silent"]


def test_classes_get_scales_of_their_own_where_their_ranges_differ(
    relevance: xr.Dataset, words: Words
) -> None:
    relevance["relevance"][:] = 0.0
    relevance["relevance"][::2, 3], relevance["relevance"][1::2, 8] = 2.0, 1.0
    assert "one scale for all classes" in words(class_spectra(relevance))
    relevance["relevance"][1::2, 8] = 0.5  # a quarter: more than a factor of three
    figure = class_spectra(relevance)
    assert "each class on its own scale" in words(figure)
    drawn = np.concatenate([np.asarray(mesh.get_array()) for mesh in the_map(figure).collections], axis=1)
    np.testing.assert_allclose(drawn.max(axis=1), 1)


def test_features_are_named_at_dots_that_they_hold_more_than_chance(
    make_relevance: Callable[..., xr.Dataset], words: Words
) -> None:
    relevance = make_relevance(np.arange(500.0, 1000.0, 10.0))
    nm = relevance["wavelength"]
    relevance["relevance"][:] = xr.where((nm > 682) & (nm < 750), 1.0, 0.0)
    assert "red edge" in words(class_spectra(relevance))
    assert "leaf water" not in words(class_spectra(relevance))
    reasons = dict.fromkeys((0, 1), ("too few samples",))
    assert "red edge" not in words(class_spectra(relevance.assign_attrs(reasons=reasons)))
    # one band lies in some feature wherever it lies
    relevance["relevance"][:] = xr.where(nm == 720, 1.0, 0.0)
    assert "red edge" not in words(class_spectra(relevance))


def test_missing_target(relevance: xr.Dataset) -> None:
    with pytest.raises(DataError, match=r"A relevance dataset should hold target\."):
        class_spectra(relevance.drop_vars("target"))


def test_reduced_samples_give_the_same_figure(relevance: xr.Dataset) -> None:
    figure, reduced = (class_spectra(dataset) for dataset in (relevance, sample_spectra(relevance)))
    for mesh, same in zip(the_map(figure).collections, the_map(reduced).collections, strict=True):
        np.testing.assert_array_equal(np.asarray(mesh.get_array()), np.asarray(same.get_array()))
    assert [text.get_text() for text in figure.texts] == [text.get_text() for text in reduced.texts]


def test_the_pooled_map_has_a_scale_of_its_own(
    relevance: xr.Dataset, words: Words, assert_readable: Check
) -> None:
    figure = class_spectra(relevance.assign_attrs(resolution_nm=85.0))
    assert_readable(figure)
    assert {"as computed", "averaged over 85 nm", "averaged over 85 nm (logit)"} <= set(
        words(figure).split("\n")
    )
    maps = [
        axes for axes in figure.axes if axes.get_title(loc="left") in {"as computed", "averaged over 85 nm"}
    ]
    computed, summed = (
        np.concatenate([np.asarray(mesh.get_array()) for mesh in axes.collections], axis=1) for axes in maps
    )
    assert maps[0].collections[0].norm.vmax > maps[1].collections[0].norm.vmax
    np.testing.assert_allclose(summed.sum(axis=1), computed.sum(axis=1), rtol=1e-4, atol=1e-4)
    wavelength = np.sort(relevance["wavelength"].to_numpy())
    np.testing.assert_allclose(summed, computed @ build_box(wavelength, 85).T, rtol=1e-4, atol=1e-4)
