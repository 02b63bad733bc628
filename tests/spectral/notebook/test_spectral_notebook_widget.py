"""The explorer in a cell: the widget in Python, and its program in Chromium beside a small model."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lrprism.errors import InputError, ResultsError
from lrprism.spectral import read_results
from lrprism.spectral.explorer.page import write_explorer
from lrprism.spectral.notebook.widget import build_widget
from made_up_results import RECORD, make_scene, write_tables

HOST = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<title>notebook</title><div id="cell"></div>
<script type="module">
const traits = {traits};
const heard = {{}};
window.model = {{
  get: (name) => traits[name],
  set: (name, value) => {{
    traits[name] = value;
    for (const hear of heard[`change:${{name}}`] ?? []) hear();
  }},
  save_changes: () => {{ window.saved = (window.saved ?? 0) + 1; }},
  on: (name, hear) => {{ (heard[name] ??= []).push(hear); }},
  off: (name, hear) => {{ heard[name] = heard[name].filter((other) => other !== hear); }},
}};
const program = await import(URL.createObjectURL(new Blob([{program}], {{ type: "text/javascript" }})));
window.close_cell = program.default.render({{ model: window.model, el: document.getElementById("cell") }});
document.documentElement.dataset.readyMs = "0";
</script>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scene")
    write_tables(folder)
    relevance, scene = make_scene()
    write_explorer(folder, relevance, RECORD, scene)
    (folder / "run.json").write_text("{}")
    return folder


def test_a_widget_holds_the_page(folder: Path) -> None:
    anywidget = pytest.importorskip("anywidget", reason="the extra notebook brings it")
    widget = read_results(folder).explore()
    assert isinstance(widget, anywidget.AnyWidget)
    assert widget.page == (folder / "explorer.html").read_text(encoding="utf-8")
    assert widget.address == ""
    state = widget.get_state()
    assert state["page"] == widget.page
    assert "export default { render };" in state["_esm"]
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "address")
    widget.address = "bands=3"
    assert seen == ["bands=3"]


def test_without_anywidget_the_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    build_widget.__globals__["_build_class"].cache_clear()
    with pytest.raises(
        InputError, match=r"explore\(\) should find anywidget.*pip install 'lrprism\[notebook\]'"
    ):
        read_results(folder).explore()


def test_a_training_has_no_explorer(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ResultsError, match=r"should hold explorer\.html"):
        read_results(tmp_path).explore()


@pytest.fixture
def cell(folder: Path, tmp_path: Path, visit: Callable[..., Any]) -> Any:
    """A page that shows the widget as a notebook does."""
    program = Path(sys.modules["lrprism.spectral.explorer.page"].__file__).parent / "assets" / "widget.js"
    traits = {"page": (folder / "explorer.html").read_text(encoding="utf-8"), "address": "bands=2-4&pins=7"}
    words = [
        json.dumps(part).replace("<", "\\u003c") for part in (traits, program.read_text(encoding="utf-8"))
    ]
    (tmp_path / "host.html").write_text(HOST.format(traits=words[0], program=words[1]), encoding="utf-8")
    return visit(tmp_path / "host.html")


def test_page_and_notebook_follow_each_other(cell: Any) -> None:
    cell.page.wait_for_function("model.get('address').includes('pins=7')")
    assert "bands=2-4" in cell.run("model.get('address')")
    frame = cell.page.frame_locator("iframe")
    # before that nothing listens to a click
    frame.locator("html[data-ready-ms]").wait_for(state="attached")
    frame.locator("#next").click()
    cell.page.wait_for_function("model.get('address').includes('bands=3-5')")
    assert cell.run("saved") >= 1
    cell.run("model.set('address', 'view=predicted&bands=6&pins=9')")
    frame.locator("#views input[value=predicted]:checked").wait_for(state="attached")
    cell.page.wait_for_function("model.get('address') === 'view=predicted&bands=6&pins=9'")
    assert cell.complaints == []


def test_the_frame_reaches_nothing(cell: Any) -> None:
    cell.page.frame_locator("iframe").locator("html[data-ready-ms]").wait_for(state="attached")
    frame = next(frame for frame in cell.page.frames if frame.url == "about:srcdoc")
    assert frame.evaluate("origin") == "null"
    assert (
        frame.evaluate("(() => { try { return String(parent.document); } catch { return 'refused'; } })()")
        == "refused"
    )
    assert [url for url in cell.requests if not url.startswith(("file:", "blob:"))] == []


def test_a_cell_that_is_cleared_listens_no_more(cell: Any) -> None:
    cell.page.wait_for_function("model.get('address').includes('pins=7')")
    cell.run("close_cell()")
    before = cell.run("model.get('address')")
    cell.page.frame_locator("iframe").locator("#next").click()
    cell.page.frame_locator("iframe").locator("#from").wait_for()
    cell.page.wait_for_timeout(200)
    assert cell.run("model.get('address')") == before
