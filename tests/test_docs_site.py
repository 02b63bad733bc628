"""The documentation as `make docs` built it: whole, linked, and able to do without a network."""

import re
from collections import deque
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
SITE = ROOT / "docs/_build/html"
PAGES = sorted(path for path in SITE.rglob("*.html") if "_static" not in path.parts)
EXECUTED = (
    "start",
    "my-model",
    "which-rule",
    "did-it-work",
    "limits",
    "spectral",
    "cheap-camera",
    "series-tables-text",
    "coming-from",
)

pytestmark = pytest.mark.skipif(not PAGES, reason="the documentation is not built: make docs")


class Reader(HTMLParser):
    """Collects what a page loads, what it links, and its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif (
            tag == "link"
            and "href" in values
            and values.get("rel") not in {"index", "search", "next", "prev"}
        ):
            self.loads.append(values["href"])
        elif "src" in values:
            self.loads.append(values["src"])


@cache
def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def is_inside(address: str) -> bool:
    return not urlsplit(address).scheme and not address.startswith("//")


def find_target(path: Path, address: str) -> Path:
    place = unquote(urlsplit(address).path)
    return (path.parent / place).resolve() if place else path


def name_page(path: Path) -> str:
    return str(path.relative_to(SITE))


@pytest.mark.parametrize("path", PAGES, ids=name_page)
def test_a_page_loads_nothing_from_elsewhere(path: Path) -> None:
    for address in read(path).loads:
        assert is_inside(address) or address.startswith("data:"), address
        assert not is_inside(address) or find_target(path, address).is_file(), address


def test_no_style_loads_anything_from_elsewhere() -> None:
    styles = list(SITE.rglob("*.css"))
    assert styles
    for path in styles:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"url\(\s*['\"]?(?:https?:)?//[^)]*|@import\s+['\"]https?:[^'\"]*", text) == []


@pytest.mark.parametrize("path", PAGES, ids=name_page)
def test_every_link_inside_leads_to_a_page_and_a_place(path: Path) -> None:
    for address in filter(is_inside, read(path).links):
        target, place = find_target(path, address), urlsplit(address).fragment
        assert target.is_file(), address
        if place and target.suffix == ".html" and target != SITE / "leaves-explorer.html":
            assert unquote(place) in read(target).anchors, address


def test_every_page_is_reached_from_the_first() -> None:
    reached, waiting = {SITE / "index.html"}, deque([SITE / "index.html"])
    while waiting:
        path = waiting.popleft()
        links = [address for address in read(path).links if is_inside(address)]
        new = {find_target(path, address) for address in links} - reached
        waiting.extend(target for target in new if target.suffix == ".html")
        reached |= new
    # the search and the index of names are opened by the field for searching
    assert {*PAGES} - reached <= {SITE / "search.html", SITE / "genindex.html", SITE / "py-modindex.html"}


def test_the_index_for_programs_has_a_line_for_each_page() -> None:
    lines = re.findall(
        r"^- \[(.+?)\]\((\S+)\): (.+) Source: (\S+)$", (SITE / "llms.txt").read_text(), re.MULTILINE
    )
    own = {SITE / f"{name}.html" for name in ("search", "genindex", "py-modindex", "leaves-explorer")}
    assert {SITE / page for _, page, _, _ in lines} == {*PAGES} - own
    for title, _, sentence, source in lines:
        assert len(sentence.strip()) > 20, title
        assert (SITE / source).is_file()


@pytest.mark.parametrize("name", EXECUTED)
def test_the_code_of_a_page_has_left_its_results(name: str) -> None:
    page = (SITE / f"{name}.html").read_text(encoding="utf-8")
    assert re.search(r'class="[^"]*\bresult\b', page)


@pytest.mark.parametrize("path", sorted((ROOT / "examples/gallery").glob("*.py")), ids=lambda path: path.stem)
def test_an_example_of_the_gallery_has_run(path: Path) -> None:
    page = (SITE / f"gallery/{path.stem}.html").read_text(encoding="utf-8")
    assert f"sphx_glr_{path.stem}_001.png" in page


def test_formulas_are_written_out() -> None:
    page = (SITE / "api/rules.html").read_text(encoding="utf-8")
    assert page.count('<math xmlns="http://www.w3.org/1998/Math/MathML"') > 10
    assert r"\frac" not in page
