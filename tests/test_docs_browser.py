"""Pages of the documentation in a browser, from the disk: no network, no error, no page too wide."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

SITE = Path(__file__).parents[1] / "docs/_build/html"
CHROMIUM = shutil.which("chromium")
PAGES = [
    "index",
    "start",
    "my-model",
    "spectral",
    "coming-from",
    "evidence",
    "api/rules",
    "gallery/index",
    "gallery/spectra",
]

pytestmark = [
    pytest.mark.skipif(
        not (SITE / "index.html").is_file(), reason="the documentation is not built: make docs"
    ),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_from_the_disk(browser: object, name: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})  # type: ignore[attr-defined]
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
    page.on("request", lambda request: said.append(request.url) if request.url.startswith("http") else None)
    page.goto((SITE / f"{name}.html").as_uri())
    page.wait_for_load_state("load")
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_words_are_found_without_a_network(browser: object) -> None:
    page = browser.new_page()  # type: ignore[attr-defined]
    page.goto((SITE / "search.html").as_uri() + "?q=reference")
    page.wait_for_selector("#search-results li", timeout=20_000)
    assert page.locator("#search-results li").count() > 3
    page.close()
