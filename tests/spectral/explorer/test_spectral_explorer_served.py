from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import ResultsError
from lrprism.spectral.explorer.page import build_page, collect_content
from lrprism.spectral.explorer.served import ServedScene
from made_up_results import BANDS, RECORD, make_samples, make_scene, unpack, write_small_page, write_tables

SHOWN = 20


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, xr.Dataset]:
    return write_small_page(tmp_path_factory.mktemp("scene"), SHOWN)


@pytest.fixture
def scene(stored: tuple[str, xr.Dataset]) -> Iterator[ServedScene]:
    with ServedScene(*stored) as opened:
        yield opened


@pytest.fixture
def explained(stored: tuple[str, xr.Dataset]) -> xr.Dataset:
    """The pixels that have a window, in order."""
    relevance = stored[1]
    return relevance.isel(sample=np.isfinite(relevance["relevance"].values[:, 0]))


def read_numbers(scene: ServedScene, address: str) -> np.ndarray:
    answer = scene.answer(address)
    assert answer is not None
    assert answer[0] == "application/octet-stream"
    return np.frombuffer(answer[1], dtype="<f4")


def test_a_row_is_the_spectrum_of_a_pixel(scene: ServedScene, explained: xr.Dataset) -> None:
    for pixel in (0, 5, len(explained["sample"]) - 1):
        spectrum = explained["relevance"].values[pixel]
        np.testing.assert_array_equal(read_numbers(scene, f"/row/{pixel}"), spectrum)


def test_a_sum_is_that_of_some_bands_of_every_pixel(scene: ServedScene, explained: xr.Dataset) -> None:
    values = explained["relevance"].values.astype(np.float64)
    np.testing.assert_array_equal(read_numbers(scene, "/sum/4"), values[:, 4].astype(np.float32))
    np.testing.assert_array_equal(
        read_numbers(scene, "/sum/2,0,11"), values[:, [2, 0, 11]].sum(axis=1).astype(np.float32)
    )


def test_relevance_is_copied_piece_by_piece(
    stored: tuple[str, xr.Dataset], explained: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrprism.spectral.explorer.served._PIECE", 7 * BANDS)
    with ServedScene(*stored) as scene:
        np.testing.assert_array_equal(read_numbers(scene, "/sum/3"), explained["relevance"].values[:, 3])


@pytest.mark.parametrize(
    "address",
    [
        "/row/63", "/row/1,2", "/row/-1", "/row/", "/row/1/", "/row/\u0661", "/sum/12", "/sum/0,12",
        "/sum/", "/sum/1,", "/sum/9999999999", "/explorer.html", "/run.json", "/../run.json",
        "/relevance.zarr/.zattrs", "//", "", "/?", "/#", "http://127.0.0.1/",
    ],
)  # fmt: skip
def test_there_is_nothing_at_any_other_address(scene: ServedScene, address: str) -> None:
    assert scene.answer(address) is None


def test_the_page_knows_every_pixel_and_what_its_own_page_says_of_some(
    scene: ServedScene, stored: tuple[str, xr.Dataset], explained: xr.Dataset
) -> None:
    content = scene.describe()
    count = len(explained["sample"])
    assert content["counts"] == {"shown": count, "total": count, "which": "every pixel"}
    assert content["meansOf"] == f"{SHOWN} of the labelled pixels, evenly spread"
    pixels = np.cumsum(unpack(content["items"]["step"], "<i4"))
    values = stored[1]["relevance"].values[pixels].astype(np.float64)
    assert np.isfinite(values).all()
    positive = unpack(content["items"]["positive"], "<f4")
    np.testing.assert_allclose(positive, values.clip(min=0).sum(axis=1), rtol=2e-4)
    assert unpack(content["items"]["predicted"], "<i4").tolist() == explained["predicted"].values.tolist()
    place = unpack(content["input"]["place"], "<i4")
    assert place[place >= 0].tolist() == list(range(SHOWN))
    # true classes and clusters are those of the labelled pixels that the page shows
    labels = make_scene()[1].labels.ravel()[pixels]
    np.testing.assert_array_equal(unpack(content["items"]["label"], "<i4"), np.where(place >= 0, labels, -1))
    assert ((unpack(content["groups"]["cluster"], "<i4") >= 0) == (place >= 0)).all()
    assert content["relevance"] == {"served": True, "shape": [count, BANDS], "error": 0}


def test_the_copy_is_deleted_at_the_end(stored: tuple[str, xr.Dataset]) -> None:
    with ServedScene(*stored) as scene:
        folder = Path(scene._folder.name)
        assert [path.name for path in folder.iterdir()] == ["relevance"]
    assert not folder.exists()


def test_samples_and_other_relevance_are_refused(stored: tuple[str, xr.Dataset], tmp_path: Path) -> None:
    samples = make_samples()
    write_tables(tmp_path)
    page = build_page(collect_content(tmp_path, samples, RECORD))
    with pytest.raises(ResultsError, match=r"should be those of every pixel .* Found a page of 0 pixels and"):
        ServedScene(page, samples)
    with pytest.raises(ResultsError, match=r"page of 99 pixels and relevance of 98 samples\. Open the page"):
        ServedScene(stored[0], stored[1].isel(sample=slice(1, None)))
