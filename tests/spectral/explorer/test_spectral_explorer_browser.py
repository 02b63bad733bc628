"""The explorer as a reader sees it: in Chromium, with a keyboard alone, with a screen reader's eyes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from lrprism.spectral.bands.pooling import pooled
from lrprism.spectral.explorer.page import write_explorer
from made_up_results import (
    BANDS,
    NAMES,
    RECORD,
    SAMPLES,
    WAVELENGTHS,
    make_samples,
    make_scene,
    read_content,
    write_tables,
)

Open = Callable[..., Any]
KINDS = ["scene", "samples", "spectra"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of a scene and one of samples, beside the Zarr that they are made of."""
    folders = {}
    relevance, scene = make_scene()
    for kind, dataset in (
        ("scene", relevance),
        ("samples", make_samples()),
        ("spectra", make_samples().isel(y=[0], x=[0])),
    ):
        folder = tmp_path_factory.mktemp(kind)
        write_tables(folder)
        dataset.to_zarr(folder / "relevance.zarr", zarr_format=2)
        stored = xr.open_zarr(folder / "relevance.zarr", zarr_format=2)
        write_explorer(folder, stored, RECORD, scene if kind == "scene" else None)
        folders[kind] = folder
    return folders


def read_table(visit: Any) -> dict[str, np.ndarray[Any, Any]]:
    """What the button copies, column by column."""
    visit.run("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }")
    visit.page.click("#copy")
    visit.page.wait_for_function("window.copied")
    lines = visit.run("window.copied").strip().split("\n")
    names = [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|([^,"]+)', lines[0])]
    values = np.array([line.split(",") for line in lines[1:]], dtype=np.float64)
    return dict(zip(names, values.T, strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_no_request_no_complaint_nothing_too_wide(
    results: dict[str, Path], visit: Open, kind: str, width: int, scheme: str
) -> None:
    page = results[kind] / "explorer.html"
    seen = visit(page, width, scheme)
    for selector in ("#views label:first-child", "#copy", "#save", "#keep", "#next", "#clusters button"):
        seen.page.locator(selector).first.click()
    seen.page.locator("#confusion button").first.click()
    assert seen.complaints == []
    assert [url for url in seen.requests if not url.startswith("blob:")] == [page.as_uri()]
    assert seen.run("document.documentElement.scrollWidth") <= width
    ready, update = seen.run(
        "[document.documentElement.dataset.readyMs, document.documentElement.dataset.updateMs]"
    )
    print(f"{kind}, {width} pixels: ready after {ready} ms, last update {update} ms")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(results: dict[str, Path], visit: Open, kind: str, scheme: str) -> None:
    sync_axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core comes with it")
    seen = visit(results[kind] / "explorer.html", 1280, scheme)
    for details in seen.page.locator("details").all():
        details.evaluate("(details) => { details.open = true; }")
    violations = sync_axe.Axe().run(seen.page).response["violations"]
    assert [(item["id"], [node["html"][:120] for node in item["nodes"]]) for item in violations] == []


def test_the_spectra_of_a_pixel_are_those_of_the_zarr(results: dict[str, Path], visit: Open) -> None:
    stored = xr.open_zarr(results["scene"] / "relevance.zarr", zarr_format=2)["relevance"]
    content = read_content((results["scene"] / "explorer.html").read_text(encoding="utf-8"))
    error = content["relevance"]["error"] + 3e-4
    order = np.argsort(WAVELENGTHS, kind="stable")
    seen = visit(results["scene"] / "explorer.html", rest="#pins=0,62")
    table = read_table(seen)
    assert table["wavelength_nm"].tolist() == sorted(WAVELENGTHS)
    assert table["band"].tolist() == order.tolist()
    # pixels 0 and 62 that are shown are the first and the last with a window: rows 1 and 7 of 11 columns
    for row, column in ((1, 1), (7, 9)):
        exact = stored.values[row * 11 + column]
        shown = table[f"relevance of Pixel at row {row}, column {column}"]
        assert np.abs(shown - exact[order]).max() <= error * np.abs(exact).max()
    first = stored.isel(sample=12).astype(np.float64)
    expected = pooled(first, nm=25).values[order]
    # what a band gives and takes is never more than all of it
    assert np.abs(table["pooled relevance of pin"] - expected).max() <= 3 * error * np.abs(first.values).max()


def test_a_mean_and_a_contrast_are_those_of_the_zarr(results: dict[str, Path], visit: Open) -> None:
    stored = make_samples()
    spectra = stored["relevance"].values.astype(np.float64).sum(axis=(2, 3))
    target, label = stored["target"].values, stored["label"].values
    order = np.argsort(WAVELENGTHS, kind="stable")
    seen = visit(results["samples"] / "explorer.html")
    seen.page.select_option("#first", "t1")
    seen.page.select_option("#second", "l2")
    difference = spectra[target == 1].mean(axis=0) - spectra[label == 2].mean(axis=0)
    (shown,) = [values for name, values in read_table(seen).items() if name.startswith("relevance of")]
    np.testing.assert_allclose(shown, difference[order], atol=2e-4 * np.abs(spectra).max())
    assert {"first": "t1", "second": "l2"}.items() <= seen.read_hash().items()


def test_the_map_of_a_stretch_is_the_sum_of_its_bands(results: dict[str, Path], visit: Open) -> None:
    stored = xr.open_zarr(results["scene"] / "relevance.zarr", zarr_format=2)["relevance"].values
    order = np.argsort(WAVELENGTHS, kind="stable")
    seen = visit(results["scene"] / "explorer.html", rest="#bands=2-4&view=relevance")
    (low, high) = (seen.page.input_value(f"#{name}") for name in ("from", "to"))
    assert (low, high) == ("470.0", "500.0")
    pixels = np.array(
        seen.run(
            "Array.from(document.getElementById('scene').getContext('2d').getImageData(0, 0, 11, 9).data)"
        )
    )
    pixels = pixels.reshape(9, 11, 4)
    assert (pixels[0] == [184, 184, 184, 255]).all()  # grey: no window
    total = stored[:, order[2:5]].sum(axis=1).reshape(9, 11)
    # red where it speaks for, blue where it speaks against, where the amount is no rounding
    clear = np.abs(np.nan_to_num(total)) > 0.1 * np.nanmax(np.abs(total))
    assert clear.sum() > 5
    assert ((pixels[..., 0] > pixels[..., 2]) == (total > 0))[clear].all()


def test_a_dragged_stretch_and_a_click_on_a_band(results: dict[str, Path], visit: Open) -> None:
    seen = visit(results["scene"] / "explorer.html")
    box = seen.page.locator("#relevance-chart .u-over").bounding_box()
    at = {nm: box["x"] + box["width"] * (nm - 435) / (975 - 435) for nm in (466, 505, 940)}
    middle = box["y"] + box["height"] / 2
    seen.page.mouse.move(at[466], middle)
    seen.page.mouse.down()
    seen.page.mouse.move(at[505], middle, steps=5)
    seen.page.mouse.up()
    assert seen.read_hash()["bands"] == "2-4"  # 470, 480 and 500 nm, in the order of wavelength
    seen.page.mouse.click(at[940], middle)
    assert seen.read_hash()["bands"] == "10"


def test_the_keyboard_alone_reaches_everything(results: dict[str, Path], visit: Open) -> None:
    seen = visit(results["scene"] / "explorer.html", rest="#pins=10&bands=3")
    reached = set()
    for _ in range(80):
        seen.page.keyboard.press("Tab")
        reached.add(seen.run("document.activeElement.id || document.activeElement.closest('[id]')?.id"))
    wanted = {
        "scene",
        "views",
        "keep",
        "first",
        "second",
        "copy",
        "save",
        "band",
        "previous",
        "next",
        "from",
        "to",
    }
    assert wanted | {"confusion", "clusters", "account", "said"} <= reached
    seen.page.focus("#scene")
    seen.page.keyboard.press("ArrowRight")
    assert seen.read_hash()["pins"] == "11"
    seen.page.keyboard.press("ArrowDown")
    assert seen.read_hash()["pins"] == "20"  # nine pixels of a row have a window
    seen.page.keyboard.press("]")
    seen.page.keyboard.press("}")
    assert seen.read_hash()["bands"] == "4-5"
    seen.page.keyboard.press("[")
    assert seen.read_hash()["bands"] == "3-4"
    seen.page.keyboard.press("p")
    seen.page.keyboard.press("ArrowLeft")
    assert seen.read_hash()["pins"] == "19,20"


def test_screen_readers_hear_a_sentence(results: dict[str, Path], visit: Open) -> None:
    stored = make_samples()
    seen = visit(results["samples"] / "explorer.html", rest="#pins=5")
    sentence = seen.page.inner_text("#sentence")
    predicted, label = (NAMES[int(stored[name][5])] for name in ("predicted", "label"))
    truth = "which is right" if predicted == label else f"truly {label}"
    assert sentence.startswith(f"Sample 105: predicted {predicted}, {truth}. Relevance at ")
    assert seen.page.get_attribute("#sentence", "aria-live") == "polite"


def test_a_cell_of_the_table_filters_the_samples(results: dict[str, Path], visit: Open) -> None:
    stored = make_samples()
    seen = visit(results["samples"] / "explorer.html")
    assert seen.page.locator("#grid button").count() == SAMPLES
    cell = seen.page.locator("#confusion button").first
    _, label, predicted = re.findall(r"c|\d+", cell.get_attribute("data-cell"))
    inside = np.flatnonzero((stored["label"] == int(label)) & (stored["predicted"] == int(predicted)))
    assert cell.inner_text() == str(len(inside))
    cell.click()
    shown = seen.run(
        "Array.from(document.querySelectorAll('#grid button'), (button) => Number(button.dataset.item))"
    )
    assert sorted(shown) == inside.tolist()
    assert cell.get_attribute("aria-pressed") == "true"
    seen.page.click("#everything")
    assert seen.page.locator("#grid button").count() == SAMPLES


def test_the_account_of_a_pin_adds_up(results: dict[str, Path], visit: Open) -> None:
    stored = make_samples()
    seen = visit(results["samples"] / "explorer.html", rest="#pins=3")
    rows = seen.page.locator("#account-now tr").all_inner_texts()
    values = {name: float(text.replace("−", "-")) for name, text in (row.split("\t") for row in rows)}
    target = int(stored["target"][3])
    output = float(stored["output"][3, target])
    arrived = float(stored["relevance"][3].astype(np.float64).sum())
    assert values[f"Output for {NAMES[target]}"] == pytest.approx(output, rel=6e-3)
    assert values["Arrived at the bands"] == pytest.approx(arrived, rel=6e-3, abs=0.05)
    # what was to be explained and did not arrive stayed on the way
    explained = float(stored["explained"][3])
    assert values["Stayed on the way"] == pytest.approx(explained - arrived, rel=6e-3, abs=0.05)


def test_a_named_stretch_is_shown(results: dict[str, Path], visit: Open) -> None:
    seen = visit(results["samples"] / "explorer.html")
    seen.page.click("#said button")
    assert seen.read_hash()["bands"] == "1-3"  # 460 to 480 nm
    assert seen.read_hash()["first"] == "t0"


def test_a_wrong_address_changes_nothing(results: dict[str, Path], visit: Open) -> None:
    wrong = "#view=<b>&bands=99-3&pins=-1,9999,x&first=t77&second=zz&filter=c0"
    seen = visit(results["scene"] / "explorer.html", rest=wrong)
    state = seen.read_hash()
    assert state["view"] == "relevance"
    assert int(state["bands"]) < BANDS
    assert set(state) == {"view", "bands", "pins"}
    assert seen.complaints == []


def test_names_are_text_and_no_markup(results: dict[str, Path], visit: Open) -> None:
    seen = visit(results["scene"] / "explorer.html")
    assert seen.page.locator("main b").count() == 0
    assert NAMES[1] in seen.page.inner_text("#confusion")


def test_an_image_is_saved(results: dict[str, Path], visit: Open) -> None:
    seen = visit(results["scene"] / "explorer.html")
    with seen.page.expect_download() as download:
        seen.page.click("#save")
    file = download.value.path()
    assert download.value.suggested_filename == "explorer.png"
    assert Path(file).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
