from dataclasses import replace

import numpy as np
import pytest

from lrprism.spectral.explorer.scene import describe_scene
from lrprism.spectral.plots.picture import colour_picture
from made_up_results import BANDS, HEIGHT, WIDTH, decode, make_scene, unpack


def test_every_pixel_of_a_scene_within_the_stated_error() -> None:
    relevance, scene = make_scene()
    content = describe_scene(relevance, scene, 1e6)
    pixels = np.cumsum(unpack(content["items"]["step"], "<i4"))
    # the border has no window
    assert len(pixels) == (HEIGHT - 2) * (WIDTH - 2) == content["counts"]["shown"]
    exact = relevance["relevance"].values[pixels]
    largest = np.abs(exact).max(axis=1, keepdims=True)
    assert (np.abs(decode(content["relevance"]) - exact) / largest).max() <= content["relevance"][
        "error"
    ] + 3e-4
    data = scene.cube.values.reshape(BANDS, -1).T[pixels]
    assert (np.abs(decode(content["input"]) - data) / data.max(axis=1, keepdims=True)).max() <= 1 / 94 + 3e-4
    assert unpack(content["items"]["label"], "<i4").tolist() == scene.labels.ravel()[pixels].tolist()


def test_the_picture_is_that_of_the_figures() -> None:
    relevance, scene = make_scene()
    content = describe_scene(relevance, scene, 1e6)["picture"]
    expected = colour_picture(scene.cube.values, scene.cube["wavelength"].values)
    assert content["title"] == expected.title
    drawn = unpack(content["rgb"], "<u1").reshape(HEIGHT, WIDTH, 3)
    np.testing.assert_allclose(drawn, 255 * expected.values, atol=0.51)


def test_a_pixel_without_data_is_black() -> None:
    relevance, scene = make_scene()
    cube = scene.cube.copy()
    cube[:, 0, 0] = np.nan
    content = describe_scene(relevance, replace(scene, cube=cube), 1e6)["picture"]
    drawn = unpack(content["rgb"], "<u1").reshape(HEIGHT, WIDTH, 3)
    assert drawn[0, 0].tolist() == [0, 0, 0]
    assert drawn[1:].max() == 255


@pytest.mark.parametrize(
    ("most", "which"),
    [(63 * BANDS, "every pixel"), (63 * BANDS - 1, "the labelled pixels"), (48, "4 of the")],
)
def test_a_scene_too_large_for_a_page_shows_labelled_pixels(most: int, which: str) -> None:
    relevance, scene = make_scene()
    shown = scene.choose_pixels(relevance, most)
    assert shown.which.startswith(which)
    assert shown.total == 63
    assert len(shown.numbers) * BANDS <= most
    if which != "every pixel":
        assert (scene.labels.ravel()[shown.numbers] >= 0).all()
    bare = replace(scene, labels=np.full_like(scene.labels, -1))
    if which != "every pixel":
        assert "labelled" not in bare.choose_pixels(relevance, most).which


def test_the_trait_of_each_pixel() -> None:
    relevance, scene = make_scene()
    value = np.random.default_rng(1).normal(size=relevance.sizes["sample"])
    relevance = relevance.assign_attrs(task="regression").assign(predicted=("sample", value))
    relevance["target"] = ("sample", np.zeros(len(value), dtype=np.int64))
    items = describe_scene(relevance, scene, 1e6)["items"]
    pixels = np.cumsum(unpack(items["step"], "<i4"))
    np.testing.assert_allclose(unpack(items["value"], "<f4"), value[pixels], rtol=2e-4)
