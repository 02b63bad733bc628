"""A page in Chromium, as Debian has it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)


@dataclass
class Visit:
    """An open page, and all that it asked for and complained of."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def run(self, script: str) -> Any:
        return self.page.evaluate(script)

    def read_hash(self) -> dict[str, str]:
        script = "Object.fromEntries(new URLSearchParams(location.hash.slice(1)))"
        state: dict[str, str] = self.page.evaluate(script)
        return state


@pytest.fixture(scope="module")  # its event loop should not outlive the tests that need it
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="pages are tested with playwright")
    if CHROMIUM is None:
        pytest.skip("pages are tested in Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visit]]:
    opened = []

    def open_page(place: Path | str, width: int = 1280, scheme: str = "light", rest: str = "") -> Visit:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        visit = Visit(page)
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("console", lambda message: visit.complaints.append(message.text))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.goto((place.as_uri() if isinstance(place, Path) else place) + rest)
        page.wait_for_selector("html[data-ready-ms]")
        opened.append(page)
        return visit

    yield open_page
    for page in opened:
        page.close()
