import base64
import hashlib
import re
from pathlib import Path

import pytest

from lrprism.errors import ResultsError
from lrprism.spectral.explorer import page as pages
from lrprism.spectral.explorer.page import build_page, collect_content, write_explorer, write_json_block
from made_up_results import NAMES, RECORD, make_samples, make_scene, read_content, write_tables


def test_a_page_holds_what_was_collected(tmp_path: Path) -> None:
    write_tables(tmp_path)
    write_explorer(tmp_path, make_samples(), RECORD)
    page = (tmp_path / "explorer.html").read_text(encoding="utf-8")
    content = read_content(page)
    assert content == collect_content(tmp_path, make_samples(), RECORD)
    assert content["kind"] == "samples"
    assert [output["name"] for output in content["outputs"]] == NAMES
    assert collect_content(tmp_path, *_order(make_scene()))["kind"] == "scene"


def _order(pair: tuple[object, object]) -> tuple[object, object, object]:
    relevance, scene = pair
    return relevance, RECORD, scene


def test_nothing_else_may_run_or_load(tmp_path: Path) -> None:
    page = build_page(collect_content(tmp_path, make_samples(), RECORD))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    programs = re.findall(r"<script(?: type=\"module\")?>(.*?)</script>", page, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert (len(programs), len(styles)) == (2, 1)
    for text in (*programs, *styles):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    # nothing of another place, beside the names of licences and namespaces
    assert not re.findall(r"(?:src|href)=\"(?!data:,|#)", page)
    assert "import " not in programs[1]


def test_no_text_of_the_data_can_end_its_block() -> None:
    text = write_json_block({"name": "</script><!-- \u2028"})
    assert "<" not in text
    assert "\u2028" not in text
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json_block({"value": float("nan")})


def test_titles_are_text(tmp_path: Path) -> None:
    page = build_page(collect_content(tmp_path, make_samples(), RECORD))
    assert "<title>made &lt;up&gt; · lrprism</title>" in page


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "explorer.html").mkdir()
    (tmp_path / "explorer.html/full").touch()
    with pytest.raises(ResultsError, match=r"should go where they can be written. Found .*explorer.html"):
        write_explorer(tmp_path, make_samples(), RECORD)


def test_the_content_of_a_page_is_read_back(tmp_path: Path) -> None:
    write_tables(tmp_path)
    content = collect_content(tmp_path, make_samples(), RECORD)
    assert pages.read_content(build_page(content)) == read_content(build_page(content)) == content
    with pytest.raises(ResultsError, match=r"explorer\.html should be a page of lrprism explain\. Found one"):
        pages.read_content("<html></html>")


def test_only_a_served_page_may_ask_its_server(tmp_path: Path) -> None:
    write_tables(tmp_path)
    content = collect_content(tmp_path, make_samples(), RECORD)
    assert "connect-src 'self'" in build_page(content, is_served=True)
    assert "connect-src" not in build_page(content).partition("<style>")[0]
